"""Follow deployments of ours until they serve, fail, or somebody else's take their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from studyctl.domain.release.bake import AlarmState
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.domain.release.plan import longest
from studyctl.domain.release.rollout import Progress, RolloutVerdict, judge_rollout
from studyctl.domain.release.seen import StoppedTask
from studyctl.domain.release.steps import Step
from studyctl.errors import StudyctlError
from studyctl.usecases.release_ports import NoAnswer
from studyctl.usecases.release_steps import StepFailed, Work, update

TASKS_TOLD = 2


class DeploymentFailed(StepFailed):
    """ECS gave a deployment of ours up, or turned it back."""


class DeploymentReplaced(StepFailed):
    """Somebody else's deployment took the place of one of ours: it is newer, and nobody here fights it."""


def await_start(work: Work, entry: LedgerEntry, step: Step) -> LedgerEntry:
    """Wait until the new tasks run, not until they serve: those who give them work may change now."""
    return _followed(work, entry, step, lambda verdict: verdict.has_started)


def follow(work: Work, entry: LedgerEntry, step: Step) -> LedgerEntry:
    """Wait until every one of our deployments serves, or one of them fails.

    A way back that ECS turned back while an alarm rings is told once more: the tasks that it replaces may have rung it
    after it began, and ECS ignores only what rings when a deployment begins. Never while another service of the step
    has somebody else's deployment, as all of them are told.
    """
    try:
        return _followed(work, entry, step, serves)
    except DeploymentFailed as failed:
        if not (entry.operation.goes_back and _is_excused(work, entry, step)):
            raise
        work.ports.narrator.progress(f"{str(failed).splitlines()[0]} An alarm rings, which ECS ignores now: once more")
    return _followed(work, update(work, entry, step), step, serves)


def serves(verdict: RolloutVerdict) -> bool:
    """What a deployment is followed for."""
    return verdict.progress is Progress.SERVING


def follow_deployments(
    work: Work,
    names: Mapping[str, str],
    arns: Mapping[str, str],
    ids: dict[str, str],
    *,
    timeout_seconds: float,
    until: Callable[[RolloutVerdict], bool] = serves,
) -> dict[str, str]:
    """Follow one deployment of each named service; the ids to know them by from now on.

    Raises:
        DeploymentReplaced: somebody else's deployment took the place of one of them.
        DeploymentFailed: one of them failed.
        StepFailed: one of them was not there in time.
    """
    clock, told = work.ports.clock, ""
    deadline = clock.seconds() + timeout_seconds
    while True:
        verdicts = _look(work, names, arns, ids)
        failed = [(key, verdict) for key, verdict in verdicts.items() if verdict.progress is Progress.FAILED]
        for key, verdict in sorted(failed, key=lambda each: not each[1].is_replaced):
            failure = DeploymentReplaced if verdict.is_replaced else DeploymentFailed
            raise failure(f"{key}: {verdict.detail}{failures_of(work, names[key], arns[key])}")
        ids.update({key: verdict.deployment_id for key, verdict in verdicts.items()})
        waiting = _grouped({key: each.detail for key, each in verdicts.items() if not until(each)})
        if verdicts and not waiting:
            return {key: ids[key] for key in names}
        if clock.seconds() >= deadline:
            late = "; ".join(waiting) or "ECS could not be asked"
            logs = "".join(failures_of(work, names[key], arns[key]) for key in names)
            raise StepFailed(f"not there after {timeout_seconds:.0f} s: {late}{logs}")
        if (now := " · ".join(waiting)) != told:
            work.ports.narrator.progress(now)
            told = now
        work.pause()


def _followed(work: Work, entry: LedgerEntry, step: Step, until: Callable[[RolloutVerdict], bool]) -> LedgerEntry:
    contents = {key: entry.release.services[key] for key in step.services}
    ids = follow_deployments(
        work,
        {key: content.service for key, content in contents.items()},
        {key: str(content.definition_arn) for key, content in contents.items()},
        dict(entry.deployments),
        timeout_seconds=longest([content.strategy for content in contents.values()]).timeout_seconds,
        until=until,
    )
    return entry.with_deployments(ids)


def failures_of(work: Work, service: str, definition_arn: str) -> str:
    """Which of its alarms ring, and why tasks of that revision stopped, with the last lines they logged; may be empty.

    ECS itself only says that an alarm was detected.
    """
    try:
        alarms = _ringing(work, [service])
        stopped: Iterable[StoppedTask] = work.ports.services.failures(service, definition_arn=definition_arn)
    except StudyctlError as unanswered:
        return f"\n(why its tasks stopped could not be asked: {unanswered.what})"
    ringing = [f"\nalarm {name} rings" for name in alarms]
    return "".join((*ringing, *(f"\n{task}" for task in list(stopped)[:TASKS_TOLD])))


def _is_excused(work: Work, entry: LedgerEntry, step: Step) -> bool:
    """Whether an alarm rings that may have failed a deployment; who cannot be asked excuses nothing."""
    try:
        return bool(_ringing(work, [entry.release.services[key].service for key in step.services]))
    except StudyctlError:
        return False


def _ringing(work: Work, services: Sequence[str]) -> list[str]:
    """Return the alarms that ring, of those that ECS watches during deployments of these services."""
    names = [name for seen in work.ports.services.see(services).values() for name in seen.alarm_names]
    states = work.ports.monitors.alarm_states(names) if names else {}
    return [name for name, state in states.items() if state is AlarmState.ALARM]


def _grouped(details: Mapping[str, str]) -> list[str]:
    """One text for all services of which the same is to be said."""
    groups: dict[str, list[str]] = {}
    for key, detail in details.items():
        groups.setdefault(detail, []).append(key)
    return [f"{', '.join(keys)}: {detail}" for detail, keys in groups.items()]


def _look(
    work: Work, names: Mapping[str, str], arns: Mapping[str, str], ids: Mapping[str, str]
) -> dict[str, RolloutVerdict]:
    """Where each deployment stands; nothing while ECS cannot be asked."""
    try:
        seen = work.ports.services.see(list(names.values()))
    except NoAnswer:
        return {}
    return {
        key: judge_rollout(seen.get(name), definition_arn=arns[key], deployment_id=ids.get(key, ""))
        for key, name in names.items()
    }
