"""Runs checkov, offline and in an environment of its own, because its pins clash with ours.

Of code every check is asked. Of a plan only those are asked that code cannot answer, because values pass through
modules: on plans checkov knows neither inline skips nor references to what the same plan makes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studyctl.adapters.pipeline_folder import FOLDER, workflow_paths
from studyctl.adapters.skips import skips_in
from studyctl.domain.policy.findings import Finding, Severity
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.rules.about_waivers import NOT_INSTALLED, NOT_SCANNED
from studyctl.usecases.lint import Looked, Scan

PROGRAM = Path(".build") / "checkov" / "bin" / "checkov"
AT_ONCE = 2
TIMEOUT_SECONDS = 900
PLAN_CHECKS = (
    *("CKV_AWS_19", "CKV_AWS_70", "CKV_AWS_72", "CKV_AWS_168", "CKV_AWS_169", "CKV_AWS_250", "CKV_AWS_261"),
    *("CKV_AWS_253", "CKV_AWS_254", "CKV_AWS_255", "CKV_AWS_256", "CKV_AWS_275", "CKV_AWS_286", "CKV_AWS_287"),
    *("CKV_AWS_288", "CKV_AWS_289", "CKV_AWS_290", "CKV_AWS_332", "CKV_AWS_355", "CKV_AWS_385", "CKV_AWS_387"),
    *("CKV2_AWS_56", "CKV2_AWS_69", "CKV2_AWS_73"),
)
"""Asked of plans."""
_ARGUMENTS = ("--skip-download", "--compact", "--output", "json", "--soft-fail")
_GUIDE = "https://docs.prismacloud.io/en/enterprise-edition/policy-reference/aws-policies"


@dataclass(frozen=True, slots=True)
class Result:
    """What one check said of one resource. `where` is "folder address", the address in a plan, or a workflow's file."""

    rule: str
    outcome: str
    where: str
    name: str
    guide: str
    position: Position


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said of one folder or plan. `unread` are files that were passed over because they are not understood."""

    results: tuple[Result, ...] = ()
    unread: tuple[str, ...] = ()


class CheckovFailed(Exception):
    """It could not be run, or said nothing that can be read."""


class Checkov:
    """checkov for code below a root folder, which the places of findings are told from."""

    def __init__(self, root: Path, program: Path) -> None:
        self._root = root
        self._program = program

    @classmethod
    def find(cls, root: Path, environment: Mapping[str, str]) -> Checkov:
        """Return the one that STUDYCTL_CHECKOV names, that of the checkout, or that of the machine."""
        own = root / PROGRAM
        other = shutil.which("checkov", path=environment.get("PATH")) or ""
        named = environment.get("STUDYCTL_CHECKOV", "")
        return cls(root, Path(named) if named else own if own.exists() or not other else Path(other))

    def scan(self, folders: Sequence[str], plans: Sequence[str]) -> Scan:
        """Return what fails, each once although a module is read alone and inside of its roots.

        What could not be looked at is a finding beside those of the rest.
        """
        answers: list[Answer] = []
        findings: list[Finding] = []
        for answer in self._answers(folders, plans):
            if isinstance(answer, CheckovFailed):
                findings.append(_not_scanned(str(answer), self._program))
            else:
                answers.append(answer)
                findings += (_not_read(file) for file in answer.unread)
        results = [result for answer in answers for result in answer.results]
        failing = (result for result in results if result.outcome == "failed")
        unique = {(result.rule, result.where): result for result in failing}
        skips = tuple(skips_in(self._root, folders)) if folders and answers else None
        every = dict.fromkeys((*findings, *(_finding(result) for result in unique.values())))
        return Scan(tuple(every), skips, _looked(results))

    def results(self, folders: Sequence[str], plans: Sequence[str]) -> tuple[Result, ...]:
        """Return what every check said, passed and skipped ones too.

        Raises:
            CheckovFailed: it could not be run, or not read a file.
        """
        results: list[Result] = []
        for answer in self._answers(folders, plans):
            if isinstance(answer, CheckovFailed):
                raise answer
            if answer.unread:
                raise CheckovFailed(f"checkov cannot read {', '.join(answer.unread)}")
            results += answer.results
        return tuple(results)

    def _answers(self, folders: Sequence[str], plans: Sequence[str]) -> Iterator[Answer | CheckovFailed]:
        """Yield what was said of each folder and plan, or why nothing was."""
        if not self._program.exists():
            yield CheckovFailed(f"there is no checkov at {self._program}")
            return
        commands = [(folder, self._code(folder)) for folder in folders]
        chosen = ("--framework", "terraform_plan", "--check", ",".join(PLAN_CHECKS), "--file")
        commands += [(plan, (*chosen, str(Path(plan).resolve()))) for plan in plans]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(lambda command: self._answer(*command), commands)

    def _code(self, folder: str) -> tuple[str, ...]:
        """Return what to ask of a folder of code; that of the pipeline is told by its files, which it knows by path."""
        if folder != FOLDER:
            return ("--framework", "terraform", "--directory", folder)
        files = [path.relative_to(self._root).as_posix() for path in workflow_paths(self._root)]
        return ("--framework", "github_actions", *(word for file in files for word in ("--file", file)))

    def _answer(self, target: str, arguments: Sequence[str]) -> Answer | CheckovFailed:
        try:
            return self._run(target, arguments)
        except CheckovFailed as failed:
            return failed

    def _run(self, target: str, arguments: Sequence[str]) -> Answer:
        try:
            done = subprocess.run(
                [str(self._program), *_ARGUMENTS, *arguments],
                cwd=self._root,
                env={**os.environ, "LOG_LEVEL": "ERROR"},
                capture_output=True,
                text=True,
                check=False,
                timeout=TIMEOUT_SECONDS,
            )
            reports = json.loads(done.stdout)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CheckovFailed(f"checkov could not look at {target}: {error}") from error
        except ValueError as error:
            said = done.stderr.strip().splitlines()[-1:] or ["nothing"]
            raise CheckovFailed(f"checkov (exit {done.returncode}) could not look at {target}: {said[0]}") from error
        is_plan = "terraform_plan" in arguments
        reports = reports if isinstance(reports, list) else [reports]
        results = tuple(self._read(reports, target, is_plan=is_plan))
        unread = tuple(file for report in reports for file in report.get("results", {}).get("parsing_errors", ()))
        if not (results or unread):
            raise CheckovFailed(f"checkov found nothing to look at in {target}")
        if target == FOLDER:
            self._require_all_workflows(results)
        return Answer(results, tuple(dict.fromkeys(self._shown(Path(file)) for file in unread)))

    def _require_all_workflows(self, results: Iterable[Result]) -> None:
        """Stop where a workflow was passed over: checkov says nothing of one that its schema does not know."""
        seen = {result.position.source for result in results}
        every = (path.relative_to(self._root).as_posix() for path in workflow_paths(self._root))
        missed = [name for name in every if "/workflows/" in name and name not in seen]
        if missed:
            raise CheckovFailed(f"checkov passed over {', '.join(missed)}: its schema of workflows does not know it")

    def _read(self, reports: Iterable[Mapping[str, Any]], target: str, *, is_plan: bool) -> Iterator[Result]:
        for report in reports:
            for outcome in ("passed", "failed", "skipped"):
                for entry in report.get("results", {}).get(f"{outcome}_checks", ()):
                    place = Position(str(entry["resource"])) if is_plan else self._place(entry, target)
                    is_whole = is_plan or target == FOLDER  # an address in a plan, a file of the pipeline
                    where = place.source if is_whole else f"{Path(place.source).parent.as_posix()} {_local(entry)}"
                    guide = str(entry.get("guideline") or _GUIDE)
                    yield Result(entry["check_id"], outcome, where, entry["check_name"], guide, place)

    def _place(self, entry: Mapping[str, Any], folder: str) -> Position:
        """Return the file, below the root, and the line at which a resource begins."""
        below = self._root if folder == FOLDER else self._root / folder
        path = Path(os.path.normpath(below / str(entry["file_path"]).lstrip("/")))
        lines = entry.get("file_line_range") or [1]
        return Position(self._shown(path), max(int(lines[0]), 1), 1)

    def _shown(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else path.as_posix()


def _looked(results: Iterable[Result]) -> Looked:
    """Count each answer and each resource once, although a module is read alone and inside of its roots."""
    answers = {(result.rule, result.where): result for result in results}
    files = {result.position.source for result in answers.values() if result.position.line}
    return Looked(len(answers), len({result.where for result in answers.values()}), len(files))


def _local(entry: Mapping[str, Any]) -> str:
    address = re.sub(r"\[[^]]*\]", "", str(entry["resource"]))
    return re.sub(r"^(module\.[^.]+\.)+", "", address)


def _finding(result: Result) -> Finding:
    return Finding(
        rule=result.rule,
        severity=Severity.MEDIUM,
        message=result.name,
        position=Position(result.where),
        subject=str(result.position) if result.position.line else "",
        fix="Mend the resource, or waive with a skip that says why and a row in the waivers.",
        source=result.guide,
        tool="checkov",
    )


def _not_scanned(message: str, program: Path) -> Finding:
    fix = "Run checkov there by hand; it may hold nothing that checkov knows." if program.exists() else NOT_INSTALLED
    return _unjudged(message, Position("checkov"), fix)


def _not_read(file: str) -> Finding:
    fix = "Mend the file; terraform validate says what is wrong with it."
    return _unjudged("checkov cannot read the file, so nothing in it was looked at", Position(file), fix)


def _unjudged(message: str, position: Position, fix: str) -> Finding:
    return Finding(
        rule=NOT_SCANNED,
        severity=Severity.MEDIUM,
        message=message,
        position=position,
        fix=fix,
        source="https://www.checkov.io/2.Basics/Installing%20Checkov.html",
        is_proven=False,
    )
