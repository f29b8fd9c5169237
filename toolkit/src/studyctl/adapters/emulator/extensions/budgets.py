"""Budgets: who is told, and tags.

- Absent: `DescribeSubscribersForNotification`, which the provider calls for every notification of a budget, and
  `ListTagsForResource`, `TagResource`, `UntagResource`, `UpdateBudget`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.budgets.models import Budget
from moto.budgets.responses import BudgetsResponse

from studyctl.adapters.emulator.extensions.errors import AwsError
from studyctl.adapters.emulator.extensions.registry import Extension, Shelf

EXTENSION = Extension("budgets")

_tags: Shelf[list[dict[str, str]]] = Shelf("budget_tags")

# what makes two notifications of a budget the same one
_IDENTITY = ("NotificationType", "ComparisonOperator", "Threshold")


def _budget(response: BudgetsResponse, name: str) -> Budget:
    account = response._get_param("AccountId")
    budget = response.backend.budgets[account].get(name)
    if budget is None:
        raise AwsError("NotFoundException", f"Unable to get budget: {name} - the budget doesn't exist.")
    return budget


@EXTENSION.operation(BudgetsResponse)
def describe_subscribers_for_notification(response: BudgetsResponse) -> str:
    """Who hears of one notification."""
    wanted = response._get_param("Notification")
    for notification in _budget(response, response._get_param("BudgetName")).notifications:
        if all(notification.details.get(field) == wanted.get(field) for field in _IDENTITY):
            return json.dumps({"Subscribers": notification.subscribers})
    raise AwsError("NotFoundException", "the notification doesn't exist.")


@EXTENSION.operation(BudgetsResponse)
def update_budget(response: BudgetsResponse) -> str:
    """Replace a budget, keeping who is told."""
    new: dict[str, Any] = response._get_param("NewBudget")
    budget = _budget(response, new["BudgetName"])
    budget.budget = {**new, "TimePeriod": new.get("TimePeriod", budget.budget["TimePeriod"])}
    return "{}"


@EXTENSION.mend(BudgetsResponse, "create_budget")
def create_budget(original: Callable[[BudgetsResponse], str], response: BudgetsResponse) -> str:
    """Keep the tags of a budget."""
    answer = original(response)
    name = response._get_param("Budget")["BudgetName"]
    arn = f"arn:{response.partition}:budgets::{response._get_param('AccountId')}:budget/{name}"
    _tags.of(response.backend)[arn] = response._get_param("ResourceTags", [])
    return answer


@EXTENSION.operation(BudgetsResponse)
def list_tags_for_resource(response: BudgetsResponse) -> str:
    """The tags of one budget."""
    return json.dumps({"ResourceTags": _tags.of(response.backend).get(response._get_param("ResourceARN"), [])})


@EXTENSION.operation(BudgetsResponse)
def tag_resource(response: BudgetsResponse) -> str:
    """Add tags."""
    added = response._get_param("ResourceTags", [])
    _change_tags(response, removed={tag["Key"] for tag in added}, added=added)
    return "{}"


@EXTENSION.operation(BudgetsResponse)
def untag_resource(response: BudgetsResponse) -> str:
    """Remove tags."""
    _change_tags(response, removed=set(response._get_param("ResourceTagKeys", [])), added=[])
    return "{}"


def _change_tags(response: BudgetsResponse, *, removed: set[str], added: list[dict[str, str]]) -> None:
    tags, arn = _tags.of(response.backend), response._get_param("ResourceARN")
    tags[arn] = [tag for tag in tags.get(arn, []) if tag["Key"] not in removed] + added
