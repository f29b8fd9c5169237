"""Runs a workflow of ours as GitHub would: jobs in the order of their needs, steps one after another.

It knows the keys, actions and expressions that our workflows use and refuses every other, so that a workflow cannot
begin to mean something on GitHub that no test sees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from tests.support.pipeline.expressions import NotUnderstood, Scope, Status
from tests.support.pipeline.hosting import Environment, Event, GitHub
from tests.support.pipeline.job import Job, Run, input_of, require_known, worst
from tests.support.pipeline.results import JobRun, Result, WorkflowRun
from tests.support.pipeline.step_process import Cancel

from studyctl.adapters.pipeline_files import read_pipeline
from studyctl.domain.policy.workflow_rules.subject import PipelineFile

_WORKFLOW_KEYS = frozenset({"name", "on", "permissions", "env", "concurrency", "jobs"})
_JOB_KEYS = frozenset(
    {"name", "needs", "if", "runs-on", "timeout-minutes", "environment", "concurrency", "permissions", "outputs"}
    | {"strategy", "steps"}
)


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
        require_known(file.content, _WORKFLOW_KEYS, workflow)
        _require_started_by(file, event)
        self.github.runs += 1
        run = Run(self.github, event, self.github.runs, file, files, dict(self.cancels))
        return WorkflowRun(run.run_id, tuple(_Jobs(run).all()))


@dataclass
class _Jobs:
    told: Run

    def all(self) -> Iterator[JobRun]:
        jobs: Mapping[str, Any] = self.told.file.content["jobs"]
        done: dict[str, dict[str, Any]] = {}
        for name in _in_order(jobs):
            content = jobs[name]
            require_known(content, _JOB_KEYS, f"job {name}")
            runs = tuple(self._runs_of(name, content, {need: done[need] for need in _list(content.get("needs"))}))
            yield from runs
            outputs = {key: value for run in runs for key, value in run.outputs.items()}
            done[name] = {"result": str(worst(runs)), "outputs": outputs}

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
            settings = self.told.github.environments.get(environment) if environment else Environment({})
            if settings is None:
                raise NotUnderstood(f"job {shown} stands in the environment {environment}, which nobody made")
            if not settings.is_approved:
                yield JobRun(shown, Result.WAITING)
                continue
            yield Job(self.told, shown, content, scope, environment, settings).run()

    def _github(self) -> Mapping[str, Any]:
        return {
            "sha": self.told.event.sha,
            "ref": self.told.event.ref,
            "event_name": self.told.event.name,
            "event": self.told.event.payload,
            "repository": self.told.github.full_name,
            "run_id": self.told.run_id,
            "token": "token-of-the-job",
        }

    def _inputs(self) -> Mapping[str, str]:
        declared = (self.told.file.triggers.get("workflow_dispatch") or {}).get("inputs", {})
        if unknown := set(self.told.event.inputs) - set(declared):
            raise NotUnderstood(f"the inputs {', '.join(sorted(unknown))}")
        return {name: input_of(name, told, self.told.event.inputs.get(name)) for name, told in declared.items()}


def _combinations(strategy: Mapping[str, Any] | None) -> list[dict[str, str]]:
    if strategy is None:
        return [{}]
    require_known(strategy, frozenset({"matrix", "fail-fast"}), "a strategy")
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


def _require_started_by(file: PipelineFile, event: Event) -> None:
    if event.name not in file.triggers:
        raise NotUnderstood(f"{file.name} is not started by {event.name}")
    filters = file.triggers[event.name] or {}
    if event.name == "push":
        require_known(filters, frozenset({"branches"}), file.name)
        if event.ref.removeprefix("refs/heads/") not in filters["branches"]:
            raise NotUnderstood(f"{file.name} is not started by a push to {event.ref}")
