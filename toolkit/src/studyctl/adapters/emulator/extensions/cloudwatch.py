"""CloudWatch: composite alarms, alarms that look at their metrics, and metrics that can be computed with.

- `PutCompositeAlarm` is missing, though moto's metric alarms know `AlarmRule` and are returned as composite by it.
- Alarms are never evaluated and begin as OK; a change of one puts it back to OK. The ECS agent evaluates them.
- `DescribeAlarmHistory` is missing, though moto keeps the history.
- Percentiles are not computed, expressions only in the simplest forms; dimensions of a metric match in part.

Metrics lie in a store of our own (`ecs_agent/metric_store`), which forgets what is older than three hours.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend, MetricDatum, MetricDatumBase
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from studyctl.adapters.emulator.ecs_agent import doorbell
from studyctl.adapters.emulator.ecs_agent.alarm_history import STATE_UPDATE, state_updates
from studyctl.adapters.emulator.ecs_agent.metric_math import UnsupportedExpression
from studyctl.adapters.emulator.ecs_agent.metric_query import MetricQuery, Window, resolve
from studyctl.adapters.emulator.ecs_agent.metric_store import MetricKey, Sample
from studyctl.adapters.emulator.ecs_agent.metrics_shelf import store_of
from studyctl.adapters.emulator.extensions.registry import Extension

EXTENSION = Extension("cloudwatch")

DEFAULT_PERIOD_SECONDS = 60
MOST_RECORDS = 100
"""Of one answer of DescribeAlarmHistory."""


@EXTENSION.operation(CloudWatchResponse)
def put_composite_alarm(response: CloudWatchResponse) -> ActionResult:
    """An alarm with a rule in place of a metric."""
    return response.put_metric_alarm()


@EXTENSION.operation(CloudWatchResponse)
def describe_alarm_history(response: CloudWatchResponse) -> ActionResult:
    """Changes of states, newest first unless asked otherwise. Other kinds of items are not kept."""
    request = response._get_params()
    wanted, types = request.get("AlarmName"), request.get("AlarmTypes") or ["MetricAlarm"]
    since, until = (request.get(name) and _seconds(request[name]) for name in ("StartDate", "EndDate"))
    found = [
        update
        for alarm in response.cloudwatch_backend.alarms.values()
        if wanted in (None, alarm.name) and request.get("HistoryItemType", STATE_UPDATE) == STATE_UPDATE
        for update in state_updates(alarm)
        if update.alarm_type in types and (since or 0.0) <= _seconds(update.at) <= (until or math.inf)
    ]
    is_newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    found.sort(key=lambda update: update.at, reverse=is_newest_first)
    first, most = int(request.get("NextToken") or 0), int(request.get("MaxRecords") or MOST_RECORDS)
    page = {"AlarmHistoryItems": [update.item() for update in found[first : first + most]]}
    return ActionResult(page | ({"NextToken": str(first + most)} if first + most < len(found) else {}))


@EXTENSION.mend(CloudWatchBackend, "put_metric_alarm")
def put_metric_alarm(original: Callable[..., Alarm], backend: CloudWatchBackend, **fields: Any) -> Alarm:
    """A new alarm knows nothing yet; one that is changed keeps its state."""
    before = backend.alarms.get(fields["name"])
    alarm = original(backend, **fields)
    if before is None:
        alarm.state_value = "INSUFFICIENT_DATA"
    else:
        for name in ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history"):
            setattr(alarm, name, getattr(before, name))
    return alarm


@EXTENSION.mend(CloudWatchBackend, "get_alarms_by_state_value")
def get_alarms_by_state_value(
    original: Callable[..., Iterable[Alarm]], backend: CloudWatchBackend, target_state: str
) -> Iterable[Alarm]:
    """In a list: moto goes through them twice, and finds no composite alarm the second time."""
    return list(original(backend, target_state))


@EXTENSION.mend(CloudWatchBackend, "put_metric_data")
def put_metric_data(
    original: Callable[..., None], backend: CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]
) -> None:
    """Check as moto does, keep as we do."""
    original(backend, namespace, metric_data)
    store = store_of(backend)
    for datum in backend.metric_data:
        key = MetricKey.of(datum.namespace, datum.name, _pairs(datum))
        seconds = _seconds(datum.timestamp)
        if isinstance(datum, MetricDatum):
            store.add(key, datum.value, at_seconds=seconds)
        else:
            each: Any = datum
            store.add_statistics(
                key, count=each.sample_count, total=each.sum, minimum=each.min, maximum=each.max, at_seconds=seconds
            )
    backend.metric_data.clear()
    store.put_seconds = time.time()
    doorbell.ring()


@EXTENSION.mend(CloudWatchBackend, "get_filtered_metrics")
def get_filtered_metrics(
    original: Callable[..., list[MetricDatumBase]],
    backend: CloudWatchBackend,
    metric_name: str,
    namespace: str,
    dimensions: list[dict[str, str]],
) -> list[MetricDatumBase]:
    """What is in the store, beside what other services measure in moto."""
    found: list[MetricDatumBase] = []
    for key in store_of(backend).metrics():
        pairs = [{"Name": name, "Value": value} for name, value in key.dimensions]
        datum = MetricDatum(key.namespace, key.name, 0.0, pairs, None)
        if datum.filter(namespace, metric_name, dimensions, found):
            found.append(datum)
    return [*found, *original(backend, metric_name, namespace, dimensions)]


@EXTENSION.mend(CloudWatchResponse, "get_metric_data")
def get_metric_data(
    original: Callable[[CloudWatchResponse], ActionResult], response: CloudWatchResponse
) -> ActionResult:
    """Series of metrics and expressions. What moto measures itself, and Metrics Insights, stay moto's."""
    request = response._get_params()
    queries: list[dict[str, Any]] = request.get("MetricDataQueries", [])
    backend = response.cloudwatch_backend
    start, end = _seconds(request["StartTime"]), _seconds(request["EndTime"])
    if start >= end or any(_is_motos(backend, query) for query in queries):
        return original(response)
    period = min((_period(query) for query in queries), default=DEFAULT_PERIOD_SECONDS)
    first = start // period * period
    periods = int(-(-(end - first) // period))
    window = Window(first + periods * period, period, periods)
    try:
        series = resolve([_query(query) for query in queries], store_of(backend), window)
    except UnsupportedExpression as error:
        raise ValidationError(f"Error in expression: {error}") from error
    is_newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    results = [
        _result(query, series[query["Id"]], window, is_newest_first=is_newest_first)
        for query in queries
        if query.get("ReturnData", True)
    ]
    return ActionResult({"MetricDataResults": results})


@EXTENSION.mend(CloudWatchResponse, "get_metric_statistics")
def get_metric_statistics(
    original: Callable[[CloudWatchResponse], ActionResult], response: CloudWatchResponse
) -> ActionResult:
    """Statistics of one metric by period, percentiles included."""
    request = response._get_params()
    backend = response.cloudwatch_backend
    start, end, period = _seconds(request["StartTime"]), _seconds(request["EndTime"]), int(request["Period"])
    stats = [*request.get("Statistics", ()), *request.get("ExtendedStatistics", ())]
    if start >= end or not stats or request["Namespace"] in _motos_namespaces(backend):
        return original(response)
    dimensions = {each["Name"]: each["Value"] for each in request.get("Dimensions", ())}
    key = MetricKey.of(request["Namespace"], request["MetricName"], dimensions)
    first = start // period * period
    samples = store_of(backend).samples(key, start_seconds=first, end_seconds=end, period_seconds=period)
    datapoints = [
        _datapoint(sample, stats, first + number * period) for number, sample in enumerate(samples) if sample.count
    ]
    return ActionResult({"Label": request["MetricName"], "Datapoints": datapoints})


def _is_motos(backend: CloudWatchBackend, query: dict[str, Any]) -> bool:
    if "MetricStat" in query:
        return query["MetricStat"]["Metric"]["Namespace"] in _motos_namespaces(backend)
    return str(query.get("Expression", "SELECT")).startswith("SELECT")


def _motos_namespaces(backend: CloudWatchBackend) -> set[str]:
    return {datum.namespace for datum in backend.aws_metric_data}


def _datapoint(sample: Sample, stats: Iterable[str], seconds: float) -> dict[str, Any]:
    values = {name: sample.statistic(name) for name in stats}
    percentiles = {name: value for name, value in values.items() if name.startswith("p")}
    return {"Timestamp": _time(seconds), **values, **({"ExtendedStatistics": percentiles} if percentiles else {})}


def _query(query: dict[str, Any]) -> MetricQuery:
    if "MetricStat" not in query:
        return MetricQuery(query["Id"], expression=query["Expression"])
    stat = query["MetricStat"]
    metric = stat["Metric"]
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())}
    return MetricQuery(query["Id"], MetricKey.of(metric["Namespace"], metric["MetricName"], dimensions), stat["Stat"])


def _period(query: dict[str, Any]) -> int:
    return int(query.get("MetricStat", {}).get("Period") or query.get("Period") or DEFAULT_PERIOD_SECONDS)


def _result(
    query: dict[str, Any], series: Iterable[float | None], window: Window, *, is_newest_first: bool
) -> dict[str, Any]:
    first, period = window.start_seconds, window.period_seconds
    points = [(_time(first + number * period), value) for number, value in enumerate(series) if value is not None]
    if is_newest_first:
        points.reverse()
    metric = query.get("MetricStat", {}).get("Metric", {}).get("MetricName")
    return {
        "id": query["Id"],
        "label": query.get("Label") or metric or query["Id"],
        "values": [value for _, value in points],
        "timestamps": [at for at, _ in points],
        "status_code": "Complete",
    }


def _pairs(datum: MetricDatumBase) -> dict[str, str]:
    return {str(each.name): str(each.value) for each in datum.dimensions}


def _seconds(moment: datetime) -> float:
    """moto's times have no zone, and are UTC."""
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
