"""Cost Explorer: anomaly monitors and subscriptions.

- Absent: `Create|Get|Update|DeleteAnomalyMonitor(s)` and `Create|Get|Update|DeleteAnomalySubscription(s)`.

No cost is ever incurred, so no anomaly is ever found.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.ce.responses import CostExplorerResponse

from studyctl.adapters.emulator.extensions.errors import AwsError
from studyctl.adapters.emulator.extensions.registry import Extension, Shelf

EXTENSION = Extension("ce")


def _request(response: CostExplorerResponse) -> dict[str, Any]:
    request: dict[str, Any] = json.loads(response.body)
    return request


@dataclass(frozen=True)
class Kind:
    """Monitors and subscriptions are kept alike: each is what was sent, plus its ARN."""

    name: str
    shelf: Shelf[dict[str, Any]]

    def all(self, response: CostExplorerResponse) -> dict[str, dict[str, Any]]:
        """By ARN."""
        return self.shelf.of(response.ce_backend)

    def create(self, response: CostExplorerResponse, **fields: Any) -> str:
        """Keep a new one and its tags."""
        request = _request(response)
        arn = f"arn:{response.partition}:ce::{response.current_account}:anomaly{self.name.lower()}/{uuid.uuid4()}"
        self.all(response)[arn] = {**request[f"Anomaly{self.name}"], **fields, f"{self.name}Arn": arn}
        if request.get("ResourceTags"):
            response.ce_backend.tag_resource(arn, request["ResourceTags"])
        return json.dumps({f"{self.name}Arn": arn})

    def some(self, response: CostExplorerResponse) -> str:
        """Those that are asked for, or all.

        Raises:
            AwsError: one of them does not exist.
        """
        arns = _request(response).get(f"{self.name}ArnList") or list(self.all(response))
        return json.dumps({f"Anomaly{self.name}s": [self._one(response, arn) for arn in arns]})

    def update(self, response: CostExplorerResponse) -> str:
        """Change what is given."""
        request = _request(response)
        self._one(response, request[f"{self.name}Arn"]).update(request)
        return json.dumps({f"{self.name}Arn": request[f"{self.name}Arn"]})

    def delete(self, response: CostExplorerResponse) -> str:
        """Forget one and its tags."""
        arn = _request(response)[f"{self.name}Arn"]
        self._one(response, arn)
        del self.all(response)[arn]
        response.ce_backend.tagger.delete_all_tags_for_resource(arn)
        return "{}"

    def _one(self, response: CostExplorerResponse, arn: str) -> dict[str, Any]:
        found = self.all(response).get(arn)
        if found is None:
            raise AwsError(f"Unknown{self.name}Exception", f"{arn} does not exist")
        return found


MONITOR = Kind("Monitor", Shelf("anomaly_monitors"))
SUBSCRIPTION = Kind("Subscription", Shelf("anomaly_subscriptions"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@EXTENSION.operation(CostExplorerResponse)
def create_anomaly_monitor(response: CostExplorerResponse) -> str:
    """Keep a monitor."""
    return MONITOR.create(response, CreationDate=_now(), LastUpdatedDate=_now(), DimensionalValueCount=0)


@EXTENSION.operation(CostExplorerResponse)
def get_anomaly_monitors(response: CostExplorerResponse) -> str:
    """Monitors by ARN, or all."""
    return MONITOR.some(response)


@EXTENSION.operation(CostExplorerResponse)
def update_anomaly_monitor(response: CostExplorerResponse) -> str:
    """Rename a monitor."""
    return MONITOR.update(response)


@EXTENSION.operation(CostExplorerResponse)
def delete_anomaly_monitor(response: CostExplorerResponse) -> str:
    """Forget a monitor."""
    return MONITOR.delete(response)


@EXTENSION.operation(CostExplorerResponse)
def create_anomaly_subscription(response: CostExplorerResponse) -> str:
    """Keep a subscription; its subscribers need not confirm."""
    subscribers = _request(response)["AnomalySubscription"]["Subscribers"]
    return SUBSCRIPTION.create(
        response,
        AccountId=response.current_account,
        Subscribers=[{**subscriber, "Status": "CONFIRMED"} for subscriber in subscribers],
    )


@EXTENSION.operation(CostExplorerResponse)
def get_anomaly_subscriptions(response: CostExplorerResponse) -> str:
    """Subscriptions by ARN, or all."""
    return SUBSCRIPTION.some(response)


@EXTENSION.operation(CostExplorerResponse)
def update_anomaly_subscription(response: CostExplorerResponse) -> str:
    """Change a subscription."""
    return SUBSCRIPTION.update(response)


@EXTENSION.operation(CostExplorerResponse)
def delete_anomaly_subscription(response: CostExplorerResponse) -> str:
    """Forget a subscription."""
    return SUBSCRIPTION.delete(response)
