"""What workflow rules judge: the files below .github as data, and the questions that several of them ask."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import Unreadable

Path = tuple[str | int, ...]
_WILDCARD = re.compile(r"[*?\[]")
SOURCE = "https://docs.github.com/en/actions/reference/security/secure-use"

CALL = r"\bstudyctl(?:\s+-[\w-]+(?:[= ](?!-)\S+)?)*?\s+"
"""The program and its global options, which may stand before the command."""
CHANGING = re.compile(
    CALL + r"(apply|bootstrap|deploy|destroy|lock\s+release|promote|recover|release|rollback)\b(?![^\n#;&|]*--dry-run)"
    r"|\bmake\b.*\s(deploy|destroy)\b"
)
"""A command that changes an account."""
ENTERING = "aws-actions/configure-aws-credentials@"
OWN_ENTERING = "$/.github/actions/account"


@dataclass(frozen=True)
class PipelineFile:
    """One workflow or composite action as YAML says it; `positions` tell where each key stands."""

    name: str
    content: Mapping[str, Any]
    positions: Mapping[Path, Position]

    def at(self, path: Path, message: str, subject: str = "") -> Offence:
        """Return an offence at a key, or at the nearest one around it that is there."""
        while path and path not in self.positions:
            path = path[:-1]
        return Offence(message, self.positions.get(path, Position(self.name)), subject)

    @property
    def triggers(self) -> Mapping[str, Any]:
        """What starts it, with its filters; a composite action is started by nothing."""
        told = self.content.get("on") or {}
        if isinstance(told, str):
            return {told: None}
        return told if isinstance(told, Mapping) else dict.fromkeys(told)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs of a workflow; the steps of a composite action are one."""
        jobs = self.content.get("jobs") or {}
        found = [Job(self, name, ("jobs", name), content or {}) for name, content in jobs.items()]
        if "runs" in self.content:
            found.append(Job(self, "", ("runs",), self.content["runs"]))
        return tuple(found)


@dataclass(frozen=True)
class Job:
    """One job."""

    file: PipelineFile
    name: str
    path: Path
    content: Mapping[str, Any]

    @property
    def is_action(self) -> bool:
        """Whether these are the steps of a composite action, which has neither runner nor rights of its own."""
        return not self.name

    @property
    def steps(self) -> tuple[Step, ...]:
        """Its steps in order."""
        steps = self.content.get("steps") or ()
        return tuple(Step(self, (*self.path, "steps", number), step) for number, step in enumerate(steps))

    @property
    def condition(self) -> str:
        """When it runs at all."""
        return str(self.content.get("if", ""))

    def runs_only_if(self, clause: str) -> bool:
        """Whether one of the conditions that must all hold is that clause. An alternative beside it makes it none."""
        condition = self.condition.strip().removeprefix("${{").removesuffix("}}")
        return "||" not in condition and clause in [part.strip() for part in condition.split("&&")]

    @property
    def environment(self) -> str:
        """The environment of the repository whose protection it stands behind; empty: none."""
        told = self.content.get("environment", "")
        return str(told.get("name", "") if isinstance(told, Mapping) else told)

    @property
    def has_identity(self) -> bool:
        """Whether it may ask for a token that an account trusts."""
        rights = self.content.get("permissions", self.file.content.get("permissions"))
        return rights == "write-all" or (isinstance(rights, Mapping) and rights.get("id-token") == "write")

    @property
    def changes_an_account(self) -> bool:
        """Whether it runs a command that changes one."""
        return any(CHANGING.search(step.run) for step in self.steps)

    def at(self, message: str, *path: str) -> Offence:
        """Return an offence at the job, or at a key of it."""
        return self.file.at((*self.path, *path), message, self.name)


@dataclass(frozen=True)
class Step:
    """One step."""

    job: Job
    path: Path
    content: Mapping[str, Any]

    @property
    def run(self) -> str:
        """Its commands, each on one line; empty: it uses an action."""
        return str(self.content.get("run", "")).replace("\\\n", " ")

    @property
    def uses(self) -> str:
        """The action it uses; empty: it runs commands."""
        return str(self.content.get("uses", ""))

    def given(self, name: str) -> str:
        """Return what it hands to the action."""
        return str((self.content.get("with") or {}).get(name, ""))

    def at(self, message: str) -> Offence:
        """Return an offence at the step."""
        return self.job.file.at(self.path, message, self.job.name)


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """A line of CODEOWNERS. Of several that fit a path the last counts; one without owners takes it from everybody."""

    pattern: str
    owners: tuple[str, ...]
    position: Position

    def may_be_about(self, folder: str) -> bool:
        """Whether something in a folder ("/toolkit/") may fit the pattern, read as gitignore reads it."""
        stem = _WILDCARD.split(self.pattern.removeprefix("/"), maxsplit=1)[0]
        is_rooted = "/" in self.pattern.rstrip("/")
        return not is_rooted or stem.startswith(folder[1:]) or folder[1:].startswith(stem)


@dataclass(frozen=True)
class Pipeline:
    """All files of the pipeline, and who must agree to changes: the lines of CODEOWNERS that are not comments.

    `unreadable` are the files that cannot be read.
    """

    files: tuple[PipelineFile, ...]
    owner_lines: tuple[OwnerLine, ...] = ()
    folder: str = ".github"
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def jobs(self) -> Iterator[Job]:
        """Every job of every file."""
        for file in self.files:
            yield from file.jobs

    @property
    def real_jobs(self) -> Iterator[Job]:
        """Every job that has a runner."""
        return (job for job in self.jobs if not job.is_action)

    @property
    def steps(self) -> Iterator[Step]:
        """Every step of every file."""
        for job in self.jobs:
            yield from job.steps


def rule(
    rule_id: str,
    name: str,
    judge: Any,
    *,
    summary: str,
    fix: str,
    source: str = SOURCE,
    severity: Severity = Severity.HIGH,
) -> Rule[Pipeline]:
    """Return a rule over the pipeline."""
    return Rule(rule_id, name, severity, summary, source, fix, judge)
