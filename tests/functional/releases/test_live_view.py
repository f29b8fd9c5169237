"""The live view asks what really answers: services, alarms and queues of an environment on the emulator."""

from __future__ import annotations

from tests.support.releases.stage import Stage

from studyctl.adapters.aws.queue_depths import QueueDepths
from studyctl.cli.live_text import sections_of
from studyctl.cli.section import Tone
from studyctl.domain.answer import Known
from studyctl.domain.queue_depth import QueueDepth
from studyctl.domain.release.bake import AlarmState
from studyctl.usecases.live import LiveView, Running, look


def seen(stage: Stage) -> LiveView:
    queues = QueueDepths(stage.client("sqs"))
    running = Running(stage.place, stage.platform, stage.aws.services, stage.aws.monitors, queues)
    return look(Known(running), stage.aws.ledger, environment="dev", at="now")


def test_what_waits_is_dead_or_rings_is_seen(stage: Stage) -> None:
    sqs, work = stage.client("sqs"), stage.platform["queue_urls"]["work"]
    dead = sqs.get_queue_url(QueueName=f"{stage.name}-dead")["QueueUrl"]
    try:
        for _ in range(2):
            sqs.send_message(QueueUrl=work, MessageBody="waits")
        sqs.send_message(QueueUrl=dead, MessageBody="dead")
        stage.set_alarm("ALARM")
        view = seen(stage)
    finally:
        stage.set_alarm("OK")
        sqs.purge_queue(QueueUrl=work)
        sqs.purge_queue(QueueUrl=dead)
    assert view.queues == Known({"work": QueueDepth(waiting=2, in_flight=0, dead=1)})
    assert isinstance(view.alarms, Known)
    assert view.alarms.value[f"{stage.name}-dead-letters"] is AlarmState.ALARM
    assert isinstance(view.services, Known)
    assert all(service is not None and service.is_steady for service in view.services.value.values())
    assert isinstance(view.smoke, Known)
    assert view.smoke.value.verdict.has_passed
    tones = {section.title: section.tone for section in sections_of(view)}
    assert tones["Services"] is tones["Last smoke test"] is Tone.GOOD
    assert tones["Queues"] is tones["Alarms"] is Tone.BAD
