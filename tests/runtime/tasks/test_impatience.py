"""A worker that does not stop is told again."""

from __future__ import annotations

import signal
from queue import Empty, SimpleQueue

import pytest

from studyruntime.tasks.worker import Impatience

PATIENCE_SECONDS = 60


@pytest.fixture
def signals(request: pytest.FixtureRequest) -> SimpleQueue[int]:
    received: SimpleQueue[int] = SimpleQueue()
    before = signal.signal(signal.SIGQUIT, lambda number, _frame: received.put(number))
    request.addfinalizer(lambda: signal.signal(signal.SIGQUIT, before))
    return received


def test_a_stop_that_hangs_is_made_quick_again_and_again_until_it_ends(signals: SimpleQueue[int]) -> None:
    impatience = Impatience(0.01, again_seconds=0.01)
    impatience.begin()
    impatience.begin()
    told = [signals.get(timeout=PATIENCE_SECONDS) for _ in range(3)]
    impatience.end()
    assert told == [signal.SIGQUIT] * 3


def test_a_stop_that_ends_in_time_is_left_alone(signals: SimpleQueue[int]) -> None:
    impatience = Impatience(PATIENCE_SECONDS)
    impatience.begin()
    impatience.end()
    with pytest.raises(Empty):
        signals.get_nowait()
