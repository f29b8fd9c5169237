"""Everything that is watched, as one consistent value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from studyctl.domain.monitoring.alerts import Alert, Composite, Notice
from studyctl.domain.monitoring.dashboards import Dashboard
from studyctl.domain.monitoring.logs import LogCount, LogQuery
from studyctl.domain.monitoring.objectives import BurnAlert, Objective


@dataclass(frozen=True)
class Watch:
    """The rows of monitoring/*.yaml."""

    alerts: tuple[Alert, ...]
    composites: tuple[Composite, ...]
    objectives: tuple[Objective, ...]
    burn_alerts: tuple[BurnAlert, ...]
    notices: tuple[Notice, ...]
    dashboards: tuple[Dashboard, ...]
    log_counts: tuple[LogCount, ...]
    log_queries: tuple[LogQuery, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What may be told of, each of which has a runbook."""
        return (
            *(alert.name for alert in self.alerts),
            *(composite.name for composite in self.composites),
            *(burn.name for burn in self.burn_alerts),
            *(notice.name for notice in self.notices),
        )

    def group_of(self, alert: Alert) -> str:
        """What is told together: the composite that the alert belongs to, or the alert by itself."""
        return next((each.name for each in self.composites if alert.name in each.any_of), alert.name)

    def problems(self) -> Iterator[str]:
        """What does not fit together."""
        yield from _named_twice("rows", self.names)
        yield from _named_twice("dashboards", (dashboard.name for dashboard in self.dashboards))
        yield from _named_twice("log counts", (row.name for row in self.log_counts))
        yield from _named_twice("log queries", (row.name for row in self.log_queries))
        alerts = {alert.name for alert in self.alerts}
        for what, name in self._mentions():
            if name not in alerts:
                yield f"{what} {name}, which is no alert"
        for objective in self.objectives:
            for burn in self.burn_alerts:
                if burn.limit(objective) >= 1:
                    yield f"{burn.name} can never ring for {objective.service}: no share of requests is that large"

    def _mentions(self) -> Iterator[tuple[str, str]]:
        """Who mentions which alert."""
        for alert in self.alerts:
            if alert.eclipsed_by is not None:
                yield f"{alert.name} is eclipsed by", alert.eclipsed_by
        for composite in self.composites:
            yield from ((f"{composite.name} is made of", name) for name in composite.any_of)
        for dashboard in self.dashboards:
            for panel in dashboard.panels:
                yield from ((f"{dashboard.name} draws", name) for name in panel.alerts)


def _named_twice(kind: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{name} is the name of {count} {kind}"


NOTHING = Watch((), (), (), (), (), (), (), ())
