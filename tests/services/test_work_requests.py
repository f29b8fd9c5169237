"""Work is asked for by events that everyone may read, and attempts end as their failures deserve."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyruntime.errors import MessageRejected, ObjectNotFound, Unavailable
from studyruntime.events.catalogue import CATALOGUE, QuizGenerated, TaskStatus, TaskStatusUpdate
from studyruntime.events.codec import EventCodec
from studyservices.endpoint import ModelRefused
from studyservices.errors import NotEnoughText, UnreadableDocument
from studyservices.lifecycle import Step
from studyservices.work.attempts import FINAL, Outcome, attempt
from studyservices.work.requests import WORK, WorkRequest

USERS = st.text(min_size=1, max_size=64)


@given(st.sampled_from(Step), st.uuids(), USERS)
def test_a_request_survives_its_way_as_an_event(step: Step, subject_id: uuid.UUID, user_id: str) -> None:
    request = WorkRequest(step, subject_id, user_id)

    assert WorkRequest.from_event(EventCodec().decode(EventCodec().encode(request.to_event()))) == request


def test_no_other_event_asks_for_work() -> None:
    queued = {"user_id": "u", "task_id": f"process:{uuid.uuid4()}", "status": TaskStatus.QUEUED}

    assert WorkRequest.from_event(QuizGenerated(user_id="u", quiz_id="q", question_count=1)) is None
    assert WorkRequest.from_event(TaskStatusUpdate.model_validate({**queued, "task_type": "another_programs"})) is None
    for status in set(TaskStatus) - {TaskStatus.QUEUED}:
        update = {**queued, "task_type": WORK[Step.PROCESS].task_type, "status": status}
        assert WorkRequest.from_event(TaskStatusUpdate.model_validate(update)) is None
    assert len(CATALOGUE) > 1


def test_every_step_has_names_of_its_own() -> None:
    assert set(WORK) == set(Step)
    assert len({work.task for work in WORK.values()}) == len({work.task_type for work in WORK.values()}) == len(WORK)


FINAL_FAILURES = [
    UnreadableDocument("the PDF is damaged", hint="Export it anew."),
    NotEnoughText("there is not enough text", hint="Write more."),
    ModelRefused("wrong key sk-123"),
    ObjectNotFound("uploads", "documents/1"),
    MessageRejected("no"),
]


def failing(error: Exception) -> Outcome:
    raise error


@pytest.mark.parametrize("error", FINAL_FAILURES)
def test_what_will_not_be_better_is_given_up_at_once(error: Exception) -> None:
    reasons: list[str] = []

    assert attempt(lambda: failing(error), reasons.append, is_last=False) is Outcome.FAILED
    assert len(reasons) == 1
    assert isinstance(error, FINAL)


def test_the_user_reads_about_his_document_and_nothing_about_us() -> None:
    reasons: list[str] = []
    for error in FINAL_FAILURES:
        attempt(lambda error=error: failing(error), reasons.append, is_last=False)  # type: ignore[misc]

    assert reasons[0] == "The PDF is damaged. Export it anew."
    assert not any("sk-123" in reason or "documents/1" in reason for reason in reasons)


@pytest.mark.parametrize("error", [Unavailable("Qdrant", "10.0.0.7 refused"), ValueError("bug")])
@pytest.mark.parametrize("is_last", [True, False])
def test_everything_else_is_tried_again_and_given_up_after_the_last_time(error: Exception, is_last: bool) -> None:
    reasons: list[str] = []

    with pytest.raises(type(error)):
        attempt(lambda: failing(error), reasons.append, is_last=is_last)

    assert len(reasons) == int(is_last)
    assert not any("10.0.0.7" in reason for reason in reasons)


def test_what_succeeds_is_not_given_up() -> None:
    reasons: list[str] = []

    assert attempt(lambda: Outcome.DONE, reasons.append, is_last=True) is Outcome.DONE
    assert reasons == []
