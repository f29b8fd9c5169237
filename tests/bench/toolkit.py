"""The toolkit against what people would type without it: a bare Typer app, and plain terraform."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.checkout import copy_checkout, plain_environment, write_plain_inputs
from tests.bench.rows import Row

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


def help_rows() -> Iterator[Row]:
    """`studyctl --help` against a Typer app that does nothing, by turns so that both see the same machine."""
    ours = [str(Path(sys.executable).with_name("studyctl")), "--help"]
    theirs = [sys.executable, "-c", BARE_TYPER, "--help"]
    pairs = [(_timed(ours), _timed(theirs)) for _ in range(HELP_RUNS)]
    yield Row(
        "studyctl --help against a bare Typer app",
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        at_most=1.5,
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
            yield Row(
                "deploy from nothing", _studyctl(ours, "deploy", "dev", "--only", "infra"), plain_first, at_most=1.05
            )
            yield Row(
                "deploy without changes", _studyctl(ours, "deploy", "dev", "--only", "infra"), plain_again, at_most=0.7
            )
            one = _studyctl(ours, "plan", "staging")
            yield Row("three plans at once against one", _studyctl(ours, "plan", "dev", "staging", "prod"), one)


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
