"""Our own linter, asked as its peers are: in a process of its own, over the same file. Also over plans and folders."""

from __future__ import annotations

import datetime
import json
import resource
import sys
import time
from pathlib import Path

from studyctl.usecases.lint import LintRequest, PlanDocument, PolicyText, Report, lint

TODAY = datetime.date(2026, 1, 1)


def main() -> None:
    """`policies FILE` or `plan FILE`; prints what was measured."""
    what, path = sys.argv[1:]
    measured = {"policies": _policies, "plan": _plan}[what](Path(path))
    measured["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps(measured) + "\n")


def _policies(path: Path) -> dict[str, float]:
    texts = [text.encode() for text in json.loads(path.read_text("utf-8"))]
    _judged(texts[:1])
    begun = time.perf_counter()
    report = _judged(texts)
    seconds = time.perf_counter() - begun
    return {"policies": len(texts), "seconds": seconds, "findings": len(report.findings)}


def _judged(texts: list[bytes]) -> Report:
    names = (f"policy-{number}.json" for number in range(len(texts)))
    return lint(LintRequest(TODAY, policies=[PolicyText(*pair) for pair in zip(names, texts, strict=False)]))


def _plan(path: Path) -> dict[str, float]:
    begun = time.perf_counter()
    document = json.loads(path.read_bytes())
    report = lint(LintRequest(TODAY, plans=[PlanDocument("plan", document)]))
    seconds = time.perf_counter() - begun
    return {"resources": report.resources, "seconds": seconds, "findings": len(report.findings)}


if __name__ == "__main__":
    main()
