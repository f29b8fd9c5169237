"""Kills spread over an apply by seeds (F11): `recover` brings state and reality together."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest
from tests.functional.test_recover import counted, write_on_aws
from tests.support.small_environment import World, small_environment

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.process import EmulatorEndpoint, connection_environment
from studyctl.adapters.terraform import runs

pytestmark = [pytest.mark.terraform, pytest.mark.emulator, pytest.mark.slow]

KILLS = 50
KILLS_WITH_THE_PROVIDER = 6
LINES_WITH_THE_PROVIDER = 40
"""What terraform says of the sixteen resources and data sources of that root."""
PARTS = 40
LINES_OF_A_RUN = 2 * PARTS + 4
"""A start and an end of each part, and what terraform says before and after them."""
COMMAND = Path(__file__).parent / "terraform" / "one_command.py"
MARKER = b"hunter2-marker"
LONGEST_SECONDS = 120

BEFORE = """
terraform {
  backend "s3" {}
}

resource "terraform_data" "part" {
  for_each = toset(["a", "b"])
  input    = "part ${each.key}"
}
"""

GROWN = f"""
terraform {{
  backend "s3" {{}}
}}

resource "terraform_data" "part" {{
  for_each = toset(concat(["a", "b"], [for number in range({PARTS}) : tostring(number)]))
  input    = "part ${{each.key}}"
}}

resource "terraform_data" "secret" {{
  input = sensitive(join("-", ["hunter2", "marker"]))
}}
"""
ADDRESSES = PARTS + 3


class Victim(StrEnum):
    TERRAFORM = "terraform"
    GROUP = "terraform and its recorder"
    TOOLKIT = "the toolkit"
    EVERYTHING = "everything"

    @property
    def is_toolkit(self) -> bool:
        return self in (Victim.TOOLKIT, Victim.EVERYTHING)


@dataclass(frozen=True)
class Kill:
    """Who dies, and after which line of terraform's stream."""

    victim: Victim
    line: int

    @classmethod
    def of(cls, seed: int) -> Kill:
        chance = random.Random(seed)  # noqa: S311 - spreads kills, hides nothing
        return cls(chance.choice(list(Victim)), chance.randint(1, LINES_OF_A_RUN))


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorEndpoint]:
    folder = tmp_path_factory.mktemp("emulator")
    yield process.start(folder)
    process.stop(folder)


@pytest.fixture
def world(endpoint: EmulatorEndpoint, tmp_path: Path) -> Iterator[World]:
    with small_environment(endpoint, tmp_path) as found:
        found.write(BEFORE)
        yield found


@pytest.mark.parametrize("kill", [Kill.of(seed) for seed in range(KILLS)], ids=range(KILLS))
def test_f11_whoever_is_killed_recover_restores_every_invariant(world: World, kill: Kill, tmp_path: Path) -> None:
    world.apply("before")
    before = world.stored()
    world.write(GROWN)

    exit_code = apply_and_kill(world, kill, tmp_path)
    # A command that had ended when its kill came says what came of it.
    assert exit_code in {0, 7, *([-signal.SIGKILL] if kill.victim.is_toolkit else [])}, "I6: done or unknown"
    world.recover()

    assert not world.is_locked(), "I3: no lock without a live run"
    assert world.terraform.unfinished(world.workspace) == ()
    recovered, real = ids(world), ids(world, before) | made(world)
    assert {address: recovered.get(address) for address in real} == real, "I1, I2: what was made is named"
    assert_history(world, before)
    assert_secrets_are_kept(tmp_path)

    world.apply("finished")
    finished = ids(world)
    assert len(finished) == ADDRESSES
    assert {address: finished[address] for address in recovered} == recovered, "I2: nothing was made twice"
    assert_history(world, before)
    assert not world.has_changes(), "I7: a replan is empty"


