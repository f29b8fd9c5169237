"""Who is told: severity chooses the receiver, what belongs together is told together. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studyctl.domain.monitoring.prometheus import duration, inhibitions
from studyctl.domain.monitoring.watch import Watch

CRITICAL, WARNING, ON_CALL = "critical", "warning", "on_call"
"""As the topics of terraform/alarms are called."""


def configuration(
    watch: Watch,
    *,
    has_on_call: bool,
    topics: Mapping[str, str] | None = None,
    region: str | None = None,
    scale: float = 1.0,
) -> dict[str, Any]:
    """The configuration of Alertmanager. `topics` are SNS topics by receiver; without them nothing is sent on.

    `region` is what Amazon's alert manager signs for; it refuses receivers without one.
    """
    names = (CRITICAL, WARNING, *((ON_CALL,) if has_on_call else ()))
    critical = [{"receiver": ON_CALL, "matchers": ['severity="critical"'], "continue": True}] if has_on_call else []
    return {
        "route": {
            "receiver": WARNING,
            "group_by": ["group"],
            "group_wait": duration(round(30_000 * scale)),
            "group_interval": duration(round(300_000 * scale)),
            "repeat_interval": "4h",
            "routes": [*critical, {"receiver": CRITICAL, "matchers": ['severity="critical"']}],
        },
        "inhibit_rules": list(inhibitions(watch)),
        "receivers": [_receiver(name, (topics or {}).get(name), region) for name in names],
    }


def _receiver(name: str, topic_arn: str | None, region: str | None) -> dict[str, Any]:
    if topic_arn is None:
        return {"name": name}
    signed = {"sigv4": {"region": region}} if region else {}
    return {"name": name, "sns_configs": [{"topic_arn": topic_arn, "send_resolved": True, **signed}]}
