"""One job: its steps in order, on a machine that nothing is left on, and what it may see and hand on."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.pipeline.actions import Call, call_action
from tests.support.pipeline.expressions import NotUnderstood, Scope, Status
from tests.support.pipeline.hosting import Environment, Event, GitHub
from tests.support.pipeline.results import JobRun, Result, StepRun
from tests.support.pipeline.step_process import TRACKING, Cancel, end_orphans, run_step, shell_command

from studyctl.domain.policy.workflow_rules.subject import PipelineFile

_STEP_KEYS = frozenset({"name", "id", "if", "uses", "with", "env", "run", "shell"})
_OWN = "$/"
"""How an action of the same repository is told, at the commit that runs."""


@dataclass(frozen=True)
class Run:
    """What a job knows of its run."""

    github: GitHub
    event: Event
    run_id: int
    file: PipelineFile
    files: Mapping[str, PipelineFile]
    cancels: Mapping[str, Cancel]


@dataclass
class Job:
    """A job whose turn it is."""

    run_of: Run
    name: str
    content: Mapping[str, Any]
    scope: Scope
    environment: str
    settings: Environment

    def __post_init__(self) -> None:
        github = self.run_of.github
        self.tracking_id = f"github_{uuid.uuid4()}"
        name = github.repository.name
        self.workspace = github.folder / "work" / name / name
        self.temporary = github.folder / "work" / "_temp"
        self.cancel = self.run_of.cancels.get(self.name)
        self.exported: dict[str, str] = {}
        self.paths: list[str] = []

    def run(self) -> JobRun:
        """Begin with an empty workspace, run the steps, and kill what they left running."""
        for folder in (self.workspace, self.temporary):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        runner = {"temp": str(self.temporary)}
        scope = replace(self.scope, contexts={**self.scope.contexts, "vars": self.settings.variables, "runner": runner})
        try:
            steps, scope = self.steps_of(self.content["steps"], scope, {})
        finally:
            orphans = end_orphans(self.tracking_id)
        return JobRun(self.name, _result_of(scope.status), steps, dict(self._outputs(scope)), orphans)

    def _outputs(self, scope: Scope) -> Iterator[tuple[str, str]]:
        """What the job hands on. A step that did not come to its end may not have said it; one that did must have."""
        for name, told in self.content.get("outputs", {}).items():
            try:
                yield name, scope.text(told)
            except NotUnderstood:
                if scope.status.is_success:
                    raise

    def steps_of(
        self, told: Sequence[Mapping[str, Any]], scope: Scope, variables: Mapping[str, str], shell: str = ""
    ) -> tuple[tuple[StepRun, ...], Scope]:
        """Run steps in order; those after one that failed run only where their condition says so."""
        done: list[StepRun] = []
        by_id: dict[str, Any] = {}
        for step in told:
            require_known(step, _STEP_KEYS, f"a step of {self.name}")
            scope = replace(scope, contexts={**scope.contexts, "steps": by_id})
            inner = self._step(step, scope, variables)
            done += inner
            result = worst(inner)
            if "id" in step:
                by_id[step["id"]] = {"outputs": dict(inner[-1].outputs), "outcome": str(result)}
            if result is Result.CANCELLED:
                scope = replace(scope, status=Status(is_success=False, is_cancelled=True))
            elif result is Result.FAILURE:
                scope = replace(scope, status=replace(scope.status, is_success=False))
        return tuple(done), replace(scope, contexts={**scope.contexts, "steps": by_id})

    def _step(self, step: Mapping[str, Any], scope: Scope, variables: Mapping[str, str]) -> tuple[StepRun, ...]:
        name = str(step.get("name") or step.get("uses") or step["run"]).strip().splitlines()[0]
        if not scope.holds(str(step.get("if", ""))):
            return (StepRun(name, Result.SKIPPED),)
        inputs = {key: scope.text(value) for key, value in step.get("with", {}).items()}
        own = {**variables, **{key: scope.text(value) for key, value in step.get("env", {}).items()}}
        if "run" in step:
            return (self._run(name, scope.text(step["run"]), str(step.get("shell", "")), own),)
        if step["uses"].startswith(_OWN):
            return self._composite(step["uses"].removeprefix(_OWN), inputs, scope, own)
        return (self._foreign(name, step["uses"].partition("@")[0], inputs),)

    def _foreign(self, name: str, action: str, inputs: Mapping[str, str]) -> StepRun:
        run = self.run_of
        permissions = self.content.get("permissions", run.file.content.get("permissions", {}))
        call = Call(run.github, run.event, run.run_id, self.workspace, self.environment, permissions, inputs)
        done = call_action(action, call)
        self.exported.update(done.variables)
        result = Result.FAILURE if done.failure else Result.SUCCESS
        return StepRun(name, result, done.failure, outputs=done.outputs)

    def _composite(
        self, folder: str, given: Mapping[str, str], scope: Scope, variables: Mapping[str, str]
    ) -> tuple[StepRun, ...]:
        content = self.run_of.files[f"{folder}/action.yml"].content
        declared = content.get("inputs", {})
        if unknown := set(given) - set(declared):
            raise NotUnderstood(f"{folder} is given {', '.join(sorted(unknown))}")
        inputs = {name: input_of(name, told, given.get(name)) for name, told in declared.items()}
        if content["runs"]["using"] != "composite":
            raise NotUnderstood(f"{folder} is no composite action")
        inside = Scope({"github": scope.contexts["github"], "inputs": inputs})
        runs, left = self.steps_of(content["runs"]["steps"], inside, variables)
        return (*runs[:-1], replace(runs[-1], outputs=dict(_declared(content, left))))

    def _run(self, name: str, script: str, shell: str, own: Mapping[str, str]) -> StepRun:
        mark = uuid.uuid4().hex
        path, log = self.temporary / f"{mark}.sh", self.temporary / f"{mark}.log"
        path.write_text(script, "utf-8")
        files = {key: self.temporary / f"{mark}.{key}" for key in ("ENV", "OUTPUT", "STEP_SUMMARY", "PATH")}
        for file in files.values():
            file.touch()
        commands = {f"GITHUB_{key}": str(file) for key, file in files.items()}
        environment = {**self._variables(), **own, **commands}
        ended = run_step(shell_command(shell, path), self.workspace, environment, log, self.cancel)
        if ended.signals:
            self.cancel = None  # who pressed the button once waits for what the job does about it
        self.exported.update(_values(files["ENV"]))
        self.paths[:0] = files["PATH"].read_text("utf-8").split()
        is_good = ended.exit_code == 0
        result = Result.CANCELLED if ended.signals else Result.SUCCESS if is_good else Result.FAILURE
        said, summary = (file.read_text("utf-8", "replace") for file in (log, files["STEP_SUMMARY"]))
        return StepRun(name, result, said, summary, ended, _values(files["OUTPUT"]))

    def _variables(self) -> dict[str, str]:
        run, github = self.run_of, self.run_of.github
        machine = dict(github.machine)
        machine["PATH"] = ":".join([*self.paths, machine["PATH"]])
        told = {name: self.scope.text(value) for name, value in run.file.content.get("env", {}).items()}
        return {
            **machine,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": "somebody",
            "GITHUB_EVENT_NAME": run.event.name,
            "GITHUB_JOB": self.name,
            "GITHUB_REF": run.event.ref,
            "GITHUB_REPOSITORY": github.full_name,
            "GITHUB_RUN_ID": str(run.run_id),
            "GITHUB_SHA": run.event.sha,
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temporary),
            TRACKING: self.tracking_id,
            **told,
            **self.exported,
        }


def _declared(action: Mapping[str, Any], scope: Scope) -> Iterator[tuple[str, str]]:
    """What a composite action hands on: what it declares, and nothing else of its steps."""
    for name, told in action.get("outputs", {}).items():
        if scope.status.is_success:
            yield name, scope.text(told["value"])


def _values(file: Path) -> dict[str, str]:
    """What a step wrote for later ones. Ours write one line each; GitHub also knows values of several lines."""
    found: dict[str, str] = {}
    for line in file.read_text("utf-8").splitlines():
        name, equals, value = line.partition("=")
        if not equals or "<<" in name:
            raise NotUnderstood(f"{line!r} in {file.suffix[1:]}")
        found[name] = value
    return found


def input_of(name: str, told: Mapping[str, Any], given: str | None) -> str:
    """The value of an input as it is declared.

    Raises:
        NotUnderstood: it was to be given, or may not have that value.
    """
    if not given and told.get("required"):
        raise NotUnderstood(f"the input {name} is required and was not given")
    value = str(told.get("default", "")) if given is None else given
    if told.get("type") == "choice" and value not in told["options"]:
        raise NotUnderstood(f"{value!r} is none of {told['options']}")
    return value


def worst(runs: Sequence[JobRun] | Sequence[StepRun]) -> Result:
    """What a job, or a group of steps, comes to: the gravest of its parts."""
    order = (Result.CANCELLED, Result.FAILURE, Result.WAITING, Result.SUCCESS, Result.SKIPPED)
    found = {run.result for run in runs}
    return next((result for result in order if result in found), Result.SUCCESS)


def _result_of(status: Status) -> Result:
    if status.is_cancelled:
        return Result.CANCELLED
    return Result.SUCCESS if status.is_success else Result.FAILURE


def require_known(content: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    """Refuse keys that nobody taught this runner.

    Raises:
        NotUnderstood: there is one.
    """
    if unknown := set(content) - known:
        raise NotUnderstood(f"{where} has {', '.join(sorted(unknown))}")
