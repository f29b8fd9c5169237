"""The stand-in for GitHub's runner, on workflows of a few lines: steps really run, as bash would run them there."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.support.pipeline.expressions import NotUnderstood
from tests.support.pipeline.hosting import Environment, Event, GitHub, NotTrusted
from tests.support.pipeline.origin import Origin
from tests.support.pipeline.results import JobRun, Result, WorkflowRun
from tests.support.pipeline.runner import Runner
from tests.support.pipeline.step_process import Cancel
from tests.support.until import until

from studyctl.domain.pipeline_identity import Repository

HEAD = "on: {push: {branches: [main]}}\npermissions: {}\njobs:\n"
Run = Callable[..., WorkflowRun]


class OneRole:
    """An account with a role that trusts one environment."""

    def enter(self, role_arn: str, claims: Mapping[str, str], session: str) -> Mapping[str, str]:
        if claims["sub"] != "repo:example@1/study@2:environment:prod":
            raise NotTrusted(f"{claims['sub']} is nobody")
        return {"AWS_SESSION_TOKEN": session}


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path / "origin")


@pytest.fixture
def github(tmp_path: Path, origin: Origin) -> GitHub:
    return GitHub(
        folder=tmp_path / "github",
        origin=origin.folder,
        repository=Repository("example", "1", "study", "2"),
        account=OneRole(),
        machine={"PATH": os.environ["PATH"], "WHO": "the machine"},
        environments={"prod": Environment({"COLOUR": "blue"}), "later": Environment({}, is_approved=False)},
    )


@pytest.fixture
def run(github: GitHub, origin: Origin) -> Run:
    """Runs a workflow that is given as text, after its head."""

    def run(
        jobs: str, *, head: str = HEAD, event: str = "push", cancel: Cancel | None = None, **files: str
    ) -> WorkflowRun:
        sha = origin.commit("w", {".github/workflows/w.yml": head + jobs, **files})
        return Runner(github, {"a": cancel} if cancel else {}).run("w.yml", Event(event, sha))

    return run


def steps(*told: str, job: str = "") -> str:
    return f"  a:\n    runs-on: x\n{job}    steps:\n" + "".join(f"      - {step}\n" for step in told)


def results(job: JobRun) -> list[str]:
    return [str(step.result) for step in job.steps]


def test_a_step_that_fails_stops_those_after_it_but_not_what_always_runs(run: Run) -> None:
    (job,) = run(steps("run: echo one", "run: exit 3", "run: echo no", "{if: always(), run: echo last}"))
    assert (job.result, results(job)) == (Result.FAILURE, ["success", "failure", "skipped", "success"])
    assert job.failed.ended is not None
    assert job.failed.ended.exit_code == 3
    assert job.steps[-1].said == "last\n"


def test_without_a_shell_a_broken_pipe_passes_and_with_bash_it_does_not(run: Run) -> None:
    (job,) = run(steps("run: false | cat", "{shell: bash, run: false | cat}"))
    assert results(job) == ["success", "failure"]


TRAVELLING = """\
  a:
    runs-on: x
    environment: prod
    outputs: {said: "${{ steps.say.outputs.said }}"}
    steps:
      - run: |
          echo "WHO=a step" >>"$GITHUB_ENV"
          echo "$PWD" >>"$GITHUB_PATH"
          printf '#!/bin/sh\\necho tool' >tool
          chmod +x tool
      - id: say
        env: {OWN: "${{ vars.COLOUR }}"}
        run: echo "said=$WHO $OWN $(tool)" >>"$GITHUB_OUTPUT"
      - run: echo "${{ steps.say.outputs.said }}" >>"$GITHUB_STEP_SUMMARY"
  b:
    needs: a
    runs-on: x
    steps:
      - run: |
          test "$WHO" = 'the machine'
          echo '${{ needs.a.outputs.said }}'
