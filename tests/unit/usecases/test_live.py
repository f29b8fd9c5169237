"""One look at an environment: everything that answers is told, and whatever does not says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from tests.support.releases.commands import Environment

from studyctl.cli.live_text import sections_of
from studyctl.cli.section import Tone
from studyctl.domain.answer import Known, NotKnown, answer_of
from studyctl.domain.queue_depth import QueueDepth
from studyctl.domain.release.bake import AlarmState
from studyctl.errors import Interrupted, PreflightFailed
from studyctl.usecases.live import LiveView, Running, look

DEEP = QueueDepth(waiting=7, in_flight=2, dead=0)


@dataclass
class CountedQueues:
    """Every queue is as deep as it says, or refuses."""

    depth: QueueDepth = DEEP
    refusal: str = ""
    asked: dict[str, str] = field(default_factory=dict)

    def depths(self, urls: Mapping[str, str]) -> Mapping[str, QueueDepth]:
        self.asked |= urls
        if self.refusal:
            raise PreflightFailed(self.refusal, hint="Ask who may.")
        return dict.fromkeys(urls, self.depth)


def seen(environment: Environment, queues: CountedQueues | None = None) -> LiveView:
    world = environment.world
    running = Running(
        world.place, {"queue_urls": {"work": "https://queue/work"}}, world, world, queues or CountedQueues()
    )
    return look(Known(running), environment.ledger, environment="dev", at="2026-11-29T09:00:00+00:00")


def tones(view: LiveView) -> dict[str, Tone]:
    return {section.title: section.tone for section in sections_of(view)}


def test_a_proven_environment_is_good_all_over() -> None:
    environment = Environment()
    environment.release("a")
    view = seen(environment)
    assert isinstance(view.smoke, Known)
    assert view.smoke.value.release == 1
    assert view.smoke.value.verdict.has_passed
    assert isinstance(view.services, Known)
    assert set(view.services.value) == set(environment.world.place.services)
    assert view.queues == Known({"work": DEEP})
    assert {title: tone for title, tone in tones(view).items() if title != "Alarms"} == {
        "Services": Tone.GOOD,
        "Release": Tone.GOOD,
        "Last smoke test": Tone.GOOD,
        "Queues": Tone.GOOD,
    }


def test_a_service_that_ecs_does_not_know_is_bad_not_left_out() -> None:
    environment = Environment()
    place = environment.world.place.services["api"]
    del environment.world.services[place.name]
    services = sections_of(seen(environment))[0]
    assert services.tone is Tone.BAD
    assert [row.cells[0] for row in services.rows if row.tone is Tone.BAD] == ["api"]


def test_a_service_without_tasks_is_worse_than_one_that_rolls() -> None:
    environment = Environment()
    name = environment.world.place.services["api"].name
    whole = environment.world.services[name]
    for running, tone in ((0, Tone.BAD), (1, Tone.DOUBT)):
        assert whole.primary is not None
        environment.world.services[name] = replace(
            whole, running=running, deployments=(replace(whole.primary, running=running),)
        )
        assert tones(seen(environment))["Services"] is tone


@pytest.mark.parametrize(
    ("state", "tone"),
    [
        (AlarmState.OK, Tone.GOOD),
        (AlarmState.INSUFFICIENT_DATA, Tone.DOUBT),
        (AlarmState.ALARM, Tone.BAD),
        (AlarmState.UNREADABLE, Tone.BAD),
    ],
)
def test_one_alarm_decides(state: AlarmState, tone: Tone) -> None:
    environment = Environment()
    prefix = environment.world.place.name
    environment.world.alarms.clear()
    environment.world.alarms |= {
        f"{prefix}-quiet": AlarmState.OK,
        f"{prefix}-one": state,
        "other-one": AlarmState.ALARM,
    }
    alarms = next(section for section in sections_of(seen(environment)) if section.title == "Alarms")
    assert alarms.tone is tone
    assert alarms.summary.startswith("2 alarms: ")
    assert [row.cells[0] for row in alarms.rows] == ([] if state is AlarmState.OK else [f"{prefix}-one"])


def test_dead_letters_are_bad() -> None:
    view = seen(Environment(), CountedQueues(QueueDepth(waiting=0, in_flight=0, dead=1)))
    assert tones(view)["Queues"] is Tone.BAD


def test_what_refuses_says_why_and_the_rest_is_told() -> None:
    view = seen(Environment(), CountedQueues(refusal="AWS refused to describe the queue"))
    assert view.queues == NotKnown("AWS refused to describe the queue", "Ask who may.")
    assert isinstance(view.services, Known)


def test_nothing_deployed_is_told_of_all_that_would_need_it() -> None:
    nothing = NotKnown("dev is not deployed", "studyctl deploy dev")
    view = look(nothing, Environment().ledger, environment="dev", at="now")
    assert view.services == view.alarms == view.queues == nothing
    assert isinstance(view.releases, Known)
    assert isinstance(view.smoke, NotKnown)
    assert [section.title for section in sections_of(view)] == [
        "Services",
        "Release",
        "Last smoke test",
        "Alarms",
        "Queues",
    ]


def test_an_interrupt_is_no_answer() -> None:
    def ask() -> str:
        raise Interrupted("stop")

    with pytest.raises(Interrupted):
        answer_of(ask)