@pytest.mark.parametrize("seed", range(KILLS_WITH_THE_PROVIDER))
def test_f11_with_the_real_provider_no_orphan_and_no_double_is_left(world: World, seed: int, tmp_path: Path) -> None:
    """The calls themselves are cut off here, so what was begun may exist or not; recover looks for it by name."""
    chance = random.Random(1000 + seed)  # noqa: S311 - spreads kills, hides nothing
    kill = Kill(
        chance.choice([Victim.TERRAFORM, Victim.GROUP, Victim.EVERYTHING]), chance.randint(1, LINES_WITH_THE_PROVIDER)
    )
    write_on_aws(world)
    before = counted(world)
    exit_code = apply_and_kill(world, kill, tmp_path)
    assert exit_code in {0, 7, *([-signal.SIGKILL] if kill.victim.is_toolkit else [])}, "I6: done or unknown"
    outcome = world.recover()
    assert not world.is_locked(), "I3: no lock without a live run"
    assert world.terraform.unfinished(world.workspace) == ()
    # A key has no name to be looked for: cut off while it was made, it may exist, and recover says so.
    assert set(outcome.unnamed) <= {"aws_kms_key.data"}
    world.apply("finished")
    assert not world.has_changes(), "I7: a replan is empty"
    made = {kind: number - before[kind] for kind, number in counted(world).items()}
    assert made.pop("keys") in ({1, 2} if outcome.unnamed else {1}), "I2"
    assert made == {"queues": 2, "topics": 2, "groups": 1, "roles": 1}, "I1, I2: nothing twice"
    destroy(world)


def destroy(world: World) -> None:
    """Take everything away, so that the next seed finds every name free."""
    out = world.workspace.run_dir("gone") / "plan.tfplan"
    plan = world.terraform.plan(world.workspace, "gone", out=out, destroy=True).plan
    world.terraform.apply(world.workspace, "gone", plan)


def apply_and_kill(world: World, kill: Kill, repository: Path) -> int:
    """Apply as a command does, kill at that line or at the end if it came first; return the command's exit code."""
    world.terraform.init(world.workspace)
    out = world.workspace.build / "grown.tfplan"
    plan = world.terraform.plan(world.workspace, "killed", out=out).plan
    folder = world.workspace.run_dir("killed") / "apply"
    with subprocess.Popen(
        [sys.executable, str(COMMAND), str(repository), str(plan.path), plan.sha256, "killed"],
        env={**os.environ, **connection_environment(world.endpoint)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as command:
        await_line(folder, kill.line)
        if kill.victim.is_toolkit:
            command.kill()
        if kill.victim is not Victim.TOOLKIT:
            kill_terraform(folder, with_recorder=kill.victim is not Victim.TERRAFORM)
    return command.returncode


def await_line(folder: Path, number: int) -> None:
    """Wait until the stream has so many lines, or will not grow any more; no portable event says so."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while (lines_of(folder) < number and runs.read_result(folder) is None) or runs.read_process(folder) is None:
        assert time.monotonic() < deadline, "terraform neither went on nor ended"
        time.sleep(0.001)


def lines_of(folder: Path) -> int:
    try:
        return (folder / "stream.jsonl").read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def kill_terraform(folder: Path, *, with_recorder: bool) -> None:
    identity = runs.read_process(folder)
    assert identity is not None
    with contextlib.suppress(ProcessLookupError):  # it was quicker
        if with_recorder:
            os.killpg(os.getpgid(identity.pid), signal.SIGKILL)
        else:
            os.kill(identity.pid, signal.SIGKILL)


def ids(world: World, state: dict[str, object] | None = None) -> dict[str, str]:
    """Return the id of everything that a state names, by address; each address must be there once."""
    content = json.loads(json.dumps(state)) if state else world.stored()
    found = [
        (
            f"{resource['type']}.{resource['name']}"
            + (f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""),
            instance["attributes"]["id"],
        )
        for resource in content["resources"]
        for instance in resource["instances"]
    ]
    assert len(found) == len(dict(found)), "I2: one object per address"
    return dict(found)


def made(world: World) -> dict[str, str]:
    """Return the id of everything whose creation terraform reported before it died."""
    stream = world.workspace.run_dir("killed") / "apply" / "stream.jsonl"
    whole = [line for line in stream.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    events = [json.loads(line) for line in whole]
    hooks = [event["hook"] for event in events if event["type"] == "apply_complete"]
    return {hook["resource"]["addr"]: hook["id_value"] for hook in hooks}


def assert_history(world: World, before: dict[str, object]) -> None:
    state = world.stored()
    assert state["lineage"] == before["lineage"], "I4: lineage is constant"
    assert state["serial"] >= before["serial"], "I4: serial never falls"


def assert_secrets_are_kept(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and ".terraform" not in path.parts and MARKER in path.read_bytes():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, f"I5: {path} holds a secret"
