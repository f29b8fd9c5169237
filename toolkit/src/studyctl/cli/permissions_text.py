"""What a plan changes in permissions, as part of what people read before they say yes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studyctl.cli.console import Console

SHOWN_LINES = 12
LISTED_LINES = 200
"""In a summary, where people look for one line; GitHub cuts a comment off at 65,536 characters."""


def show_permissions(console: Console, document: Mapping[str, Any]) -> None:
    """Say which permissions a plan adds and removes; nothing where it changes none."""
    from studyctl.usecases.iam_diff import told  # noqa: PLC0415 - the policy engine, for plans that touch policies

    lines = told(document, SHOWN_LINES)
    if lines:
        console.say("Permissions:", style="bold")
    for line in lines:
        console.say(f"  {line}")


def listed_permissions(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which permissions a plan adds and removes, a line each."""
    from studyctl.usecases.iam_diff import told  # noqa: PLC0415 - as above

    return told(document, LISTED_LINES)
