"""The alerts as Prometheus' rules. Pure: the document that a rule file holds, as plain data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studyctl.domain.monitoring.alerts import WINDOW, Alert
from studyctl.domain.monitoring.objectives import BurnAlert, Objective
from studyctl.domain.monitoring.watch import Watch

JOB = "study"
RUNBOOKS = "monitoring/runbooks"


@dataclass(frozen=True)
class Tempo:
    """How long a minute of a window is, and how often metrics are read.

    A rate needs two samples, so no window is shorter than `SAMPLES_IN_WINDOW` scrapes, whatever the scale.
    """

    scale: float = 1.0
    scrape_seconds: float = 15.0

    SAMPLES_IN_WINDOW = 4

    def milliseconds(self, seconds: float) -> int:
        """A window of the data in time of this machine."""
        return round(1000 * max(seconds * self.scale, self.SAMPLES_IN_WINDOW * self.scrape_seconds))

    def duration(self, seconds: float) -> str:
        """The same as Prometheus writes it."""
        return duration(self.milliseconds(seconds))


def duration(milliseconds: int) -> str:
    """A duration in Prometheus' words."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"


def rule_file(watch: Watch, tempo: Tempo) -> dict[str, Any]:
    """The groups of rules."""
    alerts = [_rule(watch, alert, tempo) for alert in watch.alerts if alert.prometheus is not None]
    burns = [_burn_rule(burn, objective, tempo) for objective in watch.objectives for burn in watch.burn_alerts]
    interval = duration(round(1000 * tempo.scrape_seconds))
    return {
        "groups": [
            {"name": "alerts", "interval": interval, "rules": alerts},
            {"name": "error-budgets", "interval": interval, "rules": burns},
        ]
    }


def waits_of(alert: Alert) -> bool:
    """Whether the rule waits for its window to pass, because its expression looks at one moment only."""
    return alert.prometheus is not None and WINDOW not in alert.prometheus.value


def burn_expression(objective: Objective, burn: BurnAlert, tempo: Tempo) -> str:
    """True while both windows burn the budget too fast."""
    limit = f"{burn.limit(objective):.10g}"
    ratio = _slow_ratio if burn.promise == "latency" else _error_ratio
    return " and ".join(
        f"({ratio(objective, tempo.duration(60 * minutes))} > {limit})"
        for minutes in (burn.long_minutes, burn.short_minutes)
    )


def _error_ratio(objective: Objective, window: str) -> str:
    requests = f'study_http_requests_total{{service="{objective.service}"'
    return (
        f'sum by (service) (rate({requests},status=~"5.."}}[{window}]))'
        f" / sum by (service) (rate({requests}}}[{window}]))"
    )


def _slow_ratio(objective: Objective, window: str) -> str:
    """Of a histogram whose buckets have a bound at the promised time."""
    service = f'service="{objective.service}"'
    in_time = f'study_http_request_seconds_bucket{{{service},le="{objective.p95_seconds}"}}'
    return (
        f"1 - sum by (service) (rate({in_time}[{window}]))"
        f" / sum by (service) (rate(study_http_request_seconds_count{{{service}}}[{window}]))"
    )


def _rule(watch: Watch, alert: Alert, tempo: Tempo) -> Mapping[str, Any]:
    assert alert.prometheus is not None  # noqa: S101  the caller chose those that have it
    window = tempo.duration(alert.prometheus_seconds)
    value = re.sub(r"\s+", " ", alert.prometheus.value).replace(WINDOW, window)
    labels = {"severity": alert.severity, "group": watch.group_of(alert)}
    if alert.eclipsed_by is not None:
        labels["eclipsed_by"] = alert.eclipsed_by
    return {
        "alert": alert.name,
        "expr": f"({value}) {alert.comparison} {alert.limit:.10g}",
        **({"for": window} if waits_of(alert) else {}),
        "labels": labels,
        "annotations": _annotations(alert.name, alert.summary, alert.unit),
    }


def _burn_rule(burn: BurnAlert, objective: Objective, tempo: Tempo) -> Mapping[str, Any]:
    summary = f"The {burn.promise} budget of {objective.service} ({objective.budget(burn.promise):.3%}) burns too fast."
    return {
        "alert": burn.name,
        "expr": burn_expression(objective, burn, tempo),
        "labels": {"severity": burn.severity, "group": burn.name, "service": objective.service},
        "annotations": _annotations(burn.name, summary, "of requests"),
    }


def _annotations(name: str, summary: str, unit: str) -> dict[str, str]:
    return {"summary": summary, "value": f"{{{{ $value }}}} {unit}", "runbook": f"{RUNBOOKS}/{name}.md"}


def inhibitions(watch: Watch) -> Iterator[dict[str, Any]]:
    """A lesser alert says nothing while the greater one that names the same thing rings."""
    for alert in watch.alerts:
        if alert.eclipsed_by is not None:
            yield {
                "source_matchers": [f'alertname="{alert.eclipsed_by}"'],
                "target_matchers": [f'alertname="{alert.name}"'],
                "equal": ["service"],
            }
