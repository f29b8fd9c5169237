"""Dashboards of Grafana, generated from monitoring/: what Prometheus measures, and below what CloudWatch alone does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from grafana_foundation_sdk.builders import common as build_common
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import DataSourceRef, GraphThresholdsStyleMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, Threshold, ThresholdsMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from scripts import grafana_cloudwatch

from studyctl.domain.monitoring.alerts import WINDOW, Alert
from studyctl.domain.monitoring.dashboards import Dashboard, Panel
from studyctl.domain.monitoring.prometheus import Tempo
from studyctl.domain.monitoring.watch import Watch

SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
"""Chosen by a variable, so that a dashboard works in any Grafana."""
CLOUDWATCH_ALONE = "What CloudWatch alone measures"
HOUR_SECONDS = 3600
RATE_INTERVAL = "$__rate_interval"
"""Grafana's window of a rate: never shorter than four scrapes."""
SPAN, HEIGHT = 12, 8
FINE, WARNING, CRITICAL = "transparent", "orange", "red"
UNITS = {"percent": "percent", "seconds": "s", "bytes": "bytes"}
FIRING = 'ALERTS{alertstate="firing"'


def dashboard_files(watch: Watch) -> Iterator[tuple[str, str]]:
    """Name and text of each dashboard's file."""
    for row in watch.dashboards:
        document = json.loads(json.dumps(_dashboard(watch, row).build(), cls=JSONEncoder))
        yield f"{row.name}.json", json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _dashboard(watch: Watch, row: Dashboard) -> build.Dashboard:
    alerts = {alert.name: alert for alert in watch.alerts}
    board = (
        build.Dashboard(row.title)
        .uid(f"study-{row.name}")
        .description(row.summary)
        .tags(["study"])
        .readonly()
        .refresh("30s")
        .time("now-3h", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(build.DatasourceVariable("source").label("Data source").type("prometheus"))
    )
    names = sorted({name for panel in row.panels for name in panel.alerts if alerts[name].prometheus is not None})
    if names:
        board.annotation(_when_they_rang(names))
    for number, panel in enumerate(row.panels, 1):
        drawn = [alerts[name] for name in panel.alerts if alerts[name].prometheus is not None]
        if panel.shows_what_rings:
            board.with_panel(_what_rings(panel).id(number).span(SPAN).height(HEIGHT))
        elif drawn or panel.prometheus:
            expressions = _of_alert(drawn[0]) if drawn else _of_panel(panel)
            picture = _picture(panel, drawn[0].unit if drawn else panel.unit or "").datasource(SOURCE)
            _ask(picture, expressions)
            board.with_panel(_limits(picture, watch, panel, drawn).id(number).span(SPAN).height(HEIGHT))
    return _with_cloudwatch(board, watch, row)


def _with_cloudwatch(board: build.Dashboard, watch: Watch, row: Dashboard) -> build.Dashboard:
    """A row that stays folded where nobody opens it: without CloudWatch it has nothing to show, with it it costs."""
    alerts = {alert.name: alert for alert in watch.alerts}
    folded = build.Row(CLOUDWATCH_ALONE).id(len(row.panels) + 1)
    count = 0
    for number, panel in enumerate(row.panels, 1):
        source = grafana_cloudwatch.drawn(panel, alerts)
        if source is None:
            continue
        told = [alerts[name] for name in panel.alerts]
        picture = _picture(panel, told[0].unit if told else panel.unit or "").datasource(grafana_cloudwatch.SOURCE)
        for query in grafana_cloudwatch.queries(source):
            picture.with_target(query)
        if source.period_seconds > HOUR_SECONDS:  # in the dashboard's three hours there may be no value at all
            picture.time_from("14d")
        folded.with_panel(_limits(picture, watch, panel, told).id(number).span(SPAN).height(HEIGHT))
        count += 1
    if count == 0:
        return board
    variable = build.DatasourceVariable("cloudwatch").label("CloudWatch").type("cloudwatch")
    return board.with_variable(variable).with_row(folded)


def _picture(panel: Panel, unit: str) -> timeseries.Panel:
    picture = timeseries.Panel().title(panel.title).unit(UNITS.get(unit, "short")).min(0)
    picture.legend(build_common.VizLegendOptions().show_legend(True).placement(LegendPlacement.BOTTOM))
    if unit not in UNITS:
        picture.axis_label(unit)
    return picture


def _ask(picture: timeseries.Panel, expressions: Mapping[str, str]) -> None:
    for place, (legend, expression) in enumerate(expressions.items()):
        picture.with_target(
            prometheus.Dataquery().expr(expression).legend_format(legend).range().ref_id(chr(ord("A") + place))
        )


def _limits(picture: timeseries.Panel, watch: Watch, panel: Panel, drawn: Sequence[Alert]) -> timeseries.Panel:
    """Lines where its alerts begin, and where the promise to users ends."""
    steps = list(_steps(drawn))
    if panel.objective is not None:
        seconds = {objective.p95_seconds for objective in watch.objectives}
        steps = [Threshold(None, FINE), *(Threshold(each, WARNING) for each in sorted(seconds))]
    if not steps:
        return picture
    style = build_common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
    return picture.thresholds(build.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)).thresholds_style(
        style
    )


def _steps(drawn: Sequence[Alert]) -> Iterator[Threshold]:
    """A step is a colour from its value upwards, so what is too little is coloured below its limit."""
    rows = sorted((float(alert.limit), alert.comparison, alert.severity) for alert in drawn)
    if not rows:
        return
    colours = [CRITICAL if severity == "critical" else WARNING for _, _, severity in rows]
    colours = [FINE, *colours] if rows[0][1] == ">" else [*colours, FINE]
    values = [None, *(limit for limit, _, _ in rows)]
    yield from (Threshold(value, colour) for value, colour in zip(values, colours, strict=True))


def _of_alert(alert: Alert) -> dict[str, str]:
    """What the alert compares, over its own window: a line crosses the limit where the alert does."""
    assert alert.prometheus is not None  # noqa: S101  the caller chose those that have it
    return {"__auto": _filled(alert.prometheus.value, Tempo().duration(alert.prometheus_seconds))}


def _of_panel(panel: Panel) -> dict[str, str]:
    return {legend: _filled(expression, RATE_INTERVAL) for legend, expression in panel.prometheus.items()}


def _filled(expression: str, window: str) -> str:
    return re.sub(r"\s+", " ", expression).strip().replace(WINDOW, window)


def _what_rings(panel: Panel) -> table.Panel:
    query = prometheus.Dataquery().expr(f"{FIRING}}}").format(PromQueryFormat.TABLE).instant().ref_id("A")
    return table.Panel().title(panel.title).datasource(SOURCE).with_target(query)


def _when_they_rang(names: Sequence[str]) -> build.AnnotationQuery:
    return (
        build.AnnotationQuery()
        .name("Alerts")
        .datasource(SOURCE)
        .enable(True)
        .icon_color(CRITICAL)
        .expr(f'{FIRING},alertname=~"{"|".join(names)}"}}')
        .title_format("{{alertname}}")
        .text_format("{{service}} {{queue}}")
        .step("60s")
    )
