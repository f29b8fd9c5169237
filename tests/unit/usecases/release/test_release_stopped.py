"""Ctrl-C at any moment of a release: whoever pressed it is told what is known and how to go on, and that is true."""

from __future__ import annotations

import pytest
from tests.support.releases.commands import Environment, Told, serving, told
from tests.support.releases.definitions import digest
from tests.support.releases.world import Behaviour

from studyctl.domain.release.ledger import LedgerEntry, Status
from studyctl.domain.release.steps import Step
from studyctl.errors import Interrupted, OutcomeUnknown, ReleaseFailed


@pytest.fixture
def environment() -> Environment:
    made = Environment()
    made.release("a")
    return made


class Impatient(Told):
    """Presses Ctrl-C as soon as a release is told of: before its first step, or in the middle of it."""

    def __init__(self, while_told: str) -> None:
        super().__init__()
        self.while_told = while_told

    def begun(self, entry: LedgerEntry, fallback: LedgerEntry | None) -> None:
        if self.while_told == "begun":
            raise KeyboardInterrupt

    def step(self, entry: LedgerEntry, step: Step) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("while_told", ["begun", "step"])
def test_who_stops_a_release_is_told_where_it_stands_and_how_to_go_on(
    environment: Environment, while_told: str
) -> None:
    environment.told = Impatient(while_told)
    with pytest.raises(Interrupted, match="release 2 stands at step register") as stopped:
        environment.release("b")
    assert stopped.value.hint == "Go on with it: studyctl release dev --resume"
    assert environment.entries[-1].status is Status.UNDERWAY
    environment.told = Told()
    resumed = environment.resume()
    assert resumed is not None and resumed.is_proven


@pytest.mark.parametrize("is_late", [False, True])
def test_who_stops_a_release_while_it_is_recorded_is_told_that_nobody_knows(
    environment: Environment, is_late: bool
) -> None:
    environment.world.stop_at, environment.world.stop_is_late = "ledger release", is_late
    with pytest.raises(Interrupted, match="the ledger of dev may have it or not") as stopped:
        environment.release("b")
    assert stopped.value.why == "No service was changed."
    assert "studyctl release dev --resume" in stopped.value.hint
    assert serving(environment) == {"a"}
    if is_late:
        with pytest.raises(OutcomeUnknown, match="release 2 of dev is not finished"):
            environment.release("b")
        resumed = environment.resume()
        assert resumed is not None and resumed.is_proven
    else:
        assert environment.resume() is None
        environment.release("b")
    assert told(environment) == [("release", "proven")] * 2
    assert serving(environment) == {"b"}


@pytest.mark.parametrize("is_late", [False, True])
def test_who_stops_a_rollback_while_it_is_recorded_goes_on_or_asks_again(
    environment: Environment, is_late: bool
) -> None:
    environment.release("b")
    environment.world.stop_at, environment.world.stop_is_late = "ledger rollback", is_late
    with pytest.raises(Interrupted, match="rollback was being recorded: the ledger of dev may have it or not"):
        environment.rollback()
    assert serving(environment) == {"b"}
    if is_late:
        environment.resume()
    else:
        environment.rollback()
    assert told(environment)[2:] == [("rollback", "proven")]
    assert serving(environment) == {"a"}


@pytest.mark.parametrize("is_late", [False, True])
def test_who_stops_the_way_back_while_it_is_recorded_is_told_what_failed_and_how_to_go_back(
    environment: Environment, is_late: bool
) -> None:
    environment.world.behaviours[digest("b")] = Behaviour(is_wrong=True)
    environment.world.stop_at, environment.world.stop_is_late = "ledger return", is_late
    with pytest.raises(Interrupted, match="before the last proven release was put back: release 2 failed") as stopped:
        environment.release("b")
    assert stopped.value.hint == "Go back, either way: studyctl release dev --resume"
    with pytest.raises(ReleaseFailed, match="release 2 failed"):
        environment.resume()
    assert told(environment)[1:] == [("release", "failed"), ("return", "proven")]
    assert serving(environment) == {"a"}
