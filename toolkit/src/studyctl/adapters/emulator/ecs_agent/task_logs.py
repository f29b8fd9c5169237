"""What tasks say, in CloudWatch Logs: one stream a task, as the awslogs driver names it.

A stream keeps its last lines only: everything is in the emulator's memory.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from studyctl.adapters.emulator.ecs_agent.account import Accounts, Place
from studyctl.adapters.emulator.ecs_agent.container import LogTarget
from studyctl.adapters.emulator.ecs_agent.log_pump import Line
from studyctl.adapters.emulator.ecs_agent.moto_errors import MOTO_ERRORS

KEPT_EVENTS = 10_000


class LogGroupMissing(Exception):
    """There is nowhere to write. Its text becomes the task's stopped reason."""


def create_stream(accounts: Accounts, place: Place, target: LogTarget, stream: str) -> None:
    """Make a task's stream before it starts, as the driver does.

    Raises:
        LogGroupMissing: its group does not exist.
    """
    with accounts.open("logs", _place(place, target)) as backend:
        try:
            if target.creates_group and target.group not in backend.groups:
                backend.create_log_group(target.group, {})
            backend.ensure_log_stream(target.group, stream)
        except MOTO_ERRORS as error:
            raise LogGroupMissing(
                "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
                f"failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not "
                f"exist. : exit status 1 ({target.group})"
            ) from error


def write(accounts: Accounts, place: Place, lines: Mapping[str, tuple[LogTarget, Sequence[Line]]]) -> None:
    """Append lines to streams by name. A group or stream that was deleted meanwhile gets nothing."""
    for stream, (target, said) in lines.items():
        events = [{"timestamp": line.milliseconds, "message": line.text} for line in said if line.text]
        with accounts.open("logs", _place(place, target)) as backend, contextlib.suppress(*MOTO_ERRORS):
            if not events:
                continue
            backend.ensure_log_stream(target.group, stream)
            backend.put_log_events(target.group, stream, events)
            kept = backend.groups[target.group].streams[stream].events
            del kept[:-KEPT_EVENTS]


def _place(place: Place, target: LogTarget) -> Place:
    return Place(place.account, target.region or place.region)
