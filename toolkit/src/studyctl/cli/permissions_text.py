"""What a plan changes in permissions, as part of what people read before they say yes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studyctl.cli.console import Console

SHOWN_LINES = 12


def show_permissions(console: Console, document: Mapping[str, Any]) -> None:
    """Say which permissions a plan adds and removes; nothing where it changes none."""
    from studyctl.usecases.iam_diff import told  # noqa: PLC0415 - the policy engine, for plans that touch policies

    lines = told(document, SHOWN_LINES)
    if lines:
        console.say("Permissions:", style="bold")
    for line in lines:
        console.say(f"  {line}")
