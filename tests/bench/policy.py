"""The policy linter against parliament, cloudsplaining and checkov, on one corpus that is made anew from a seed.

What a bar gives as a figure of its own (a second, a megabyte) stands where the peer's measurement would: the ratio says
how much of it is used up.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.bench.peer import PYTHON, REPOSITORY, peer
from tests.bench.plan_corpus import plan
from tests.bench.policy_corpus import policies
from tests.bench.rows import Row

from studyctl.domain.policy.catalogue import catalogue

POLICIES = 2_000
"""Of two hundred the peers judge a sixth fewer a second, of twenty thousand a twentieth more: caches of their own."""
MANY = 20_000
RESOURCES = 5_000
ROUNDS = 3
PROCESSES = len(os.sched_getaffinity(0))
"""As the command itself does; the peers know one process only."""
COLD_RUNS = 7
_PREFIXES = catalogue().prefixes
CHECKOV = REPOSITORY / ".build" / "checkov" / "bin" / "checkov"
OURS = Path(__file__).parent / "peers" / "our_lint.py"


def rows() -> Iterator[Row]:
    """Pace, cold start, growth with the number of documents, and a large plan."""
    texts = list(policies(MANY))
    with tempfile.TemporaryDirectory(prefix="studyctl-bench-") as name:
        folder = Path(name)
        yield from _pace(texts, folder)
        yield from _long_run(texts, folder)
        yield from _pace_of_one_process("as people write them", texts, folder)
        yield from _pace_of_one_process("with little repetition", list(policies(MANY, services=_PREFIXES)), folder)
        yield from _cold_start(texts[0], folder)
        yield from _growth(texts, folder)
        yield from _large_plan(folder)


def _pace(texts: Sequence[str], folder: Path) -> Iterator[Row]:
    file = _written(folder, texts[:POLICIES])
    ours: list[float] = []
    theirs: dict[str, list[float]] = {"parliament": [], "cloudsplaining": [], "checkov": []}
    for _ in range(ROUNDS):
        ours.append(_rate(_our_run("policies", file, PROCESSES)))
        for linter in ("parliament", "cloudsplaining"):
            theirs[linter].append(_rate(peer("lint_policies.py", linter, str(file))))
    theirs["checkov"].append(_checkov_rate(texts[:POLICIES], folder))
    own = statistics.median(ours)
    rates = {linter: statistics.median(measured) for linter, measured in theirs.items()}
    for linter, rate in rates.items():
        yield Row(f"policies linted: {linter}", own, rate, unit="/s")
    best = max(rates, key=lambda linter: rates[linter])
    yield Row(f"policies linted: the best of them, {best}", own, rates[best], unit="/s", at_least=10.0)
    yield Row("policies linted: the bar of 2,000", own, 2_000, unit="/s", at_least=1.0)


def _pace_of_one_process(which: str, texts: Sequence[str], folder: Path) -> Iterator[Row]:
    """Policies a second of processor time, in one process each: what more processes, or others' load, cannot change.

    checkov has no such row: it needs a second to begin with, and is the slowest by far.
    """
    many, some = (_written(folder, texts[:count], which) for count in (MANY, POLICIES))
    theirs = {linter: peer("lint_policies.py", linter, str(some)) for linter in ("parliament", "cloudsplaining")}
    own = _our_run("policies", many)
    for linter, measured in theirs.items():
        yield Row(f"{which}, one process: {linter}", _cpu_rate(own), _cpu_rate(measured), unit="/cpu s")


def _long_run(texts: Sequence[str], folder: Path) -> Iterator[Row]:
    """The same of many more policies, against the best of them: what everybody has to fill at first counts for less."""
    file = _written(folder, texts)
    own, other = _our_run("policies", file, PROCESSES), peer("lint_policies.py", "cloudsplaining", str(file))
    yield Row(f"{len(texts):,} policies linted: cloudsplaining", _rate(own), _rate(other), unit="/s")


def _cold_start(text: str, folder: Path) -> Iterator[Row]:
    file = folder / "one" / "policy.json"
    file.parent.mkdir()
    file.write_text(text, "utf-8")
    ours = [str(Path(sys.executable).with_name("studyctl")), "lint", str(file), "--quiet"]
    theirs = [str(PYTHON.with_name("parliament"))]  # which reads its input where there is no terminal
    own, other = _timed_by_turns(lambda: _run(ours, file.parent), lambda: _run(theirs, file.parent, text))
    yield Row("one policy, cold: parliament", own, other)
    yield Row("one policy, cold: the bar of 0.3 s", own, 0.3, at_most=1.0)


def _growth(texts: Sequence[str], folder: Path) -> Iterator[Row]:
    """Seconds a policy of many against those of a tenth: nothing may grow faster than the documents."""
    counts = (MANY // 20, MANY // 4, MANY)
    runs = [_our_run("policies", _written(folder, texts[:count]), PROCESSES) for count in counts]
    few, *larger = (1000 * run["seconds"] / run["policies"] for run in runs)
    for count, each in zip(counts[1:], larger, strict=True):
        yield Row(f"{count:,} policies against {counts[0]:,}, time of each", each, few, unit="ms", at_most=1.25)
    yield Row(f"{MANY:,} policies: memory of the largest process", runs[-1]["peak_mb"], runs[0]["peak_mb"], unit="MB")


def _large_plan(folder: Path) -> Iterator[Row]:
    file = folder / "plan.json"
    file.write_text(json.dumps(plan(RESOURCES)), "utf-8")
    measured = _our_run("plan", file)
    yield Row("plan of 5,000 resources: the bar of 10 s", measured["seconds"], 10.0, at_most=1.0)
    yield Row("plan of 5,000 resources: the bar of 500 MB", measured["peak_mb"], 500.0, unit="MB", at_most=1.0)


def _our_run(what: str, file: Path, *more: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, str(OURS), what, str(file), *map(str, more)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{OURS.name} ended with {done.returncode}\n{done.stderr[-4000:]}")
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _checkov_rate(texts: Sequence[str], folder: Path) -> float:
    """checkov reads policies in code only; what one policy costs it to start with is taken off.

    Its first start is slower than the others, and its starts differ by more than two hundred policies cost it.
    """
    _checkov_seconds(texts[:1], folder / "code-first")
    alone, all_ = (_checkov_seconds(texts[:count], folder / f"code-{count}") for count in (1, len(texts)))
    if all_ <= alone:
        raise RuntimeError(f"checkov took {alone:.1f} s for one policy and {all_:.1f} s for {len(texts):,}")
    return (len(texts) - 1) / (all_ - alone)


def _checkov_seconds(texts: Sequence[str], folder: Path) -> float:
    folder.mkdir()
    blocks = (
        f'resource "aws_iam_policy" "p{number}" {{\n  policy = <<EOF\n{text}\nEOF\n}}\n'
        for number, text in enumerate(texts)
    )
    (folder / "main.tf").write_text("\n".join(blocks), "utf-8")
    command = [str(CHECKOV), "--framework", "terraform", "--directory", str(folder), "--skip-download", "--soft-fail"]
    begun = time.perf_counter()
    _run([*command, "--compact", "--quiet", "--output", "json"], folder)
    return time.perf_counter() - begun


def _timed_by_turns(ours: Callable[[], None], theirs: Callable[[], None]) -> tuple[float, float]:
    measured: tuple[list[float], list[float]] = ([], [])
    for _ in range(COLD_RUNS):
        for run, found in zip((ours, theirs), measured, strict=True):
            begun = time.perf_counter()
            run()
            found.append(time.perf_counter() - begun)
    return statistics.median(measured[0]), statistics.median(measured[1])


def _run(command: Sequence[str], folder: Path, given: str = "") -> None:
    """Run to the end, with bytecode, as what is installed has it. Findings are an answer; a missing program is none."""
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=folder, env=settings, input=given, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 3):
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr[-4000:]}")


def _rate(measured: dict[str, float]) -> float:
    return measured["policies"] / measured["seconds"]


def _cpu_rate(measured: dict[str, float]) -> float:
    return measured["policies"] / measured["cpu"]


def _written(folder: Path, texts: Sequence[str], which: str = "policies") -> Path:
    file = folder / f"{which}-{len(texts)}.json"
    file.write_text(json.dumps(list(texts)), "utf-8")
    return file
