"""The tables by which workers and requests decide: work goes forward, ends, and can always be begun again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyservices.lifecycle import (
    AT_WORK,
    BEGINS_FROM,
    DONE,
    DocumentStatus,
    IndexAnswer,
    QuizStatus,
    Step,
    answer_index_request,
    first_quiz_status,
    next_step,
)

DOCUMENT_STEPS = (Step.PROCESS, Step.INDEX)


@given(st.sampled_from(DocumentStatus), st.booleans())
def test_work_ends_where_it_was_meant_to(status: DocumentStatus, wants_index: bool) -> None:
    seen = [status]
    while (step := next_step(seen[-1], wants_index=wants_index)) is not None:
        seen.append(DONE[step])
        assert len(seen) <= len(DocumentStatus)

    goal = DocumentStatus.INDEXED if wants_index else DocumentStatus.PROCESSED
    begun_index = status in (DocumentStatus.INDEXING, DocumentStatus.INDEXED)
    assert seen[-1] is goal or status is DocumentStatus.FAILED or begun_index


@pytest.mark.parametrize("step", DOCUMENT_STEPS)
def test_a_killed_step_can_be_begun_again_and_a_finished_one_cannot(step: Step) -> None:
    assert AT_WORK[step] in BEGINS_FROM[step]
    assert DONE[step] not in BEGINS_FROM[step]


def test_no_status_begins_two_steps() -> None:
    assert not BEGINS_FROM[Step.PROCESS] & BEGINS_FROM[Step.INDEX]


@given(st.sampled_from(DocumentStatus), st.booleans())
def test_asking_for_an_index_always_leads_to_one(status: DocumentStatus, has_text: bool) -> None:
    answer, becomes = answer_index_request(status, has_text=has_text)

    assert becomes is not DocumentStatus.FAILED
    while (step := next_step(becomes, wants_index=True)) is not None:
        becomes = DONE[step]
    assert becomes is DocumentStatus.INDEXED
    assert (answer is IndexAnswer.ALREADY_INDEXED) == (status is DocumentStatus.INDEXED)


@given(st.sampled_from(DocumentStatus))
def test_a_quiz_waits_exactly_while_its_document_is_not_indexed(status: DocumentStatus) -> None:
    assert (first_quiz_status(status) is QuizStatus.REQUESTED) == (status is DocumentStatus.INDEXED)
