"""CloudWatch Logs: saved queries, metric filters that can be changed, tags that end with their group, metrics in lines.

- `PutQueryDefinition`, `DescribeQueryDefinitions` and `DeleteQueryDefinition` are missing.
- `PutMetricFilter` of a filter that exists adds a second one, and the first is what is read: a change never arrives.
- `DeleteLogGroup` keeps tags, and a later group of the same name inherits them: a perpetual diff.
- Lines in the embedded metric format stay text. On AWS each becomes data of CloudWatch, whoever put the line.

Metric filters count nothing here.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from moto.backends import get_backend
from moto.core.responses import ActionResult
from moto.logs.metric_filters import MetricFilters
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

from studyctl.adapters.emulator.ecs_agent import doorbell
from studyctl.adapters.emulator.ecs_agent.embedded_metrics import measurements
from studyctl.adapters.emulator.ecs_agent.metrics_shelf import store_of
from studyctl.adapters.emulator.extensions.errors import AwsError
from studyctl.adapters.emulator.extensions.registry import Extension, Shelf

EXTENSION = Extension("logs")

_queries: Shelf[dict[str, Any]] = Shelf("query_definitions")


@EXTENSION.operation(LogsResponse)
def put_query_definition(response: LogsResponse) -> ActionResult:
    """Keep a query, under a new id where none is given."""
    queries = _queries.of(response.logs_backend)
    identifier = response._get_param("queryDefinitionId") or str(uuid.uuid4())
    queries[identifier] = {
        "queryDefinitionId": identifier,
        "name": response._get_param("name"),
        "queryString": response._get_param("queryString"),
        "logGroupNames": response._get_param("logGroupNames", []),
        "lastModified": round(time.time() * 1000),
    }
    return ActionResult({"queryDefinitionId": identifier})


@EXTENSION.operation(LogsResponse)
def describe_query_definitions(response: LogsResponse) -> ActionResult:
    """Queries by the beginning of their names, all at once."""
    prefix = response._get_param("queryDefinitionNamePrefix") or ""
    found = [each for each in _queries.of(response.logs_backend).values() if each["name"].startswith(prefix)]
    return ActionResult({"queryDefinitions": sorted(found, key=lambda each: str(each["name"]))})


@EXTENSION.operation(LogsResponse)
def delete_query_definition(response: LogsResponse) -> ActionResult:
    """Forget a query."""
    identifier = response._get_param("queryDefinitionId")
    if _queries.of(response.logs_backend).pop(identifier, None) is None:
        raise AwsError("ResourceNotFoundException", f"The query definition {identifier} does not exist.")
    return ActionResult({"success": True})


@EXTENSION.mend(MetricFilters, "add_filter")
def add_filter(  # noqa: PLR0917  moto passes them so
    original: Callable[..., None],
    filters: MetricFilters,
    filter_name: str,
    pattern: str,
    log_group_name: str,
    what: Any,
) -> None:
    """A filter's name is its own within its group."""
    filters.metric_filters = [
        each
        for each in filters.metric_filters
        if (each["filterName"], each["logGroupName"]) != (filter_name, log_group_name)
    ]
    original(filters, filter_name, pattern, log_group_name, what)


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
