import signal
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.terraform.interrupts import FORCE_PAUSE_SECONDS, Interruption, Interrupts

SIGNALS = st.lists(st.tuples(st.sampled_from([signal.SIGINT, signal.SIGTERM]), st.floats(0, 5, allow_nan=False)))


def receive(signals: Sequence[tuple[signal.Signals, float]]) -> tuple[Interrupts, list[Interruption]]:
    """Feed signals, each some seconds after the one before it."""
    now = 0.0
    told: list[Interruption] = []
    interrupts = Interrupts(told.append, clock=lambda: now)
    for number, pause in signals:
        now += pause
        interrupts.receive(number)
    interrupts.tell_pending()
    return interrupts, told


@given(SIGNALS)
def test_f06_f07_f08_any_signals_are_forwarded_once_explained_once_and_forced_at_most_once(
    signals: Sequence[tuple[signal.Signals, float]],
) -> None:
    interrupts, told = receive(signals)
    order = [Interruption.FORWARDED, Interruption.EXPLAINED, Interruption.FORCED]
    assert told == order[: len(told)]
    assert interrupts.is_requested is bool(signals)
    assert interrupts.first == (signals[0][0] if signals else None)
    assert len(told) >= min(2, len(signals))


@given(st.lists(st.just(signal.SIGTERM), max_size=9))
def test_sigterm_never_forces(signals: Sequence[signal.Signals]) -> None:
    interrupts, _ = receive([(number, 10.0) for number in signals])
    assert not interrupts.is_forced


def test_only_a_deliberate_third_ctrl_c_forces() -> None:
    drummed, _ = receive([(signal.SIGINT, 0.1)] * 8)
    meant, told = receive([(signal.SIGINT, 0.1), (signal.SIGINT, 0.1), (signal.SIGINT, FORCE_PAUSE_SECONDS)])
    assert not drummed.is_forced
    assert meant.is_forced
    assert told[-1] is Interruption.FORCED
