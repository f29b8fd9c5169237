"""Everything that is watched, as one consistent value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from studyctl.domain.monitoring.alerts import Alert, Composite, Notice
from studyctl.domain.monitoring.objectives import BurnAlert, Objective


@dataclass(frozen=True)
class Watch:
    """The rows of monitoring/*.yaml."""

    alerts: tuple[Alert, ...]
    composites: tuple[Composite, ...]
    objectives: tuple[Objective, ...]
    burn_alerts: tuple[BurnAlert, ...]
    notices: tuple[Notice, ...]

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
        for name, count in Counter(self.names).items():
            if count > 1:
                yield f"{name} is the name of {count} rows"
        alerts = {alert.name: alert for alert in self.alerts}
        for alert in self.alerts:
            if alert.eclipsed_by is not None and alert.eclipsed_by not in alerts:
                yield f"{alert.name} is eclipsed by {alert.eclipsed_by}, which is no alert"
        for composite in self.composites:
            for name in composite.any_of:
                if name not in alerts:
                    yield f"{composite.name} is made of {name}, which is no alert"
        for objective in self.objectives:
            for burn in self.burn_alerts:
                if burn.limit(objective) >= 1:
                    yield f"{burn.name} can never ring for {objective.service}: no share of requests is that large"


NOTHING = Watch((), (), (), (), ())
