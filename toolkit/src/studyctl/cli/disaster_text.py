"""A recovery plan as people read it, and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studyctl.domain.disaster.prospects import RECOVERY_POINT_SECONDS, RECOVERY_TIME_SECONDS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from studyctl.domain.disaster.prospects import RecoveryPlan


def render(plan: RecoveryPlan) -> RenderableType:
    """One row for each thing that an environment needs."""
    from studyctl.cli.console import table  # noqa: PLC0415

    rows = [
        (asset.name, asset.prospect.value, _loss(asset.loss_seconds), asset.means, asset.missing)
        for asset in plan.assets
    ]
    return table(("what", "prospect", "may lose", "from", "what is missing"), rows)


def footing(plan: RecoveryPlan) -> list[str]:
    """What stands in the way, and the verdict."""
    told = [f"In the way: {obstacle}" for obstacle in plan.obstacles]
    point, time = RECOVERY_POINT_SECONDS // 60, RECOVERY_TIME_SECONDS // 60
    missed = ", ".join(asset.name for asset in plan.missed)
    told.append(
        f"At most {point} minutes may be lost: not so for {missed}."
        if missed
        else f"Not more than {point} minutes would be lost."
    )
    told.append(f"Whether it would serve again within {time} minutes only a drill tells: {_drill(plan)}")
    return told


def as_json(plan: RecoveryPlan) -> dict[str, Any]:
    """For programs."""
    return {
        "environment": plan.environment,
        "lost_region": plan.lost_region,
        "backup_region": plan.backup_region,
        "state_key": plan.state_key,
        "is_sufficient": plan.is_sufficient,
        "objective_seconds": {"recovery_point": RECOVERY_POINT_SECONDS, "recovery_time": RECOVERY_TIME_SECONDS},
        "assets": [
            {
                "name": asset.name,
                "prospect": asset.prospect.value,
                "may_lose_seconds": asset.loss_seconds,
                "meets_objective": asset.meets_objective,
                "from": asset.means,
                "missing": asset.missing,
            }
            for asset in plan.assets
        ],
        "obstacles": list(plan.obstacles),
    }


def _drill(plan: RecoveryPlan) -> str:
    return f"studyctl dr drill {plan.environment}"


def _loss(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds // 3600} h" if seconds >= 3600 else f"{seconds // 60} min"  # noqa: PLR2004 - seconds of an hour
