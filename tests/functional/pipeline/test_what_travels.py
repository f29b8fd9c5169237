"""What the jobs of deploy.yml hand on: each call of the toolkit is written down with what its step was given.

The toolkit is not there. What it says to later jobs is what test_story.py sees it say.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.checkout import REPOSITORY
from tests.support.pipeline.hosting import Environment, Event, GitHub
from tests.support.pipeline.origin import Origin
from tests.support.pipeline.results import Result
from tests.support.pipeline.runner import Runner

from studyctl.domain.pipeline_identity import Repository

REGISTRY = "registry.example/study"
WRITES_DOWN = f"""\
#!/bin/sh
echo "$GITHUB_JOB|$*|$AWS_CREDENTIAL_EXPIRATION" >>"$CALLS"
case "$*" in
  "deploy staging --only infra"* | "apply prod"*) echo registry_url={REGISTRY} >>"$GITHUB_OUTPUT" ;;
  "deploy staging --only services"*) echo release=7 >>"$GITHUB_OUTPUT" ;;
  "plan prod"*) echo seal=5ea1 >>"$GITHUB_OUTPUT"; touch prod.tfplan prod.tfplan.manifest.json ;;
esac
"""
GOOD = "#!/bin/sh\n"


class AnyAccount:
    """Every job gets the role that it asks for."""

    def enter(self, role_arn: str, claims: Mapping[str, str], session: str) -> Mapping[str, str]:
        return {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": role_arn}


@dataclass(frozen=True)
class Call:
    """One call: of which job, its words, and when its credentials end, where it was told."""

    job: str
    words: str
    until: str


def deployed(folder: Path, source_role: str = "") -> list[Call]:
    """Every call of one run of deploy.yml."""
    programs, calls = folder / "bin", folder / "calls"
    programs.mkdir()
    for name in ("aws", "docker"):
        program(programs / name, GOOD)
    origin = Origin(folder / "origin")
    files = {
        path.relative_to(REPOSITORY).as_posix(): path.read_text("utf-8")
        for path in (REPOSITORY / ".github").rglob("*.yml")
    }
    variables = {"ACCOUNT_ID": "1", "REGION": "us-east-1", "ROLE_ARN": "arn:aws:iam::1:role/ci/x"}
    source = {"SOURCE_ROLE_ARN": source_role, "SOURCE_ACCOUNT_ID": "2", "SOURCE_REGION": "us-west-2"}
    github = GitHub(
        folder=folder / "github",
        origin=origin.folder,
        repository=Repository("example", "1", "study", "2"),
        account=AnyAccount(),
        machine={"PATH": f"{programs}:{os.environ['PATH']}", "CALLS": str(calls)},
        equip=equip,
        environments={
            "staging": Environment(variables),
            "prod-plan": Environment(variables),
            "prod": Environment({**variables, **source}),
        },
    )
    Runner(github).run("deploy.yml", Event("push", origin.commit("w", files))).must(Result.SUCCESS)
    return [Call(*line.split("|")) for line in calls.read_text("utf-8").splitlines()]


def equip(workspace: Path) -> None:
    """What `make setup` would leave there."""
    (workspace / "Makefile").write_text("setup:\n", "utf-8")
    (workspace / ".venv" / "bin").mkdir(parents=True)
    program(workspace / ".venv" / "bin" / "studyctl", WRITES_DOWN)


def program(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    path.chmod(0o755)


def of(calls: list[Call], words: str) -> Call:
    """The one call that begins so."""
    (found,) = (call for call in calls if call.words.startswith(words))
    return found


def test_prod_gets_the_plan_and_the_release_that_the_jobs_before_it_made(tmp_path: Path) -> None:
    calls = deployed(tmp_path)
    assert [call.job for call in calls] == [
        *("staging-infrastructure", "staging", "staging", "prod-plan", "prod", "prod", "prod")
    ]
    assert "--seal 5ea1 " in of(calls, "apply prod --plan prod.tfplan").words
    assert of(calls, "promote").words.startswith("promote staging prod --release 7 --run-before migrate")


def test_what_applies_is_told_when_its_credentials_end(tmp_path: Path) -> None:
    begun = datetime.now(UTC)
    calls = deployed(tmp_path)
    for words, hours in (("deploy staging --only infra", 2), ("apply prod", 4)):
        ends = datetime.fromisoformat(of(calls, words).until)
        assert ends >= begun.replace(microsecond=0) + timedelta(hours=hours), words


def test_where_staging_is_in_another_account_its_profile_is_named(tmp_path: Path) -> None:
    calls = deployed(tmp_path, "arn:aws:iam::2:role/ci/study-prod-source")
    assert " --release 7 --from-profile source " in of(calls, "promote staging prod").words
