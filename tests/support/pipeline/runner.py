"""Runs a workflow of ours as GitHub would: jobs in the order of their needs, steps one after another.

It knows the keys, actions and expressions that our workflows use and refuses every other, so that a workflow cannot
begin to mean something on GitHub that no test sees.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

from tests.support.pipeline.actions import Call, call_action
from tests.support.pipeline.expressions import NotUnderstood, Scope, Status
from tests.support.pipeline.hosting import Environment, Event, GitHub
from tests.support.pipeline.results import JobRun, Result, StepRun, WorkflowRun
from tests.support.pipeline.step_process import TRACKING, Cancel, end_orphans, run_step, shell_command

from studyctl.adapters.pipeline_files import read_pipeline
from studyctl.domain.policy.workflow_rules.subject import PipelineFile

_WORKFLOW_KEYS = frozenset({"name", "on", "permissions", "env", "concurrency", "jobs"})
_JOB_KEYS = frozenset(
    {"name", "needs", "if", "runs-on", "timeout-minutes", "environment", "concurrency", "permissions", "outputs"}
    | {"strategy", "steps"}
)
_STEP_KEYS = frozenset({"name", "id", "if", "uses", "with", "env", "run", "shell"})
_OWN = "$/"
"""How an action of the same repository is told, at the commit that runs."""


@dataclass
class Runner:
    """Runs workflows, one after another, on one machine."""

    github: GitHub
    cancels: dict[str, Cancel] = field(default_factory=dict)
    """Who is cancelled: the step that is running then, by the name of its job."""

    def run(self, workflow: str, event: Event) -> WorkflowRun:
        """Run one workflow for one event.

        Raises:
            NotUnderstood: it says something that this runner does not know.
        """
        pipeline = read_pipeline(self.github.checked_out(event.sha))
        files = {file.name: file for file in pipeline.files}
        file = files[f".github/workflows/{workflow}"]
        _require_known(file.content, _WORKFLOW_KEYS, workflow)
        _require_started_by(file, event)
        self.github.runs += 1
        run = _Run(self.github, event, self.github.runs, file, files, dict(self.cancels))
        return WorkflowRun(run.run_id, tuple(run.jobs()))


@dataclass
class _Run:
    github: GitHub
    event: Event
    run_id: int
    file: PipelineFile
    files: Mapping[str, PipelineFile]
    cancels: Mapping[str, Cancel]

    def jobs(self) -> Iterator[JobRun]:
        told: Mapping[str, Any] = self.file.content["jobs"]
        done: dict[str, dict[str, Any]] = {}
        for name in _in_order(told):
            content = told[name]
            _require_known(content, _JOB_KEYS, f"job {name}")
            runs = tuple(self._runs_of(name, content, {need: done[need] for need in _list(content.get("needs"))}))
            yield from runs
            outputs = {key: value for run in runs for key, value in run.outputs.items()}
            done[name] = {"result": str(_worst(runs)), "outputs": outputs}

    def _runs_of(self, name: str, content: Mapping[str, Any], needs: Mapping[str, Any]) -> Iterator[JobRun]:
        results = [need["result"] for need in needs.values()]
        if Result.WAITING in results:
            yield JobRun(name, Result.WAITING)
            return
        status = Status(
            all(result == Result.SUCCESS for result in results),
            is_cancelled=Result.CANCELLED in results,
        )
        contexts = {"github": self._github(), "inputs": self._inputs(), "needs": needs}
        if not Scope(contexts, status).holds(str(content.get("if", ""))):
            yield JobRun(name, Result.SKIPPED)
            return
        for matrix in _combinations(content.get("strategy")):
            shown = f"{name} ({', '.join(matrix.values())})" if matrix else name
            scope = Scope({**contexts, "matrix": matrix})
            environment = scope.text(content.get("environment", ""))
            settings = self.github.environments.get(environment) if environment else Environment({})
            if settings is None:
                raise NotUnderstood(f"job {shown} stands in the environment {environment}, which nobody made")
            if not settings.is_approved:
                yield JobRun(shown, Result.WAITING)
                continue
            yield _Job(self, shown, content, scope, environment, settings).run()

    def _github(self) -> Mapping[str, Any]:
        return {
            "sha": self.event.sha,
            "ref": self.event.ref,
            "event_name": self.event.name,
            "event": self.event.payload,
            "repository": self.github.full_name,
            "run_id": self.run_id,
            "token": "token-of-the-job",
        }

    def _inputs(self) -> Mapping[str, str]:
        declared = (self.file.triggers.get("workflow_dispatch") or {}).get("inputs", {})
        if unknown := set(self.event.inputs) - set(declared):
            raise NotUnderstood(f"the inputs {', '.join(sorted(unknown))}")
        return {name: _input(name, told, self.event.inputs.get(name)) for name, told in declared.items()}


@dataclass
class _Job:
    run_of: _Run
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
        for folder in (self.workspace, self.temporary):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        scope = replace(self.scope, contexts={**self.scope.contexts, "vars": self.settings.variables})
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
            _require_known(step, _STEP_KEYS, f"a step of {self.name}")
            scope = replace(scope, contexts={**scope.contexts, "steps": by_id})
            inner = self._step(step, scope, variables)
            done += inner
            result = _worst(inner)
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
        return StepRun(name, Result.FAILURE if done.failure else Result.SUCCESS, done.failure)

    def _composite(
        self, folder: str, given: Mapping[str, str], scope: Scope, variables: Mapping[str, str]
    ) -> tuple[StepRun, ...]:
        content = self.run_of.files[f"{folder}/action.yml"].content
        declared = content.get("inputs", {})
        if unknown := set(given) - set(declared):
            raise NotUnderstood(f"{folder} is given {', '.join(sorted(unknown))}")
        inputs = {name: _input(name, told, given.get(name)) for name, told in declared.items()}
        if content["runs"]["using"] != "composite":
            raise NotUnderstood(f"{folder} is no composite action")
        inside = Scope({"github": scope.contexts["github"], "inputs": inputs})
        return self.steps_of(content["runs"]["steps"], inside, variables)[0]

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


def _values(file: Path) -> dict[str, str]:
    """What a step wrote for later ones. Ours write one line each; GitHub also knows values of several lines."""
    found: dict[str, str] = {}
    for line in file.read_text("utf-8").splitlines():
        name, equals, value = line.partition("=")
        if not equals or "<<" in name:
            raise NotUnderstood(f"{line!r} in {file.suffix[1:]}")
        found[name] = value
    return found


def _input(name: str, told: Mapping[str, Any], given: str | None) -> str:
    if not given and told.get("required"):
        raise NotUnderstood(f"the input {name} is required and was not given")
    value = str(told.get("default", "")) if given is None else given
    if told.get("type") == "choice" and value not in told["options"]:
        raise NotUnderstood(f"{value!r} is none of {told['options']}")
    return value


def _combinations(strategy: Mapping[str, Any] | None) -> list[dict[str, str]]:
    if strategy is None:
        return [{}]
    _require_known(strategy, frozenset({"matrix", "fail-fast"}), "a strategy")
    if strategy.get("fail-fast") is not False:
        raise NotUnderstood("a matrix whose jobs are cancelled when one of them fails")
    names = list(strategy["matrix"])
    return [dict(zip(names, values, strict=True)) for values in product(*strategy["matrix"].values())]


def _in_order(jobs: Mapping[str, Any]) -> Iterator[str]:
    """Every job after those that it needs."""
    left = dict(jobs)
    done: set[str] = set()
    while left:
        ready = [name for name, job in left.items() if set(_list(job.get("needs"))) <= done]
        if not ready:
            raise NotUnderstood(f"{', '.join(left)} wait for each other, or for a job that is not there")
        done.add(ready[0])
        left.pop(ready[0])
        yield ready[0]


def _list(told: str | Sequence[str] | None) -> list[str]:
    if told is None:
        return []
    return [told] if isinstance(told, str) else list(told)


def _worst(runs: Sequence[JobRun] | Sequence[StepRun]) -> Result:
    order = (Result.CANCELLED, Result.FAILURE, Result.WAITING, Result.SUCCESS, Result.SKIPPED)
    found = {run.result for run in runs}
    return next((result for result in order if result in found), Result.SUCCESS)


def _result_of(status: Status) -> Result:
    if status.is_cancelled:
        return Result.CANCELLED
    return Result.SUCCESS if status.is_success else Result.FAILURE


def _require_known(content: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    if unknown := set(content) - known:
        raise NotUnderstood(f"{where} has {', '.join(sorted(unknown))}")


def _require_started_by(file: PipelineFile, event: Event) -> None:
    if event.name not in file.triggers:
        raise NotUnderstood(f"{file.name} is not started by {event.name}")
    filters = file.triggers[event.name] or {}
    if event.name == "push":
        _require_known(filters, frozenset({"branches"}), file.name)
        if event.ref.removeprefix("refs/heads/") not in filters["branches"]:
            raise NotUnderstood(f"{file.name} is not started by a push to {event.ref}")
