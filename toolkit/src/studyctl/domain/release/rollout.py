"""Whether our deployment of a service serves: the decision while following it, from what ECS answers.

"The service is stable" is not the question: a service whose deployment was turned back by ECS is stable too.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from studyctl.domain.release.seen import DeploymentSeen, RolloutState, ServiceSeen

_EVENTS_TOLD = 3
GIVEN_UP = "ECS gave the deployment up"
_ROLLED_BACK = re.compile(r"\brolling back to deployment(?:Id)? (\S+?)\.?$")
"""ECS's words for a deployment that it put back by itself: an event of the service, and the reason while it is at it.
Source: Amazon ECS Developer Guide, "service event messages" and "service deployment state change events"."""


class Progress(enum.Enum):
    """How far our deployment is."""

    UNDERWAY = "under way"
    SERVING = "serving"
    FAILED = "failed"


@dataclass(frozen=True)
class RolloutVerdict:
    """Where our deployment stands and why; `deployment_id` is the one to follow from now on."""

    progress: Progress
    deployment_id: str
    detail: str = ""
    has_started: bool = False
    """Whether as many of our tasks run as shall, healthy or not yet."""
    is_replaced: bool = False
    """Whether it failed because somebody else deployed something after it, and not because ECS turned it back."""


def judge_rollout(seen: ServiceSeen | None, *, definition_arn: str, deployment_id: str) -> RolloutVerdict:
    """Judge our deployment. It may be replaced by a newer one of the same revision, which is then the one to follow."""
    if seen is None or not seen.is_active:
        return RolloutVerdict(Progress.FAILED, deployment_id, "the service is gone")
    ours = next((each for each in seen.deployments if each.id == deployment_id), None)
    primary = seen.primary
    has_failed = ours is not None and ours.state is RolloutState.FAILED
    if primary is None or primary.definition_arn != definition_arn:
        is_replaced = primary is not None and not _was_put_back(seen, primary)
        detail = ours.reason if ours is not None and has_failed and not is_replaced else _replaced(seen, primary)
        return RolloutVerdict(Progress.FAILED, deployment_id, detail or GIVEN_UP, is_replaced=is_replaced)
    if ours is not None and has_failed:
        return RolloutVerdict(Progress.FAILED, deployment_id, ours.reason or GIVEN_UP)
    if primary.state is RolloutState.FAILED:
        return RolloutVerdict(Progress.FAILED, primary.id, primary.reason or GIVEN_UP)
    if seen.serves(definition_arn):
        return RolloutVerdict(Progress.SERVING, primary.id, f"{primary.running} of {seen.desired} tasks run", True)
    has_started = 0 < seen.desired <= primary.running
    return RolloutVerdict(Progress.UNDERWAY, primary.id, _underway(seen, primary), has_started)


def _was_put_back(seen: ServiceSeen, primary: DeploymentSeen) -> bool:
    """Whether ECS went back to that deployment by itself. Whoever deploys makes one that no event names so."""
    named = [found[1] for event in seen.events if (found := _ROLLED_BACK.search(event))]
    return primary.id in named or _ROLLED_BACK.search(primary.reason) is not None


def is_in_health(seen: ServiceSeen, count: int) -> bool:
    """Whether a rollout that is done has the tasks it was made with; scaling may add some and take them away again."""
    primary = seen.primary
    return primary is not None and primary.state is RolloutState.COMPLETED and primary.running >= count


def _underway(seen: ServiceSeen, primary: DeploymentSeen) -> str:
    old = sum(other.running for other in seen.deployments if not other.is_primary)
    failed = f", {primary.failed_tasks} failed" if primary.failed_tasks else ""
    beside = f", {old} old beside them" if old else ""
    is_alone = primary.running >= seen.desired and not old
    return f"{primary.running} of {seen.desired} new tasks run{failed}{beside}" + (
        ", no old ones; ECS waits for health checks and alarms" if is_alone else ""
    )


def _replaced(seen: ServiceSeen, primary: DeploymentSeen | None) -> str:
    now = f"ECS now deploys {primary.definition_arn.rpartition('/')[2]} instead" if primary else "nothing is deployed"
    reason = f": {primary.reason}" if primary and primary.reason else ""
    told = [event for event in seen.events[:_EVENTS_TOLD] if event]
    return "\n".join([f"{now}{reason}", *told])
