"""The live view on screens of different heights."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from studyctl.cli.live_screen import frame
from studyctl.domain.answer import Known, NotKnown
from studyctl.domain.queue_depth import QueueDepth
from studyctl.domain.release.bake import AlarmState
from studyctl.usecases.live import LiveView

WIDTH = 80
QUEUES = {f"queue-{number}": QueueDepth(waiting=number, in_flight=0, dead=0) for number in range(20)}
NOBODY = NotKnown("dev is not deployed", "studyctl deploy dev")


def lines(view: LiveView, height: int) -> list[str]:
    """What the screen shows, from the top."""
    terminal = Console(width=WIDTH, height=height, force_terminal=True, color_system=None)
    with terminal.capture() as shown:
        terminal.print(frame(view, "dev", terminal))
    return [line.strip() for line in shown.get().splitlines()]


def view(queues: dict[str, QueueDepth]) -> LiveView:
    alarms: Known[Mapping[str, AlarmState]] = Known({"study-dev-tasks": AlarmState.OK})
    return LiveView("now", NOBODY, NOBODY, NOBODY, alarms, Known(queues))


def test_a_tall_screen_shows_every_row() -> None:
    shown = lines(view(QUEUES), height=60)
    assert [line.split()[0] for line in shown if line.startswith("queue-")] == sorted(QUEUES)
    assert "no rows" not in shown[0]


def test_a_short_screen_shows_what_is_not_good_and_sums_up_the_rest() -> None:
    dead = QueueDepth(waiting=0, in_flight=0, dead=3)
    shown = lines(view({**QUEUES, "queue-7": dead}), height=24)
    assert len(shown) <= 24
    assert [line.split()[0] for line in shown if line.startswith("queue-")] == ["queue-7"]
    assert any(line.startswith("Queues: 183 messages wait, 3 dead letters") for line in shown)
    assert "what is good has no rows" in " ".join(shown[:2])