"""


def test_variables_paths_outputs_and_summaries_travel(run: Run) -> None:
    first, second = run(TRAVELLING).must(Result.SUCCESS)
    assert first.outputs == {"said": "a step blue tool"}
    assert first.summary == "a step blue tool\n"
    assert second.steps[0].said == "a step blue tool\n"


def test_what_a_job_needs_decides_about_it(run: Run) -> None:
    text = steps("run: exit 1") + (
        "  b: {needs: a, runs-on: x, steps: [{run: echo b}]}\n"
        "  c: {needs: b, if: always(), runs-on: x, steps: [{run: 'test ${{ needs.b.result }} = skipped'}]}\n"
        "  d: {environment: later, runs-on: x, steps: [{run: echo d}]}\n"
        "  e: {needs: d, if: always(), runs-on: x, steps: [{run: echo e}]}\n"
    )
    assert list(run(text).results.values()) == ["failure", "skipped", "success", "waiting", "waiting"]


def test_a_matrix_makes_jobs_and_hands_on_artifacts(run: Run) -> None:
    upload = "{name: 'of-${{ matrix.letter }}', path: out.txt, retention-days: 1}"
    text = (
        "  a:\n    strategy: {fail-fast: false, matrix: {letter: [x, y]}}\n    runs-on: x\n    steps:\n"
        "      - run: echo ${{ matrix.letter }} >out.txt\n"
        "      - {if: \"matrix.letter == 'y'\", run: exit 1}\n"
        f"      - {{if: always(), uses: actions/upload-artifact@a, with: {upload}}}\n"
        "  b:\n    needs: a\n    if: always()\n    runs-on: x\n    steps:\n"
        "      - {uses: actions/download-artifact@a, with: {name: of-y}}\n"
        "      - run: cat out.txt\n"
    )
    done = run(text)
    assert done.results == {"a (x)": Result.SUCCESS, "a (y)": Result.FAILURE, "b": Result.SUCCESS}
    assert done.job("b").step("cat").said == "y\n"


def test_our_own_actions_are_followed_with_their_inputs(run: Run) -> None:
    action = (
        "inputs: {who: {required: true}, how: {default: well}}\nruns:\n  using: composite\n  steps:\n"
        "    - {shell: bash, env: {WHO: '${{ inputs.who }}', HOW: '${{ inputs.how }}'}, run: 'echo \"$WHO is $HOW\"'}\n"
    )
    files = {".github/actions/greet/action.yml": action}
    (job,) = run(steps("{uses: $/.github/actions/greet, with: {who: Ada}}"), **files)
    assert job.steps[0].said == "Ada is well\n"
    with pytest.raises(NotUnderstood, match="who is required"):
        run(steps("uses: $/.github/actions/greet"), **files)


def test_an_action_of_ours_hands_on_what_it_declares_and_nothing_else(run: Run) -> None:
    action = (
        "outputs: {sum: {value: '${{ steps.add.outputs.sum }}'}}\nruns:\n  using: composite\n  steps:\n"
        "    - {id: add, shell: bash, run: 'echo sum=5 >>\"$GITHUB_OUTPUT\"'}\n"
        "    - {shell: bash, run: 'echo kept=inside >>\"$GITHUB_OUTPUT\"'}\n"
    )
    files = {".github/actions/add/action.yml": action}
    use = "{id: use, uses: $/.github/actions/add}"
    (job,) = run(steps(use, "run: echo ${{ steps.use.outputs.sum }}"), **files)
    assert job.steps[-1].said == "5\n"
    with pytest.raises(NotUnderstood, match="there is no kept in it"):
        run(steps(use, "run: echo ${{ steps.use.outputs.kept }}"), **files)


def test_a_checkout_is_the_commit_and_needs_the_right_to_read(run: Run, origin: Origin) -> None:
    checkout = "{uses: actions/checkout@a, with: {persist-credentials: false}}"
    look = "run: git status --porcelain; git rev-parse HEAD; cat file"
    files = {"file": "content\n"}
    (job,) = run(steps(checkout, look, job="    permissions: {contents: read}\n"), **files).must(Result.SUCCESS)
    assert job.steps[1].said == f"{origin.head}\ncontent\n"
    (refused,) = run(steps(checkout))
    assert (refused.result, refused.failed.said) == (Result.FAILURE, "the token may not read the repository")


ENTER = (
    "{uses: aws-actions/configure-aws-credentials@a,"
    " with: {allowed-account-ids: '123456789012', aws-region: r, role-to-assume: 'arn:aws:iam::%s:role/ci/x'}}"
)


@pytest.mark.parametrize(
    ("job", "account", "says"),
    [
        ("    environment: prod\n    permissions: {id-token: write}\n", "123456789012", ""),
        ("    environment: prod\n", "123456789012", "may not ask for a token"),
        ("    permissions: {id-token: write}\n", "123456789012", "ref:refs/heads/main is nobody"),
        ("    environment: prod\n    permissions: {id-token: write}\n", "210987654321", "not in the allowed ones"),
    ],
)
def test_only_a_trusted_job_enters_an_account(run: Run, job: str, account: str, says: str) -> None:
    (done,) = run(steps(ENTER % account, 'run: test -n "$AWS_SESSION_TOKEN" -a "$AWS_REGION" = r', job=job))
    assert says in done.steps[0].said
    assert done.result is (Result.FAILURE if says else Result.SUCCESS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (steps("{run: echo, continue-on-error: true}"), "continue-on-error"),
        (steps("run: echo", job="    container: x\n"), "container"),
        (steps("uses: actions/cache@a"), "actions/cache"),
        (steps("{uses: actions/checkout@a, with: {ref: other}}"), "is given ref"),
        (steps("run: echo ${{ secrets.KEY }}"), "the context secrets"),
        (steps("run: echo", job="    environment: nowhere\n"), "nowhere"),
        (steps("run: echo", job="    strategy: {matrix: {a: [b]}}\n"), "cancelled when one of them fails"),
        (steps("run: echo", job="    needs: b\n"), "not there"),
        (steps("{id: b, run: echo}", job="    outputs: {c: '${{ steps.b.outputs.c }}'}\n"), "there is no c in it"),
        (steps("run: printf 'a<<E\\nb\\nE\\n' >>\"$GITHUB_OUTPUT\""), "in OUTPUT"),
    ],
)
def test_what_the_runner_does_not_know_is_refused(run: Run, text: str, says: str) -> None:
    with pytest.raises(NotUnderstood, match=says):
        run(text)


def test_another_event_or_branch_starts_nothing(run: Run) -> None:
    with pytest.raises(NotUnderstood, match="not started by schedule"):
        run(steps("run: echo"), event="schedule")
    with pytest.raises(NotUnderstood, match="not started by a push"):
        run(steps("run: echo"), head=HEAD.replace("main", "other"))


TRAP = """|
          trap 'echo INT' INT
          %s
          touch ready
          until test -e never; do sleep 0.05; done
