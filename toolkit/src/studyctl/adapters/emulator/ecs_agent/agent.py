"""The agent inside the emulator's process: a thread that sleeps until there is a service or a task, and a clean end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from studyctl.adapters.emulator.ecs_agent import doorbell
from studyctl.adapters.emulator.ecs_agent.pace import Pace

if TYPE_CHECKING:
    from studyctl.adapters.emulator.ecs_agent.workshop import Workshop

log = logging.getLogger("studyctl.emulator")

AFTER_A_FAILURE_SECONDS = 1.0
END_SECONDS = 8.0


class Agent:
    """`exclusively` holds a service of moto by name; `connection` says how a task reaches this emulator."""

    def __init__(
        self,
        state_dir: Path,
        exclusively: Callable[[str], AbstractContextManager[None]],
        connection: Callable[[str], Mapping[str, str]],
        pace: Pace,
    ) -> None:
        self._state_dir = state_dir
        self._exclusively = exclusively
        self._connection = connection
        self._pace = pace
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="ecs-agent", daemon=True)

    def start(self) -> None:
        """Wait for the first service or task in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End everything that was started, and wait until it is over."""
        self._is_stopping = True
        doorbell.ring()
        self._thread.join(END_SECONDS)

    def _run(self) -> None:
        doorbell.wait(None)
        if self._is_stopping:
            return
        # what the rounds need is loaded with the first service: an emulator without one pays nothing
        from studyctl.adapters.emulator.ecs_agent.workshop import Workshop  # noqa: PLC0415

        workshop = Workshop(self._state_dir, self._exclusively, self._connection, self._pace)
        try:
            pause: float | None = 0.0
            while not self._is_stopping:
                pause = self._round(workshop)
                doorbell.wait(pause)
        finally:
            workshop.close()

    def _round(self, workshop: Workshop) -> float | None:
        try:
            return workshop.rounds.run()
        except Exception:
            # services of a whole account would stand still because of one of them
            log.exception("a round of the ECS agent failed")
            return AFTER_A_FAILURE_SECONDS
