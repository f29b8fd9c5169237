"""What becomes of a run whose state store answers late, wrongly, or not at all; terraform's own, without a provider."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from tests.support.fault_proxy import FaultProxy, cut_after, cut_before, fails
from tests.support.small_environment import KEY, LOCK_KEY, World

from studyctl.domain.events import ApplyStarted, Event
from studyctl.domain.lock import StateLocked
from studyctl.domain.progress import Progress
from studyctl.domain.recovery import LockStep, StateStep
from studyctl.errors import OutcomeUnknown, PreflightFailed

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]

PLAIN = """
terraform {
  backend "s3" {}
}

resource "terraform_data" "part" {
  for_each = toset(["a", "b"])
  input    = "part ${each.key}"
}
"""
STATE = f"/states/{KEY}?"
LOCK = f"/states/{LOCK_KEY}"


@pytest.fixture(autouse=True)
def _plain(world: World) -> None:
    world.write(PLAIN)
    world.terraform.init(world.workspace)


def test_f17_no_lock_store_no_apply(world: World, proxy: FaultProxy) -> None:
    plan = world.terraform.plan(world.workspace, "made", out=world.workspace.build / "plan.tfplan").plan
    asked = proxy.plays(cut_before, "PUT", LOCK, times=None)
    with pytest.raises(PreflightFailed, match="cannot be locked"):
        world.terraform.apply(world.workspace, "made", plan)
    assert asked.hits > 0
    assert world.terraform.state(world.workspace) is None


def test_f19_a_lock_whose_answer_was_lost_is_our_own_and_recover_clears_it(world: World, proxy: FaultProxy) -> None:
    proxy.plays(cut_after, "PUT", LOCK)
    with pytest.raises(StateLocked) as locked:
        world.apply()
    assert "studyctl recover dev" in locked.value.hint
    assert world.is_locked()
    assert world.recover().plan.lock_step is LockStep.RELEASE
    world.apply("again")
    assert not world.is_locked()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        pytest.param(403, "AccessDenied", id="f21-denied"),
        pytest.param(400, "ExpiredToken", id="f52-expired"),
        pytest.param(503, "SlowDown", id="f22-busy-for-ever"),
    ],
)
def test_f21_f22_f52_a_state_that_cannot_be_stored_is_kept_and_recover_stores_it(
    world: World, proxy: FaultProxy, status: int, code: str
) -> None:
    tries = proxy.plays(fails(status, code), "PUT", STATE, times=None)
    with pytest.raises(OutcomeUnknown, match="could not store the state") as unknown:
        world.apply()
    assert 0 < tries.hits <= 8, "the backend's own bound of tries"
    kept = world.workspace.run_dir("made") / "apply" / "errored.tfstate"
    assert str(kept) in unknown.value.why
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    proxy.heals()
    assert world.recover().plan.state_step is StateStep.PUSH
    assert not kept.exists()
    assert not world.has_changes()


def test_f23_a_state_whose_answer_was_lost_is_stored(world: World, proxy: FaultProxy) -> None:
    lost = proxy.plays(cut_after, "PUT", STATE)
    world.apply()
    assert lost.hits > 1, "it was sent again"
    assert not world.has_changes()


def test_f24_a_lock_that_cannot_be_given_back_is_left_and_said(world: World, proxy: FaultProxy) -> None:
    plan = world.terraform.plan(world.workspace, "made", out=world.workspace.build / "plan.tfplan").plan
    proxy.plays(fails(403, "AccessDenied"), "DELETE", LOCK, times=None)
    assert world.terraform.apply(world.workspace, "made", plan).lock_left
    proxy.heals()
    assert world.is_locked()
    assert world.recover().plan.lock_step is LockStep.RELEASE
    assert not world.has_changes()


def test_f50_a_bucket_that_may_not_be_read_is_not_called_locked(world: World, proxy: FaultProxy) -> None:
    proxy.plays(fails(403, "AccessDenied"), "/states", times=None)
    with pytest.raises(PreflightFailed, match=r"may not call|cannot be locked") as denied:
        world.apply()
    assert "is locked" not in str(denied.value)
    assert denied.value.exit_code == 4


BLOCKED = """
terraform {{
  backend "s3" {{}}
}}

resource "terraform_data" "blocked" {{
  provisioner "local-exec" {{
    command     = "cat \\"$PIPE\\""
    environment = {{ PIPE = "{pipe}" }}
  }}
}}
"""


@pytest.mark.parametrize("whose", ["nobody's", "somebody else's"])
def test_f18_a_run_whose_lock_was_taken_away_does_not_end_well(world: World, tmp_path: Path, whose: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    world.write(BLOCKED.format(pipe=pipe))  # slipped in behind the guard, which has seen the plain one
    plan = world.terraform.plan(world.workspace, "made", out=world.workspace.build / "plan.tfplan").plan

    def take_the_lock_away(event: Event, _progress: Progress) -> None:
        if isinstance(event, ApplyStarted):
            world.s3.delete_object(Bucket="states", Key=LOCK_KEY)
            if whose == "somebody else's":
                world.lock("ci@runner-7", "2026-11-22T14:12:03Z")
            pipe.open("wb").close()

    with pytest.raises(OutcomeUnknown, match="taken away"):
        world.terraform.apply(world.workspace, "made", plan, on_event=take_the_lock_away)
    (doubtful,) = world.terraform.unfinished(world.workspace)
    assert "taken away" in doubtful.doubt


def test_f03_what_a_partial_state_lacks_is_adopted_and_nothing_is_made_twice(world: World) -> None:
    world.apply()
    whole = world.stored()
    made = {item["index_key"]: item["attributes"]["id"] for item in whole["resources"][0]["instances"]}
    del whole["resources"][0]["instances"][1]
    world.store(whole)
    world.lose()
    assert [one.address for one in world.recover().plan.adopt] == ['terraform_data.part["b"]']
    again = {item["index_key"]: item["attributes"]["id"] for item in world.stored()["resources"][0]["instances"]}
    assert again == made
    assert not world.has_changes()