"""


def when_ready(github: GitHub, **seconds: float) -> Cancel:
    ready = github.folder / "work" / "study" / "study" / "ready"
    return Cancel(ready.exists, **seconds)


def test_a_cancel_is_sigint_then_sigterm_then_sigkill_to_the_child(run: Run, github: GitHub) -> None:
    stubborn = "run: " + TRAP % "trap 'echo TERM' TERM"
    cancel = when_ready(github, interrupt_seconds=1, terminate_seconds=1)
    (job,) = run(steps(stubborn, "{if: cancelled(), run: echo after}", "run: echo no"), cancel=cancel)
    assert (job.result, results(job)) == (Result.CANCELLED, ["cancelled", "success", "skipped"])
    assert job.steps[0].ended is not None
    assert job.steps[0].ended.signals == (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
    assert job.steps[0].said.split() == ["INT", "TERM"]


def test_who_listens_is_not_killed(run: Run, github: GitHub) -> None:
    (job,) = run(steps("run: " + TRAP.replace("echo INT", "exit 7") % ""), cancel=when_ready(github))
    assert job.steps[0].ended is not None
    assert (job.steps[0].ended.exit_code, job.steps[0].ended.signals) == (7, (signal.SIGINT,))


def test_what_a_job_leaves_running_is_killed_at_its_end(run: Run) -> None:
    left = 'run: setsid sleep 600 & echo $! >>"$GITHUB_STEP_SUMMARY"'
    (job,) = run(steps(left))
    assert job.orphans >= 1
    pid = int(job.summary)
    until(lambda: not is_alive(pid), "what the runner killed to be gone")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
