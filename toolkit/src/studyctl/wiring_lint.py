"""Chooses what `lint` reads and runs, and the gate that plans pass before they are applied."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studyctl.domain.policy.waivers import MANIFEST, Waiver
from studyctl.usecases import lint as usecase
from studyctl.usecases.lint import LintRequest, Report, Scanner

if TYPE_CHECKING:
    from studyctl.domain.policy.workflow_rules.subject import Pipeline

OnReport = Callable[[Report], None]


def lint(
    paths: Sequence[Path],
    plans: Sequence[Path],
    *,
    baseline: Collection[str] = frozenset(),
    jobs: int | None = None,
) -> Report:
    """Judge paths and plans; without any, what this checkout or folder holds.

    `jobs` is how many processes judge policies at most; without, as many as there are cores for us.

    Raises:
        UsageError: a path does not exist, a plan is none, or the waivers cannot be used.
    """
    from studyctl.adapters.pipeline_folder import FOLDER, has_pipeline  # noqa: PLC0415
    from studyctl.adapters.policy_files import default_paths, find_sources  # noqa: PLC0415

    root = _root(Path.cwd())
    sources = find_sources(list(paths) if paths or plans else list(default_paths(root)), plans, root)
    is_asked = any(path.resolve() == root / FOLDER for path in paths) or not (paths or plans)
    pipeline = _pipeline(root) if is_asked and has_pipeline(root) else None
    request = LintRequest(
        today=_today(),
        policies=sources.policies,
        plans=sources.plans,
        folders=[*sources.folders, FOLDER] if pipeline is not None else sources.folders,
        unreadable=sources.unreadable,
        pipeline=pipeline,
        waivers=_waivers(root),
        baseline=baseline,
        processes=jobs or _cores(),
    )
    return usecase.lint(request, _scanner(root) if request.folders or request.plans else None)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gate_of(repository: Path, on_report: OnReport) -> Callable[[Mapping[str, Any]], Report]:
    """Return what judges a plan of a checkout, and raises when it must not be applied."""
    return lambda document: usecase.gate(document, _waivers(repository), _today(), on_report=on_report)


def _scanner(root: Path) -> Scanner:
    from studyctl.adapters.checkov import Checkov  # noqa: PLC0415 - only where there is something to scan

    return Checkov.find(root, os.environ)


def judge(repository: Path, document: Mapping[str, Any]) -> Report:
    """Judge a plan by our own rules; nothing is refused and checkov is not asked."""
    plan = usecase.PlanDocument("plan", document)
    return usecase.lint(LintRequest(_today(), plans=(plan,), waivers=_waivers(repository)))


def _pipeline(root: Path) -> Pipeline:
    from studyctl.adapters.pipeline_files import read_pipeline  # noqa: PLC0415 - as _waivers

    return read_pipeline(root)


def _root(start: Path) -> Path:
    """Return the folder that holds the waivers, here or above; else this one."""
    here = start.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / MANIFEST).is_file()), here)


def _waivers(root: Path) -> tuple[Waiver, ...]:
    if not (root / MANIFEST).is_file():
        return ()
    from studyctl.adapters.waiver_file import read_waivers  # noqa: PLC0415 - a third of the start, where there are some

    return read_waivers(root)


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()
