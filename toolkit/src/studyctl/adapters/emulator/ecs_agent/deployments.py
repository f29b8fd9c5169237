"""How a service's deployments go on: failures are counted, the primary is judged, tasks are placed, the end is noticed.

`advance` is the whole of it, a pure function. Words are those of AWS.
"""

from __future__ import annotations

from dataclasses import replace

from studyctl.adapters.emulator.ecs_agent.breaker import failure_threshold, retry_delay_seconds
from studyctl.adapters.emulator.ecs_agent.placement import place
from studyctl.adapters.emulator.ecs_agent.rollout import (
    Action,
    Announce,
    Deployment,
    Failure,
    Health,
    Observation,
    Phase,
    Policy,
    Rollout,
    RolloutState,
    Step,
    Stop,
    TaskFact,
)

STEADY = "has reached a steady state."
BREAKER = "ECS deployment circuit breaker"
ALARMS = "ECS deployment alarms"


def begin(rollout: Rollout, deployment_id: str) -> Rollout:
    """A new primary deployment; what was one before is replaced by it."""
    fresh = Deployment(deployment_id, reason=f"ECS deployment {deployment_id} in progress.")
    return replace(rollout, deployments=(fresh, *rollout.deployments), is_steady=False)


def advance(rollout: Rollout, policy: Policy, seen: Observation) -> Step:
    """One look at a service: the next state of its deployments and what has to be done."""
    sick = tuple(
        Stop(task.id, task.complaint)
        for task in seen.tasks
        if task.phase is Phase.RUNNING and task.health is Health.UNHEALTHY
    )
    sick_ids = {stop.task for stop in sick}
    staying = tuple(task for task in seen.tasks if task.is_staying and task.id not in sick_ids)
    failures = (*seen.failures, *(Failure(task.deployment) for task in seen.tasks if task.id in sick_ids))
    counted = tuple(_counted(deployment, seen, failures) for deployment in rollout.deployments)
    judged = _judge(replace(rollout, deployments=counted), policy, seen)
    rollout = judged.rollout
    placed = place(rollout.primary, policy, staying, seen.now_seconds)
    rollout = _without_ended(rollout, seen.tasks)
    is_steady = not (sick or judged.actions or placed) and _is_steady(rollout, policy, seen.tasks)
    ended = _conclude(rollout, policy, seen.now_seconds, is_steady=is_steady)
    return Step(ended.rollout, (*sick, *judged.actions, *placed, *ended.actions))


def _counted(deployment: Deployment, seen: Observation, failures: tuple[Failure, ...]) -> Deployment:
    """Failures in a row: a task that becomes healthy ends the row (`resetOnHealthyTask`, by default true)."""
    own = [failure for failure in failures if failure.deployment == deployment.id]
    tasks = [task for task in seen.tasks if task.deployment == deployment.id]
    healthy = frozenset(task.id for task in tasks if task.is_healthy)
    if healthy - deployment.proven:
        deployment = replace(deployment, failed_tasks=0, failures_in_a_row=0)
    deployment = replace(deployment, proven=healthy | deployment.proven & {task.id for task in tasks})
    if not own:
        return deployment
    in_a_row = deployment.failures_in_a_row + len(own)
    return replace(
        deployment,
        failures_in_a_row=in_a_row,
        failed_tasks=deployment.failed_tasks + (len(own) if deployment.is_in_progress else 0),
        not_before_seconds=seen.now_seconds + retry_delay_seconds(in_a_row),
        is_held=deployment.is_held or any(failure.is_final for failure in own),
    )


def _judge(rollout: Rollout, policy: Policy, seen: Observation) -> Step:
    """Whether the primary has failed, and what takes its place then."""
    primary = rollout.primary
    if not primary.is_in_progress:
        return Step(rollout)
    ringing = policy.alarm_names & seen.ringing
    if primary.alarms_at_start is None:
        # an alarm that rings already is ignored for the whole deployment
        primary = replace(primary, alarms_at_start=ringing)
        rollout = replace(rollout, deployments=(primary, *rollout.deployments[1:]))
    if ringing - (primary.alarms_at_start or frozenset()):
        return _fail(rollout, ALARMS, "alarm detected", rolls_back=policy.alarms_roll_back)
    if policy.has_breaker and primary.failed_tasks >= failure_threshold(policy.desired_count):
        return _fail(rollout, BREAKER, "tasks failed to start", rolls_back=policy.breaker_rolls_back)
    return Step(rollout)


def _fail(rollout: Rollout, judge: str, why: str, *, rolls_back: bool) -> Step:
    primary, *others = rollout.deployments
    failed = replace(primary, state=RolloutState.FAILED, reason=f"{judge}: {why}.")
    actions: list[Action] = [Announce(f"(deployment {primary.id}) deployment failed: {why}.")]
    previous = rollout.last_completed
    if not rolls_back or previous is None or previous.id == primary.id:
        return Step(replace(rollout, deployments=(failed, *others)), tuple(actions))
    back = Deployment(
        previous.id,
        reason=f"{judge}: rolling back to deploymentId {previous.id}.",
        proven=next((each.proven for each in others if each.id == previous.id), frozenset()),
    )
    actions.append(Announce(f"rolling back to deployment {previous.id}."))
    rest = tuple(each for each in others if each.id != previous.id)
    # until it is complete again, there is nothing to go back to
    return Step(
        replace(rollout, deployments=(back, failed, *rest), last_completed=None, is_steady=False), tuple(actions)
    )


def _without_ended(rollout: Rollout, tasks: tuple[TaskFact, ...]) -> Rollout:
    """Old deployments are listed until their last task has ended, failed ones until there is a complete one again."""
    alive = {task.deployment for task in tasks}
    is_going_back = rollout.primary.is_in_progress
    kept = tuple(
        each
        for each in rollout.deployments[1:]
        if each.id in alive or (is_going_back and each.state is RolloutState.FAILED)
    )
    return replace(rollout, deployments=(rollout.primary, *kept))


def _is_steady(rollout: Rollout, policy: Policy, tasks: tuple[TaskFact, ...]) -> bool:
    if any(task.deployment != rollout.primary.id for task in tasks):
        return False
    ours = [task for task in tasks if task.is_staying]
    return len(ours) == policy.desired_count and all(task.is_healthy for task in ours)


def _conclude(rollout: Rollout, policy: Policy, now_seconds: float, *, is_steady: bool) -> Step:
    primary, *others = rollout.deployments
    if not is_steady:
        primary = replace(primary, steady_since_seconds=None)
        return Step(replace(rollout, deployments=(primary, *others), is_steady=False))
    actions: list[Action] = []
    since = now_seconds if primary.steady_since_seconds is None else primary.steady_since_seconds
    primary = replace(primary, steady_since_seconds=since)
    last_completed = rollout.last_completed
    if primary.is_in_progress and now_seconds - since >= policy.bake_seconds:
        primary = replace(
            primary, state=RolloutState.COMPLETED, reason=f"ECS deployment {primary.id} completed.", failed_tasks=0
        )
        last_completed = primary
        actions.append(Announce(f"(deployment {primary.id}) deployment completed."))
    if not rollout.is_steady:
        actions.append(Announce(STEADY))
    return Step(Rollout((primary, *others), last_completed, is_steady=True), tuple(actions))
