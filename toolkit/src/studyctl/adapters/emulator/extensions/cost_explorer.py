"""Cost Explorer: anomaly monitors and subscriptions.

- Absent: `Create|Get|Update|DeleteAnomalyMonitor(s)` and `Create|Get|Update|DeleteAnomalySubscription(s)`.

No cost is ever incurred, so no anomaly is ever found.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.ce.models import CostExplorerBackend
from moto.ce.responses import CostExplorerResponse
from moto.core.exceptions import ServiceException

from studyctl.adapters.emulator.extensions.registry import Extension, Shelf

EXTENSION = Extension("ce")

_monitors: Shelf[dict[str, Any]] = Shelf("anomaly_monitors")
_subscriptions: Shelf[dict[str, Any]] = Shelf("anomaly_subscriptions")


def _request(response: CostExplorerResponse) -> dict[str, Any]:
    request: dict[str, Any] = json.loads(response.body)
    return request


def _backend(response: CostExplorerResponse) -> CostExplorerBackend:
    return response.ce_backend


def _create(response: CostExplorerResponse, shelf: Shelf[dict[str, Any]], kind: str, name: str) -> str:
    request = _request(response)
    arn = f"arn:{response.partition}:ce::{response.current_account}:{kind}/{uuid.uuid4()}"
    shelf.of(_backend(response))[arn] = {**request[name], f"{name.removeprefix('Anomaly')}Arn": arn}
    if request.get("ResourceTags"):
        _backend(response).tag_resource(arn, request["ResourceTags"])
    return arn


def _one(response: CostExplorerResponse, shelf: Shelf[dict[str, Any]], kind: str) -> dict[str, Any]:
    arn = _request(response)[f"{kind}Arn"]
    found = shelf.of(_backend(response)).get(arn)
    if found is None:
        raise ServiceException(f"Unknown{kind}Exception", f"{arn} does not exist")
    return found


def _listed(response: CostExplorerResponse, shelf: Shelf[dict[str, Any]], arns: list[str]) -> list[dict[str, Any]]:
    return [value for arn, value in shelf.of(_backend(response)).items() if not arns or arn in arns]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@EXTENSION.operation(CostExplorerResponse)
def create_anomaly_monitor(response: CostExplorerResponse) -> str:
    """Keep a monitor."""
    arn = _create(response, _monitors, "anomalymonitor", "AnomalyMonitor")
    monitor = _monitors.of(_backend(response))[arn]
    monitor.update(CreationDate=_now(), LastUpdatedDate=_now(), DimensionalValueCount=0)
    return json.dumps({"MonitorArn": arn})


@EXTENSION.operation(CostExplorerResponse)
def get_anomaly_monitors(response: CostExplorerResponse) -> str:
    """Monitors by ARN, or all."""
    arns = _request(response).get("MonitorArnList", [])
    return json.dumps({"AnomalyMonitors": _listed(response, _monitors, arns)})


@EXTENSION.operation(CostExplorerResponse)
def update_anomaly_monitor(response: CostExplorerResponse) -> str:
    """Rename a monitor."""
    monitor = _one(response, _monitors, "Monitor")
    monitor["MonitorName"] = _request(response).get("MonitorName", monitor["MonitorName"])
    return json.dumps({"MonitorArn": monitor["MonitorArn"]})


@EXTENSION.operation(CostExplorerResponse)
def delete_anomaly_monitor(response: CostExplorerResponse) -> str:
    """Forget a monitor."""
    del _monitors.of(_backend(response))[_one(response, _monitors, "Monitor")["MonitorArn"]]
    return "{}"


@EXTENSION.operation(CostExplorerResponse)
def create_anomaly_subscription(response: CostExplorerResponse) -> str:
    """Keep a subscription."""
    arn = _create(response, _subscriptions, "anomalysubscription", "AnomalySubscription")
    subscription = _subscriptions.of(_backend(response))[arn]
    subscription["AccountId"] = response.current_account
    for subscriber in subscription["Subscribers"]:
        subscriber["Status"] = "CONFIRMED"
    return json.dumps({"SubscriptionArn": arn})


@EXTENSION.operation(CostExplorerResponse)
def get_anomaly_subscriptions(response: CostExplorerResponse) -> str:
    """Subscriptions by ARN, or all."""
    arns = _request(response).get("SubscriptionArnList", [])
    return json.dumps({"AnomalySubscriptions": _listed(response, _subscriptions, arns)})


@EXTENSION.operation(CostExplorerResponse)
def update_anomaly_subscription(response: CostExplorerResponse) -> str:
    """Change a subscription."""
    subscription = _one(response, _subscriptions, "Subscription")
    subscription.update(_request(response))
    return json.dumps({"SubscriptionArn": subscription["SubscriptionArn"]})


@EXTENSION.operation(CostExplorerResponse)
def delete_anomaly_subscription(response: CostExplorerResponse) -> str:
    """Forget a subscription."""
    del _subscriptions.of(_backend(response))[_one(response, _subscriptions, "Subscription")["SubscriptionArn"]]
    return "{}"
