"""How fast AWS's waiting times pass here, and the times that no one can shorten."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from studyctl.errors import UsageError

SPEED_VARIABLE = "STUDYCTL_EMULATOR_SPEED"
"""1 makes every wait as long as on AWS; the default is meant for a laptop on which nobody wants to wait."""

DEFAULT_SPEED = 30.0
METRIC_SPEED_FACTOR = 2.0
SHORTEST_CHECK_SECONDS = 0.25
SHORTEST_COMMAND_CHECK_SECONDS = 1.0
LONGEST_START_SECONDS = 90.0
"""Six services that start at once on a busy laptop need more than half a minute until they answer."""
SETTLING_SECONDS = 2.0
"""How long a task that nothing checks must run to count as healthy. AWS takes it for healthy at once; here a program
that fails at its first imports must not take the place of one that works."""


@dataclass(frozen=True)
class Pace:
    """Waits of AWS in seconds of this machine.

    What is only waiting (check intervals, grace, draining, alarm periods, cooldowns) is divided by `speed`. What really
    takes its time (a process that starts, an answer, the end after SIGTERM) is not.
    """

    speed: float = DEFAULT_SPEED

    def wait_seconds(self, seconds: float) -> float:
        """A wait such as the deregistration delay."""
        return seconds / self.speed

    def check_seconds(self, seconds: float) -> float:
        """Between two health checks of a target."""
        return max(seconds / self.speed, min(SHORTEST_CHECK_SECONDS, seconds))

    def command_check_seconds(self, seconds: float) -> float:
        """Between two commands that ask a container: each costs a process."""
        return max(seconds / self.speed, min(SHORTEST_COMMAND_CHECK_SECONDS, seconds))

    def start_seconds(self, grace_seconds: float) -> float:
        """How long a target may not answer at all: programs do not start faster because the waits are shorter."""
        return max(grace_seconds / self.speed, min(grace_seconds, LONGEST_START_SECONDS))

    @property
    def first_answer_seconds(self) -> float:
        """How long a new target that does not answer yet is not called unhealthy, in spite of the quick checks."""
        return LONGEST_START_SECONDS if self.speed > 1 else 0.0

    def metric_seconds(self, period_seconds: float) -> float:
        """How long a period of a metric lasts. With the default speed a minute of metrics is one second."""
        return period_seconds / (self.speed * METRIC_SPEED_FACTOR) if self.speed > 1 else period_seconds


def pace_of(environ: Mapping[str, str] = os.environ) -> Pace:
    """The pace that the environment asks for.

    Raises:
        UsageError: the variable holds no number of at least 1.
    """
    text = environ.get(SPEED_VARIABLE, "")
    if not text:
        return Pace()
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 1 <= speed <= 1000:  # noqa: PLR2004  beyond, intervals are shorter than a look takes
        raise UsageError(
            f"{SPEED_VARIABLE} is {text!r}", hint="Set it to a number from 1 (as on AWS) to 1000, or leave it out."
        )
    return Pace(speed)
