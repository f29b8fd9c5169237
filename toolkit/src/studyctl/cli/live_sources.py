"""Where the live view gets its answers from; what is not deployed is an answer too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from studyctl.domain.answer import answer_of
from studyctl.usecases.live import LiveView, look
from studyctl.wiring_releases import ledger_for, running_for

if TYPE_CHECKING:
    from studyctl.wiring import Site


def look_at(site: Site) -> LiveView:
    """One look at an environment, now."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    running = answer_of(lambda: running_for(site))
    return look(running, ledger_for(site), environment=site.environment.name, at=at)
