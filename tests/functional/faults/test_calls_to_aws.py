"""What becomes of an apply whose calls to AWS are throttled, cut off, answered late, wrongly or never.

The provider is the real one. One apply plays several faults at once where they come to the same, each on a resource.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from tests.functional.faults.conftest import on_aws
from tests.support.fault_proxy import FaultProxy, Held, answers, cut_after, cut_before, fails, late, truncated
from tests.support.small_environment import World
from tests.support.until import until

from studyctl.adapters.terraform import runs
from studyctl.adapters.terraform.terraform import Terraform
from studyctl.domain.events import ApplyProgressed, Event
from studyctl.domain.patience import Patience
from studyctl.domain.progress import Progress
from studyctl.errors import ApplyFailed, OutcomeUnknown, StudyctlError

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]

CREATE = "CreateLogGroup"
LATE_SECONDS = 12.0
"""Terraform tells of progress every 10 seconds."""


def address(name: str) -> str:
    return f'aws_cloudwatch_log_group.of["{name}"]'


def applied(world: World, run_id: str = "made") -> StudyctlError:
    """Apply what must fail, and return how."""
    with pytest.raises(StudyctlError) as failure:
        world.apply(run_id)
    return failure.value


@pytest.mark.slow
def test_f38_f39_f40_f41_f47_what_aws_does_on_bad_days_only_takes_longer(world: World, proxy: FaultProxy) -> None:
    plays = {
        "throttled": fails(400, "ThrottlingException"),
        "unavailable": fails(503, "ServiceUnavailableException"),
        "too-many": answers(429, '{"__type":"TooManyRequestsException"}', Retry_After="1"),
        "reset": cut_before,
    }
    played = {name: proxy.plays(effect, CREATE, f"/faults/{name}", times=3) for name, effect in plays.items()}
    proxy.plays(late(LATE_SECONDS), CREATE, "/faults/late")
    on_aws(world, *plays, "late")
    seen: list[str] = []

    def watch(event: Event, _progress: Progress) -> None:
        if isinstance(event, ApplyProgressed):
            seen.append(event.address)

    world.apply(on_event=watch)
    assert {name: fault.hits for name, fault in played.items()} == dict.fromkeys(plays, 4), "three in vain, one good"
    assert address("late") in seen
    assert set(world.terraform.state_addresses(world.workspace)) == {address(name) for name in (*plays, "late")}


@pytest.mark.slow
def test_f42_f43_f44_what_was_made_and_not_answered_is_adopted(world: World, proxy: FaultProxy) -> None:
    proxy.plays(cut_after, CREATE, "/faults/lost")
    proxy.plays(truncated, CREATE, "/faults/torn")
    page = proxy.plays(answers(200, "<html>busy</html>"), CREATE, "/faults/page", times=None)
    on_aws(world, "lost", "torn", "page", "good")
    failure = applied(world)
    assert isinstance(failure, OutcomeUnknown)
    assert page.hits <= 5, "F44: no storm of retries"

    proxy.heals()
    world.recover()
    world.apply("finished")
    assert not world.has_changes()
    assert set(world.terraform.state_addresses(world.workspace)) == {
        address(name) for name in ("lost", "torn", "page", "good")
    }


@pytest.mark.slow
def test_f45_what_stays_unavailable_is_given_up_within_the_bound(world: World, proxy: FaultProxy) -> None:
    tries = proxy.plays(fails(503, "ServiceUnavailableException"), CREATE, times=None)
    on_aws(world, "never")
    failure = applied(world)
    assert isinstance(failure, ApplyFailed)
    assert address("never") in str(failure)
    assert tries.hits == 4, "max_retries counts the first one too"


@pytest.mark.slow
def test_f46_a_call_that_is_never_answered_is_noticed_and_terraform_stops_by_itself(
    world: World, proxy: FaultProxy
) -> None:
    on_aws(world, "hung", "good")
    held = Held()
    proxy.plays(held, CREATE, "/faults/hung", times=None)
    patient = Patience(longest=5.0, longest_by_type={})
    world.terraform = Terraform(
        world.terraform.binary, environ=os.environ, connection=world.connection, patience=patient
    )
    failure = applied(world)
    held.ended.set()
    assert isinstance(failure, OutcomeUnknown)
    assert f"{address('hung')} waited in vain" in failure.what
    assert world.terraform.state_addresses(world.workspace) == (address("good"),)
    assert not world.is_locked()


@pytest.mark.slow
def test_f05_a_provider_that_is_killed_is_an_unknown_outcome_until_recover(world: World, proxy: FaultProxy) -> None:
    on_aws(world, "orphan")
    held = Held()
    proxy.plays(held, CREATE, times=None)

    def kill_the_provider(event: Event, progress: Progress) -> None:
        if progress.in_flight and held.arrived.wait(60) and not held.ended.is_set():
            held.ended.set()
            process = runs.read_process(world.workspace.run_dir("made") / "apply")
            assert process is not None
            for pid in until(lambda: children_of(process.pid), "the provider's process"):
                os.kill(pid, signal.SIGKILL)

    with pytest.raises(OutcomeUnknown):
        world.apply(on_event=kill_the_provider)
    (lost,) = world.terraform.unfinished(world.workspace)
    with pytest.raises(OutcomeUnknown):
        world.terraform.pick_up(world.workspace, lost)
    proxy.heals()
    world.recover()
    assert world.terraform.unfinished(world.workspace) == ()
    world.apply("finished")
    assert not world.has_changes()


def children_of(pid: int) -> list[int]:
    found = (Path(f"/proc/{pid}/task") / task.name / "children" for task in Path(f"/proc/{pid}/task").iterdir())
    return [int(child) for path in found for child in path.read_text().split()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "says"),
    [
        pytest.param("ExpiredTokenException", "expired", id="f51"),
        pytest.param("AccessDeniedException", "logs:CreateLogGroup", id="f57"),
    ],
)
def test_f51_f57_credentials_that_fail_in_the_middle_are_exit_6_and_a_second_run_converges(
    world: World, proxy: FaultProxy, code: str, says: str
) -> None:
    message = "User: x is not authorized to perform: logs:CreateLogGroup on resource: y"
    proxy.plays(fails(400, code, message), CREATE, "/faults/refused", times=None)
    on_aws(world, "refused", "good")
    failure = applied(world)
    assert isinstance(failure, ApplyFailed)
    assert says in failure.what
    assert world.terraform.state_addresses(world.workspace) == (address("good"),)
    proxy.heals()
    world.apply("again")
    assert not world.has_changes()
