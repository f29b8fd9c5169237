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
COUNTED, TIMED = "study_http_requests_total", "study_http_request_seconds_count"


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
    """True while both windows burn the budget too fast, and enough requests broke the promise to say so."""
    limit = f"{burn.limit(objective):.10g}"
    long, short = (tempo.duration(60 * minutes) for minutes in (burn.long_minutes, burn.short_minutes))
    broken, requests = (_slow, TIMED) if burn.promise == "latency" else (_failed, COUNTED)
    parts = [
        f"({broken(objective, 'rate', window)}) / {_sum('rate', requests, objective, window)} > {limit}"
        for window in (long, short)
    ]
    parts.append(f"{broken(objective, 'increase', long)} >= {burn.least_broken}")
    return " and ".join(f"({part})" for part in parts)


def _failed(objective: Objective, function: str, window: str) -> str:
    return _sum(function, COUNTED, objective, window, 'status=~"5.."')


def _slow(objective: Objective, function: str, window: str) -> str:
    """Of a histogram whose buckets have a bound at the promised time."""
    in_time = _sum(function, "study_http_request_seconds_bucket", objective, window, f'le="{objective.p95_seconds}"')
    return f"{_sum(function, TIMED, objective, window)} - {in_time}"


def _sum(function: str, metric: str, objective: Objective, window: str, *labels: str) -> str:
    matched = ",".join((f'service="{objective.service}"', *labels))
    return f"sum by (service) ({function}({metric}{{{matched}}}[{window}]))"


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
