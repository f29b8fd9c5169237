"""Prometheus and Alertmanager of this machine, asked over their own interfaces."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from studyctl.domain.monitoring.prometheus import duration

ASK_SECONDS = 60.0
ABOUT = ("queue", "replica", "service")
"""The labels by which an alert says who is meant, the closest first."""


def named(labels: dict[str, str]) -> str:
    """An alert and whom it is about: `tasks document`."""
    about = next((labels[name] for name in ABOUT if name in labels), "")
    return f"{labels['alertname']} {about}".rstrip()


@dataclass(frozen=True)
class Prometheus:
    """One Prometheus."""

    url: str

    def firing(self) -> frozenset[str]:
        """What rings now."""
        alerts = self._get("/api/v1/alerts")["alerts"]
        return frozenset(named(alert["labels"]) for alert in alerts if alert["state"] == "firing")

    def fired_since(self, since_seconds: float) -> frozenset[str]:
        """Everything that rang at any time since then: no look can miss it."""
        window = duration(max(1, int(1000 * (time.time() - since_seconds))))
        found = self._get("/api/v1/query", query=f'max_over_time(ALERTS{{alertstate="firing"}}[{window}])')["result"]
        return frozenset(named(series["metric"]) for series in found)

    def value(self, expression: str) -> float | None:
        """A number; None while nothing is known."""
        found = self._get("/api/v1/query", query=expression)["result"]
        return float(found[0]["value"][1]) if found else None

    def has_judged_after(self, seconds: float) -> bool:
        """Whether every rule was evaluated after that time of the wall clock."""
        groups = self._get("/api/v1/rules")["groups"]
        return all(datetime.fromisoformat(group["lastEvaluation"]).timestamp() > seconds for group in groups)

    def longest_wait_seconds(self) -> float:
        """How long a rule waits at most until it rings."""
        groups = self._get("/api/v1/rules")["groups"]
        return max(float(rule["duration"]) for group in groups for rule in group["rules"])

    def _get(self, path: str, **parameters: str) -> Any:
        answer = httpx.get(f"{self.url}{path}", params=parameters, timeout=ASK_SECONDS)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()["data"]


@dataclass(frozen=True)
class Alertmanager:
    """One Alertmanager."""

    url: str

    def told(self) -> frozenset[str]:
        """What people are told of now: no alert that a greater one eclipses."""
        parameters = {"active": "true", "inhibited": "false", "silenced": "false"}
        answer = httpx.get(f"{self.url}/api/v2/alerts", params=parameters, timeout=ASK_SECONDS)
        assert answer.status_code == httpx.codes.OK, answer.text
        return frozenset(named(alert["labels"]) for alert in answer.json())
