"""What came of a run: by job, and within a job by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.support.pipeline.step_process import Ended


class Result(StrEnum):
    """As GitHub names them; `waiting` is a job that nobody let begin."""

    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    WAITING = "waiting"


@dataclass(frozen=True)
class StepRun:
    """One step. `said` is its log, `summary` what it wrote into the job's summary."""

    name: str
    result: Result
    said: str = ""
    summary: str = ""
    ended: Ended | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class JobRun:
    """One job, or one of those that its matrix makes of it."""

    name: str
    result: Result
    steps: tuple[StepRun, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    orphans: int = 0
    """How many processes it left running, which the runner killed."""

    @property
    def summary(self) -> str:
        """The summary of the job, as its page shows it."""
        return "".join(step.summary for step in self.steps)

    @property
    def failed(self) -> StepRun:
        """The step that failed first."""
        return next(step for step in self.steps if step.result in (Result.FAILURE, Result.CANCELLED))

    def step(self, word: str) -> StepRun:
        """The one step whose name has that word in it."""
        (found,) = (step for step in self.steps if word in step.name)
        return found

    def must(self, result: Result) -> JobRun:
        """Itself, unless it ended otherwise: then its log is the failure's message."""
        log = "\n".join(f"--- {s.name}: {s.result}\n{s.said[-4000:]}" for s in self.steps)
        assert self.result is result, f"job {self.name}: {self.result} instead of {result}\n{log}"
        return self


@dataclass(frozen=True)
class WorkflowRun:
    """One run of a workflow."""

    run_id: int
    jobs: tuple[JobRun, ...]

    def __iter__(self) -> Iterator[JobRun]:
        """Every job, in the order in which they ran."""
        return iter(self.jobs)

    @property
    def results(self) -> Mapping[str, Result]:
        """How each job ended."""
        return {job.name: job.result for job in self.jobs}

    def job(self, name: str) -> JobRun:
        """The job with that name; one of a matrix is told by its values: `drift (staging)`."""
        (found,) = (job for job in self.jobs if job.name == name)
        return found

    def must(self, result: Result) -> WorkflowRun:
        """Itself, unless a job ended otherwise."""
        for job in self.jobs:
            job.must(result)
        return self
