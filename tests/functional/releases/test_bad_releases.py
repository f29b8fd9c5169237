"""Releases that are bad, each in its own way: found, and the last proven one serves again."""

from __future__ import annotations

import threading

import pytest
from tests.functional.releases.timing import measured, seconds_between
from tests.support.releases.stage import BAKE, Stage

from studyctl.domain.release.images import ImageReference
from studyctl.domain.release.ledger import LedgerEntry, Operation, Status
from studyctl.domain.release.strategy import StrategyKind
from studyctl.errors import PreflightFailed, ReleaseFailed, RollbackFailed

CANARY = BAKE.model_copy(update={"kind": StrategyKind.CANARY, "hold_seconds": 20.0})
LONG_BAKE = BAKE.model_copy(update={"bake_seconds": 60.0})


def expect_failure(stage: Stage, image: ImageReference, what: str, bar_seconds: float | None = None) -> ReleaseFailed:
    """Release it under load, see it fail and what was proven serve again; tell the times."""
    before = stage.serving()
    with stage.load() as load, measured(what, bar_seconds) as told:
        with pytest.raises(ReleaseFailed) as failure:
            stage.release(image)
        failed, back = stage.entries[-2:]
        told.add(f"found after {seconds_between(failed):.1f} s, back after {seconds_between(failed, back):.1f} s")
        told.add(f"{load.failures.total()} of {load.count} requests failed")
    assert failure.value.exit_code == 8
    assert stage.serving() == before
    assert (failed.status, back.status, back.operation) == (Status.FAILED, Status.PROVEN, Operation.RETURN)
    assert load.failures.total() == 0 or "errors" in what, load.failures
    return failure.value


def test_f87_tasks_that_crash_at_start(stage: Stage) -> None:
    failure = expect_failure(stage, stage.image("crashes", "crash"), "crash at start", 8)
    assert "ImportError: cannot import name 'quiz'" in str(failure), "the last words of the task are told"


def test_f88_tasks_that_start_and_then_fail_their_health_check(stage: Stage) -> None:
    expect_failure(stage, stage.image("sick", "health-500"), "health 500", 18)


def test_an_image_that_is_not_there_changes_nothing(stage: Stage) -> None:
    before, entries = stage.serving(), len(stage.entries)
    with measured("missing image"), pytest.raises(PreflightFailed, match="there is no image"):
        stage.release(ImageReference(digest="sha256:" + "7" * 64))
    assert (stage.serving(), len(stage.entries)) == (before, entries)


def test_healthy_but_wrong_is_found_by_the_smoke_test(stage: Stage) -> None:
    failure = expect_failure(stage, stage.image("wrong", "wrong"), "healthy but wrong")
    assert "X-Release is somebody else" in str(failure)


def test_what_is_sick_inside_is_found_by_the_task_that_asks_there(stage: Stage) -> None:
    failure = expect_failure(stage, stage.image("inside", "sick-inside"), "unhealthy inside")
    assert "database one is unhealthy" in str(failure)


def test_a_slow_canary_is_found_before_most_users_meet_it(stage: Stage) -> None:
    stage.strategies = {"api": CANARY}
    failure = expect_failure(stage, stage.image("slow", "slow"), "slow canary")
    assert "api at 5 %" in str(failure)
    assert "p95" in str(failure)


def test_a_canary_that_fails_requests_is_found(stage: Stage) -> None:
    stage.strategies = {"api": CANARY}
    failure = expect_failure(stage, stage.image("errors", "errors"), "canary with errors")
    assert "requests failed" in str(failure)


def test_f91_an_alarm_in_the_bake(stage: Stage, good: ImageReference) -> None:
    stage.strategies = dict.fromkeys(stage.place.services, LONG_BAKE)
    with ringing(stage, "ALARM"):
        failure = expect_failure(stage, good, "alarm in the bake")
    assert "dead-letters rings" in str(failure)


def test_f91_metrics_that_go_silent_in_the_bake_hold_it_and_then_turn_it_back(
    stage: Stage, good: ImageReference
) -> None:
    stage.strategies = dict.fromkeys(stage.place.services, LONG_BAKE)
    with ringing(stage, "INSUFFICIENT_DATA"):
        failure = expect_failure(stage, good, "silence in the bake")
    assert "nobody could judge it" in str(failure)


def test_f92_an_alarm_after_the_bake_is_for_people(stage: Stage, good: ImageReference) -> None:
    stage.release(good)
    serving, entries = stage.serving(), len(stage.entries)
    stage.set_alarm("ALARM")
    assert stage.resume() is None
    assert (stage.serving(), len(stage.entries)) == (serving, entries)


def test_f93_a_smoke_test_that_gets_no_answer_in_its_time_has_failed(stage: Stage) -> None:
    stage.smoke_seconds = 4.0
    try:
        failure = expect_failure(stage, stage.image("hangs", "hangs"), "smoke test that hangs")
    finally:
        stage.smoke_seconds = 60.0
    assert "within" in str(failure)


def test_f100_two_bad_releases_in_a_row_go_back_to_the_last_proven_one(stage: Stage, good: ImageReference) -> None:
    proven = stage.release(good).entry
    assert proven is not None
    for number, behaviour in enumerate(("crash", "wrong"), 1):
        expect_failure(stage, stage.image(f"twice-{behaviour}", behaviour), f"bad release {number} of two in a row")
    assert stage.entries[-1].restores == proven.number
    assert {image.rpartition("@")[2] for image in stage.serving().values()} == {good.digest}


def test_f94_when_the_way_back_fails_too_nothing_loops_and_the_ledger_says_what_serves(stage: Stage) -> None:
    """The proven image is removed from the registry after the release began, so it cannot be started again."""
    stage.release(stage.image("doomed"))
    doomed = stage.entries[-1]
    stage.forget_build(doomed.release.images["api"])
    with measured("bad, and the way back too") as told:
        with pytest.raises(RollbackFailed) as failure:
            stage.release(stage.image("then-wrong", "wrong"))
        failed, back = stage.entries[-2:]
        told.add(f"found after {seconds_between(failed):.1f} s, ended after {seconds_between(failed, back):.1f} s")
    assert failure.value.exit_code == 9
    assert (back.operation, back.status) == (Operation.RETURN, Status.FAILED)
    assert set(back.found_serving) == set(stage.place.services)
    assert stage.resume() is None
    stage.release(stage.image("mended"))


class ringing:
    """An alarm changes as soon as the newest release bakes."""

    def __init__(self, stage: Stage, state: str) -> None:
        self._stage, self._state = stage, state
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._newest = stage.entries[-1].number

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(0.1):
            entry: LedgerEntry = self._stage.entries[-1]
            if entry.number > self._newest and entry.is_baking:
                self._stage.set_alarm(self._state)
                return
