"""CloudWatch Logs: a group that is deleted takes its tags along, and metrics in log lines become metrics.

- `DeleteLogGroup` keeps them, and a later group of the same name inherits them: a perpetual diff.
- Lines in the embedded metric format stay text. On AWS each becomes data of CloudWatch, whoever put the line.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from moto.backends import get_backend
from moto.logs.models import LogsBackend

from studyctl.adapters.emulator.ecs_agent import doorbell
from studyctl.adapters.emulator.ecs_agent.embedded_metrics import measurements
from studyctl.adapters.emulator.ecs_agent.metrics_shelf import store_of
from studyctl.adapters.emulator.extensions.registry import Extension

EXTENSION = Extension("logs")


@EXTENSION.mend(LogsBackend, "delete_log_group")
def delete_log_group(original: Callable[..., None], backend: LogsBackend, log_group_name: str) -> None:
    """Delete the tags as well."""
    group = backend.groups.get(log_group_name)
    original(backend, log_group_name)
    if group is not None:
        backend.tagger.delete_all_tags_for_resource(group.arn)


@EXTENSION.mend(LogsBackend, "put_log_events")
def put_log_events(
    original: Callable[..., tuple[str, dict[str, Any]]],
    backend: LogsBackend,
    log_group_name: str,
    log_stream_name: str,
    log_events: list[dict[str, Any]],
) -> tuple[str, dict[str, Any]]:
    """Keep the lines, and what they measured."""
    result = original(backend, log_group_name, log_stream_name, log_events)
    found = [each for event in log_events for each in measurements(str(event["message"]))]
    if found:
        # the store may be used from many threads: `cloudwatch` need not be held beside `logs`
        store = store_of(get_backend("cloudwatch")[backend.account_id][backend.region_name])
        for each in found:
            store.add(each.key, each.value, at_seconds=each.at_seconds)
        store.put_seconds = time.time()
        doorbell.ring()
    return result
