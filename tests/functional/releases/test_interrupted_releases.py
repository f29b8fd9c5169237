"""Commands that die, and commands that meet: whoever goes on reaches the same end, and only one works at a time."""

from __future__ import annotations

import pytest
from tests.functional.releases.timing import measured, seconds_between
from tests.support.releases.other_release import OtherRelease
from tests.support.releases.stage import Stage

from studyctl.domain.release.images import ImageReference
from studyctl.domain.release.ledger import Operation, Status
from studyctl.domain.release.release_lock import ReleaseLocked

STEPS = ("register", "update document", "await start", "update api", "follow", "smoke", "bake")
"""The plan of a release of everything, all rolling."""


@pytest.mark.parametrize(("position", "step"), list(enumerate(STEPS)), ids=[step.replace(" ", "-") for step in STEPS])
def test_f103_a_release_killed_before_any_step_is_resumed_to_its_end(
    stage: Stage, good: ImageReference, position: int, step: str
) -> None:
    other = OtherRelease.start(stage, good, pause_at=position)
    with stage.load() as load:
        assert other.until_paused(position).startswith(step)
        other.kill()
        with measured(f"killed before {step}, resumed") as told:
            entry = stage.resume()
            told.add(f"{load.failures.total()} of {load.count} requests failed")
    assert entry is not None
    assert (entry.status, entry.operation) == (Status.PROVEN, Operation.RELEASE)
    assert [str(each).startswith(name) for each, name in zip(entry.plan, STEPS, strict=True)] == [True] * len(STEPS)
    assert {image.rpartition("@")[2] for image in stage.serving().values()} == {good.digest}
    assert load.failures.total() == 0, load.failures


def test_f13_two_deployers_the_second_is_told_who_is_at_it(stage: Stage, good: ImageReference) -> None:
    other = OtherRelease.start(stage, good, pause_at=1)
    other.until_paused(1)
    with measured("a second deployer"), pytest.raises(ReleaseLocked, match="release") as refused:
        stage.release(stage.image("second"))
    assert refused.value.exit_code == 5
    other.go_on()
    assert other.end() == (0, "proven")
    assert {image.rpartition("@")[2] for image in stage.serving().values()} == {good.digest}


def test_rollback_by_hand_puts_back_what_served_before(stage: Stage, good: ImageReference) -> None:
    before = stage.serving()
    stage.release(good)
    with stage.load() as load, measured("rollback by hand", 6) as told:
        outcome = stage.rollback(reason="a test says so")
        assert outcome.entry is not None
        told.add(f"{seconds_between(outcome.entry):.1f} s of them after it was decided")
        told.add(f"{load.failures.total()} of {load.count} requests failed")
    assert (outcome.entry.status, outcome.entry.operation) == (Status.PROVEN, Operation.ROLLBACK)
    assert outcome.entry.verdicts["smoke"].has_passed
    assert stage.serving() == before
    assert load.failures.total() == 0, load.failures


def test_f95_a_rollback_stops_the_release_that_is_under_way(stage: Stage) -> None:
    first = stage.image("stopped-first")
    stage.release(first)
    other = OtherRelease.start(stage, stage.image("stopped-sick", "health-500"))
    other.until_step("follow")
    with stage.load() as load, measured("rollback during a release") as told:
        outcome = stage.rollback()
        told.add(f"{load.failures.total()} of {load.count} requests failed")
    exit_code, last_words = other.end()
    assert outcome.entry is not None
    stopped = next(entry for entry in stage.entries if entry.number == outcome.entry.number - 1)
    assert (stopped.status, outcome.entry.status) == (Status.STOPPED, Status.PROVEN)
    assert exit_code == 8
    assert "was stopped by" in last_words
    assert {image.rpartition("@")[2] for image in stage.serving().values()} == {first.digest}
    assert load.failures.total() == 0, load.failures
