"""Our own linter, asked as its peers are: in a process of its own, over the same file. Also over plans and folders."""

from __future__ import annotations

import datetime
import json
import resource
import sys
import time
from pathlib import Path

from studyctl.usecases.lint import LintRequest, PlanDocument, Report, lint
from studyctl.usecases.lint_policies import PolicyText

TODAY = datetime.date(2026, 1, 1)


def main() -> None:
    """`policies FILE [PROCESSES]` or `plan FILE`; prints what was measured. Memory is that of the largest process."""
    what, path, *processes = sys.argv[1:]
    measured = _plan(Path(path)) if what == "plan" else _policies(Path(path), *map(int, processes))
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    measured["peak_mb"] = max(usage.ru_maxrss for usage in usages) / 1024
    sys.stdout.write(json.dumps(measured) + "\n")


def _policies(path: Path, processes: int = 1) -> dict[str, float]:
    texts = [text.encode() for text in json.loads(path.read_text("utf-8"))]
    _judged(texts[:1])
    begun, busy = time.perf_counter(), time.process_time()
    report = _judged(texts, processes)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - busy
    return {"policies": len(texts), "seconds": seconds, "cpu": cpu, "findings": len(report.findings)}


def _judged(texts: list[bytes], processes: int = 1) -> Report:
    names = (f"policy-{number}.json" for number in range(len(texts)))
    policies = [PolicyText(*pair) for pair in zip(names, texts, strict=False)]
    return lint(LintRequest(TODAY, policies=policies, processes=processes))


def _plan(path: Path) -> dict[str, float]:
    begun = time.perf_counter()
    document = json.loads(path.read_bytes())
    report = lint(LintRequest(TODAY, plans=[PlanDocument("plan", document)]))
    seconds = time.perf_counter() - begun
    return {"resources": report.resources, "seconds": seconds, "findings": len(report.findings)}


if __name__ == "__main__":
    main()
