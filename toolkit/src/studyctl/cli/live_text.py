"""How an environment is this moment, as sections: for the live view and for the report alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from studyctl.cli.section import Row, Section, Tone, missing
from studyctl.domain.answer import NotKnown
from studyctl.domain.queue_depth import QueueDepth
from studyctl.domain.release.bake import AlarmState
from studyctl.domain.release.seen import ServiceSeen
from studyctl.domain.release.verdicts import Judgement
from studyctl.usecases.live import LiveView
from studyctl.usecases.releases import Overview

ALARM_WORDS = {
    AlarmState.ALARM: ("rings", Tone.BAD),
    AlarmState.UNREADABLE: ("cannot be read", Tone.BAD),
    AlarmState.INSUFFICIENT_DATA: ("has no data", Tone.DOUBT),
    AlarmState.OK: ("is quiet", Tone.GOOD),
}
"""From grave to good."""
_JUDGED = {Judgement.PASS: Tone.GOOD, Judgement.INCONCLUSIVE: Tone.DOUBT, Judgement.FAIL: Tone.BAD}
_STEADY = "steady"


def sections_of(view: LiveView) -> tuple[Section, ...]:
    """Services, release, smoke test, alarms, queues, in this order."""
    return (services(view), serving(view), smoke(view), alarms(view), queues(view))


def services(view: LiveView) -> Section:
    """Each service with its tasks and how its rollout stands."""
    if isinstance(view.services, NotKnown):
        return missing("Services", view.services)
    rows = tuple(_service(key, seen) for key, seen in sorted(view.services.value.items()))
    steady = sum(row.tone is Tone.GOOD for row in rows)
    tone = Tone.GOOD if steady == len(rows) else worst(rows)
    columns = ("service", "tasks", "rollout", "revision")
    return Section("Services", f"{steady} of {len(rows)} services are steady", tone, columns, rows)


def _service(key: str, seen: ServiceSeen | None) -> Row:
    if seen is None:
        return Row((key, "none", "ECS knows no such service", ""), Tone.BAD)
    primary = seen.primary
    revision = primary.definition_arn.rpartition("/")[2] if primary else "none"
    tasks = f"{seen.running} of {seen.desired}"
    if seen.is_steady:
        return Row((key, tasks, _STEADY, revision), Tone.GOOD)
    if primary is None or not seen.is_active:
        return Row((key, tasks, "not active", revision), Tone.BAD)
    failed = f", {primary.failed_tasks} tasks failed" if primary.failed_tasks else ""
    words = f"{primary.state.value.lower().replace('_', ' ')}{failed}"
    return Row((key, tasks, f"{words}: {primary.reason}" if primary.reason else words, revision), _rolling(seen))


def _rolling(seen: ServiceSeen) -> Tone:
    """A service without a task serves nobody; one that rolls is only not settled."""
    return Tone.BAD if seen.running == 0 < seen.desired else Tone.DOUBT


def serving(view: LiveView) -> Section:
    """Which release serves, and what is under way."""
    if isinstance(view.releases, NotKnown):
        return missing("Release", view.releases)
    return Section("Release", *_serving(view.releases.value))


def _serving(overview: Overview) -> tuple[str, Tone]:
    serves = overview.serving
    said = (
        f"release {serves.number} serves, commit {serves.release.commit[:12]}, "
        f"by {serves.actor} at {_moment(serves.finished_at or serves.started_at)}"
        if serves
        else "no release is proven"
    )
    left = overview.left
    if left is None:
        return said, Tone.GOOD if serves else Tone.DOUBT
    doing = "bakes" if left.is_baking else f"is {left.status}" + (f" at {left.step}" if left.step else "")
    return f"{said}; {left.operation} {left.number} {doing}", Tone.DOUBT


def smoke(view: LiveView) -> Section:
    """The last smoke test that a release recorded."""
    if isinstance(view.smoke, NotKnown):
        return missing("Last smoke test", view.smoke)
    found = view.smoke.value
    summary = f"{found.verdict} (release {found.release}, {_moment(found.at)})"
    return Section("Last smoke test", summary, _JUDGED[found.verdict.judgement])


def alarms(view: LiveView) -> Section:
    """Counts, and every alarm that is not quiet."""
    if isinstance(view.alarms, NotKnown):
        return missing("Alarms", view.alarms)
    found = view.alarms.value
    if not found:
        return Section("Alarms", "the environment has no alarm", Tone.DOUBT)
    counts = Counter(found.values())
    told = [
        f"{counts[state]} {_plural(words, counts[state])}" for state, (words, _) in ALARM_WORDS.items() if counts[state]
    ]
    summary = f"{len(found)} alarms: {', '.join(told)}"
    tone = next(tone for state, (_, tone) in ALARM_WORDS.items() if counts[state])
    return Section("Alarms", summary, tone, ("alarm", "state"), tuple(_loud(found)))


def _loud(found: Mapping[str, AlarmState]) -> list[Row]:
    return [
        Row((name, words), tone)
        for state, (words, tone) in ALARM_WORDS.items()
        if state is not AlarmState.OK
        for name in sorted(name for name, each in found.items() if each is state)
    ]


def _plural(words: str, count: int) -> str:
    """`rings` for one, `ring` for any other number."""
    if count == 1:
        return words
    verb, *rest = words.split(" ")
    many = {"rings": "ring", "is": "are", "has": "have"}
    return " ".join((many.get(verb, verb), *rest))


def queues(view: LiveView) -> Section:
    """Each queue with what waits, what is being handled and what could not be."""
    if isinstance(view.queues, NotKnown):
        return missing("Queues", view.queues)
    found = view.queues.value
    rows = tuple(_queue(key, depth) for key, depth in sorted(found.items()))
    waiting, dead = sum(one.waiting for one in found.values()), sum(one.dead or 0 for one in found.values())
    tone = Tone.BAD if dead else Tone.GOOD
    columns = ("queue", "waiting", "in flight", "dead letters")
    return Section("Queues", f"{waiting} messages wait, {dead} dead letters", tone, columns, rows)


def _queue(key: str, depth: QueueDepth) -> Row:
    dead = "no such queue" if depth.dead is None else str(depth.dead)
    return Row((key, str(depth.waiting), str(depth.in_flight), dead), Tone.BAD if depth.dead else Tone.GOOD)


def worst(rows: tuple[Row, ...]) -> Tone:
    """The gravest tone of rows; in doubt where there are none."""
    order = list(Tone)
    return max((row.tone for row in rows), key=order.index, default=Tone.DOUBT)


def _moment(at: str) -> str:
    return at[:19].replace("T", " ")
