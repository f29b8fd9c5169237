"""`make bench`: what the toolkit costs or saves, as ratios of times measured in this run on this machine.

Absolute seconds depend on the machine and say little; each row therefore sets two measurements against each other.
Nothing of the developer's checkout is touched: everything runs in a copy with an emulator of its own.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.checkout import copy_checkout, plain_environment, write_plain_inputs

from studyctl.adapters.emulator import process
from studyctl.adapters.terraform import binary

REPOSITORY = Path(__file__).resolve().parents[2]
HELP_RUNS = 15

BARE_TYPER = """
import typer
app = typer.Typer(rich_markup_mode=None)
@app.command()
def one(name: str) -> None: "One."
@app.command()
def two(name: str) -> None: "Two."
app()
"""


@dataclass(frozen=True)
class Row:
    """One ratio: ours over theirs, and the bar it must stay under (none: it is only reported)."""

    name: str
    ours_seconds: float
    theirs_seconds: float
    bar: float | None

    @property
    def ratio(self) -> float:
        """Ours over theirs."""
        return self.ours_seconds / self.theirs_seconds

    @property
    def is_met(self) -> bool:
        """Whether the bar holds."""
        return self.bar is None or self.ratio <= self.bar

    def __str__(self) -> str:
        """One line of the table."""
        bar = f"bar {self.bar:.2f}" if self.bar else "no bar"
        verdict = "" if self.bar is None else ("  met" if self.is_met else "  MISSED")
        return (
            f"{self.name:<52} {self.ours_seconds:8.2f} s {self.theirs_seconds:8.2f} s "
            f"  ratio {self.ratio:5.2f}   {bar}{verdict}"
        )


def main() -> int:
    """Measure, print, and return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["help", "deploy"], help="measure one group")
    only = parser.parse_args().only
    rows: list[Row] = []
    if only != "deploy":
        rows.append(_say(help_row()))
    if only != "help":
        rows += deploy_rows()
    sys.stdout.write("\n".join(["", f"{'':<52} {'ours':>10} {'theirs':>10}", *map(str, rows), ""]))
    return 0 if all(row.is_met for row in rows) else 1


def help_row() -> Row:
    """`studyctl --help` against a Typer app that does nothing, by turns so that both see the same machine."""
    ours = [str(Path(sys.executable).with_name("studyctl")), "--help"]
    theirs = [sys.executable, "-c", BARE_TYPER, "--help"]
    pairs = [(_timed(ours), _timed(theirs)) for _ in range(HELP_RUNS)]
    return Row(
        "studyctl --help against a bare Typer app",
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        1.5,
    )


def deploy_rows() -> Iterator[Row]:
    """Deploys and plans of dev against plain terraform doing the same to the same configuration."""
    with tempfile.TemporaryDirectory(prefix="studyctl-bench-") as folder:
        plain, ours = Path(folder, "plain"), Path(folder, "ours")
        copy_checkout(REPOSITORY, plain)
        copy_checkout(REPOSITORY, ours)
        with emulator(plain) as endpoint:
            environment = plain_environment(endpoint, plain)
            plain_first = _plain_from_nothing(plain, environment)
            plain_again = _plain_again(plain, environment)
        with emulator(ours):
            yield _say(Row("deploy from nothing", _studyctl(ours, "deploy", "dev"), plain_first, 1.05))
            yield _say(Row("deploy without changes", _studyctl(ours, "deploy", "dev"), plain_again, 0.7))
            one = _studyctl(ours, "plan", "staging")
            yield _say(
                Row("three plans at once against one", _studyctl(ours, "plan", "dev", "staging", "prod"), one, None)
            )


@contextmanager
def emulator(checkout: Path) -> Iterator[process.EmulatorEndpoint]:
    """An emulator where the checkout's studyctl finds it."""
    home = checkout / ".build" / "emulator"
    try:
        yield process.start(home)
    finally:
        process.stop(home)


def _plain_from_nothing(checkout: Path, environment: Mapping[str, str]) -> float:
    write_plain_inputs(checkout)
    return sum(
        _terraform(checkout / "infra" / root, environment, *words)
        for root in ("bootstrap", "platform")
        for words in (_init(checkout, root), _apply(checkout, root))
    )


def _plain_again(checkout: Path, environment: Mapping[str, str]) -> float:
    """What people type: init && plan && apply."""
    root = checkout / "infra" / "platform"
    plan = ("plan", "-input=false", f"-var-file={checkout / 'plain' / 'platform.tfvars.json'}")
    words = (_init(checkout, "platform"), plan, _apply(checkout, "platform"))
    return sum(_terraform(root, environment, *each) for each in words)


def _init(checkout: Path, root: str) -> tuple[str, ...]:
    return ("init", "-input=false", f"-backend-config={checkout / 'plain' / (root + '.backend.hcl')}")


def _apply(checkout: Path, root: str) -> tuple[str, ...]:
    return ("apply", "-input=false", "-auto-approve", f"-var-file={checkout / 'plain' / (root + '.tfvars.json')}")


def _terraform(root: Path, environment: Mapping[str, str], *words: str) -> float:
    command = [*binary.find(os.environ).launcher, *words, "-no-color"]
    return _timed(command, cwd=root, environment={**environment, "TF_DATA_DIR": str(root / ".terraform-bench")})


def _studyctl(checkout: Path, *words: str) -> float:
    return _timed([str(Path(sys.executable).with_name("studyctl")), *words, "--quiet"], cwd=checkout)


def _timed(command: Sequence[str], *, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> float:
    begun = time.monotonic()
    done = subprocess.run(
        command, cwd=cwd, env=dict(environment) if environment else None, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return time.monotonic() - begun


def _say(row: Row) -> Row:
    sys.stderr.write(f"{row}\n")
    return row


if __name__ == "__main__":
    sys.exit(main())
