"""An environment at two moments: before its freeze, and in it."""

from __future__ import annotations

from datetime import UTC, datetime

from studyctl.domain.deployment_calendar import standing
from studyctl.domain.environment.deployments import Deployments, Freeze

CALENDAR = Deployments(
    freezes=(Freeze(begins="2026-12-18 18:00", ends="2027-01-04 09:00", timezone="UTC", reason="year end"),)
)
OPEN = standing(CALENDAR, datetime(2026, 12, 1, tzinfo=UTC))
FROZEN = standing(CALENDAR, datetime(2026, 12, 24, tzinfo=UTC))
