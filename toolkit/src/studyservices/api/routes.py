"""The routes under /api. Each does one thing with the library; nothing is decided here."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, File, Form, Header, Query, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from studyservices.api.desk import AtDesk, Caller
from studyservices.api.library import NewDocument
from studyservices.api.uploads import check_upload, document_id
from studyservices.api.views import DocumentDetail, DocumentPage, DocumentView, PassageView, QuizView, SearchAnswer
from studyservices.keys import UPLOADS, upload_key
from studyservices.lifecycle import IndexAnswer
from studyservices.quiz.question import MAX_QUESTIONS

MAX_PAGE = 100
MAX_TOPIC_CHARS = 200
router = APIRouter(prefix="/api")


class QuizRequest(BaseModel):
    """What a quiz is to be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question_count: int = Field(default=5, ge=1, le=MAX_QUESTIONS)
    topic: str | None = Field(default=None, min_length=1, max_length=MAX_TOPIC_CHARS)


@router.post("/documents", status_code=202)
def upload_document(  # noqa: PLR0917 - FastAPI passes by name
    desk: AtDesk,
    caller: Caller,
    response: Response,
    file: Annotated[UploadFile, File()],
    index: Annotated[bool, Form()] = True,
    quiz_questions: Annotated[int, Form(ge=0, le=MAX_QUESTIONS)] = 0,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> DocumentView:
    """Store a document and start the work on it. `quiz_questions` above 0 asks for a quiz as well.

    Who got no answer sends the same file with the same Idempotency-Key again and gets the same document (200).
    """
    data = file.file.read(desk.options.max_upload_bytes + 1)
    upload = check_upload(file.filename, file.content_type, data, max_bytes=desk.options.max_upload_bytes)
    new = NewDocument(
        id=document_id(caller.user_id, idempotency_key, upload.sha256),
        user_id=caller.user_id,
        filename=upload.filename,
        content_type=upload.content_type,
        size_bytes=len(data),
        sha256=upload.sha256,
        wants_index=index,
        quiz_questions=quiz_questions,
    )
    # The object before the row: a row promises that its object is there. Without a row nobody misses the object.
    desk.storage.put(UPLOADS, upload_key(new.id), upload.data, content_type=upload.content_type)
    document, is_new = desk.library.add(new)
    response.status_code = 202 if is_new else 200
    return document


@router.get("/documents")
def list_documents(
    desk: AtDesk,
    caller: Caller,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    before: uuid.UUID | None = None,
) -> DocumentPage:
    """The caller's documents, newest first."""
    return desk.library.page(caller.user_id, limit=limit, before=before)


@router.get("/documents/{document_id}")
def show_document(desk: AtDesk, caller: Caller, document_id: uuid.UUID) -> DocumentDetail:
    """A document, how far it has come, and its quizzes."""
    return desk.details.show(caller.user_id, document_id)


@router.delete("/documents/{document_id}", status_code=204)
def remove_document(desk: AtDesk, caller: Caller, document_id: uuid.UUID) -> None:
    """Forget a document with everything that was made of it."""
    desk.removal.remove(caller.user_id, document_id)


@router.post("/documents/{document_id}/index", status_code=202)
def index_document(desk: AtDesk, caller: Caller, document_id: uuid.UUID, response: Response) -> DocumentView:
    """See that a document gets indexed; a failed one is tried again. 200 when it is indexed already."""
    document, answer = desk.library.request_index(caller.user_id, document_id)
    response.status_code = 200 if answer is IndexAnswer.ALREADY_INDEXED else 202
    return document


@router.post("/documents/{document_id}/quiz", status_code=202)
def make_quiz(desk: AtDesk, caller: Caller, document_id: uuid.UUID, wanted: QuizRequest | None = None) -> QuizView:
    """Ask for a quiz; it is made as soon as the document is indexed, which is seen to."""
    wanted = wanted or QuizRequest()
    return desk.library.request_quiz(
        caller.user_id, document_id, question_count=wanted.question_count, topic=wanted.topic
    )


@router.get("/quizzes/{quiz_id}")
def show_quiz(desk: AtDesk, caller: Caller, quiz_id: uuid.UUID) -> QuizView:
    """A quiz, and its questions once it is ready."""
    return desk.library.quiz(caller.user_id, quiz_id)


@router.get("/search")
def search(
    desk: AtDesk,
    caller: Caller,
    query: Annotated[str, Query(min_length=1, max_length=MAX_TOPIC_CHARS)],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
    document: uuid.UUID | None = None,
) -> SearchAnswer:
    """The passages of the caller's documents that are nearest to the query."""
    found = desk.passages.search(caller.user_id, query, limit=limit, document_id=document)
    return SearchAnswer(passages=tuple(PassageView.of(passage) for passage in found))
