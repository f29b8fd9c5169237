"""Whether a command may change an environment now, and what is written down when a person decides that it may."""

from __future__ import annotations

from dataclasses import dataclass

from studyctl.domain.deployment_calendar import Standing
from studyctl.errors import Refused, UsageError

OVERRIDE = "--override-freeze"
LONGEST_REASON = 200


@dataclass(frozen=True)
class Permit:
    """Found once, when a command begins: what it began it may finish. Nothing in it: nobody asked the calendar."""

    environment: str = ""
    standing: Standing | None = None
    """None: windows and freezes do not count here."""
    override: str = ""
    """Why it is changed all the same."""

    @property
    def is_given(self) -> bool:
        """Whether the calendar allows it."""
        return self.standing is None or self.standing.is_open

    @property
    def overrides(self) -> tuple[str, ...]:
        """What the ledgers keep: a reason that was given without need is none."""
        return () if self.is_given or not self.override else (f"{OVERRIDE} {self.override} ({self.standing})",)

    def require(self) -> None:
        """Stop unless the environment may be changed.

        Raises:
            Refused: it is closed or frozen, and nobody gave a reason to do it all the same.
        """
        if self.is_given or self.override:
            return
        raise Refused(
            f"{self.environment} is {self.standing}",
            why=f"environments/{self.environment}.yaml says so under deployments. Nothing was changed. "
            "Rollbacks are always allowed.",
            hint=f"Wait, or if it cannot wait say why, which is recorded: {OVERRIDE} 'REASON'",
        )


ANY_TIME = Permit()
"""For what is always allowed, such as a way back."""


def parse_reason(text: str) -> str:
    """A reason for people to read later.

    Raises:
        UsageError: it says nothing, or is not one line of text.
    """
    reason = text.strip()
    if not reason or len(reason) > LONGEST_REASON or not reason.isprintable():
        raise UsageError(
            f"{OVERRIDE} wants a reason: one line of at most {LONGEST_REASON} characters",
            why="It stays in the ledger, for whoever asks later why this could not wait. Nothing was changed.",
            hint=f"For example: {OVERRIDE} 'incident 42: logins fail'",
        )
    return reason
