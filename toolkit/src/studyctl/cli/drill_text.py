"""What a drill found as people read it, and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studyctl.domain.disaster.prospects import RECOVERY_POINT_SECONDS, RECOVERY_TIME_SECONDS
from studyctl.domain.disaster.runbook import duration

if TYPE_CHECKING:
    from rich.console import RenderableType

    from studyctl.domain.disaster.drill import DrillReport


def render(report: DrillReport) -> RenderableType:
    """The two objectives, then one row a store."""
    from rich.console import Group  # noqa: PLC0415

    from studyctl.cli.console import table  # noqa: PLC0415

    lost = report.recovery_point_seconds
    objectives = [
        (
            "serves again after",
            duration(report.recovery_time_seconds),
            duration(RECOVERY_TIME_SECONDS),
            _word(report.meets_time),
        ),
        (
            "lost",
            "everything" if lost is None else duration(lost),
            duration(RECOVERY_POINT_SECONDS),
            _word(report.meets_point),
        ),
    ]
    stores = [
        (
            store.store,
            str(sum(store.backed_up.values())),
            str(sum(store.restored.values())),
            _lost(store.lost_seconds(report.lost_at)),
        )
        for store in report.stores
    ]
    steps = [(done.step.value, duration(done.seconds)) for done in report.steps]
    return Group(
        table(("", "in this drill", "allowed", ""), objectives),
        table(("store", "backed up", "restored", "lost"), stores),
        table(("step", "took"), steps),
    )


def as_json(report: DrillReport) -> dict[str, Any]:
    """For programs, and what is kept of a drill."""
    return {
        "run_id": report.run_id,
        "environment": report.environment,
        "substitute": report.substitute,
        "lost_region": report.lost_region,
        "backup_region": report.backup_region,
        "release": report.release,
        "images": dict(report.images),
        "commit": report.commit,
        "lost_at": report.lost_at.isoformat(),
        "serving_at": report.serving_at.isoformat(),
        "has_passed": report.has_passed,
        "recovery_time": {
            "seconds": report.recovery_time_seconds,
            "objective_seconds": RECOVERY_TIME_SECONDS,
            "is_met": report.meets_time,
        },
        "recovery_point": {
            "seconds": report.recovery_point_seconds,
            "objective_seconds": RECOVERY_POINT_SECONDS,
            "is_met": report.meets_point,
        },
        "steps": [
            {
                "step": done.step.value,
                "began_at": done.began_at.isoformat(),
                "seconds": done.seconds,
                "did": list(done.did),
            }
            for done in report.steps
        ],
        "stores": [
            {
                "store": store.store,
                "backed_up": dict(store.backed_up),
                "restored": dict(store.restored),
                "newest_marker": store.marker.number if store.marker else None,
                "lost_seconds": store.lost_seconds(report.lost_at),
            }
            for store in report.stores
        ],
        "differences": list(report.differences),
        "not_shown_here": list(report.not_shown),
    }


def _word(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def _lost(seconds: float | None) -> str:
    return "everything" if seconds is None else duration(seconds)
