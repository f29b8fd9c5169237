"""Models behind an endpoint: what they are asked, and what becomes of answers that cannot be used."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.support.model_server import ModelServer
from tests.support.study_text import STUDY_TEXT

from studyruntime.errors import Unavailable
from studyservices.embedding import Embedding, HashingEmbedding
from studyservices.embedding_model import choose_embedding
from studyservices.endpoint import ModelRefused
from studyservices.options import load_options
from studyservices.quiz.cloze import ClozeGenerator
from studyservices.quiz.model import choose_generator
from studyservices.quiz.question import QuizGenerator

SOURCE = "The light reactions take place in the thylakoid membrane"
GOOD = {"prompt": "Where?", "options": ["membrane", "nucleus"], "answer_index": 0, "source": SOURCE}


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


def embedding_of(model: ModelServer, dimensions: int = 2) -> Embedding:
    return choose_embedding(
        load_options(
            {
                "EMBEDDING": "endpoint",
                "EMBEDDING_URL": model.url,
                "EMBEDDING_MODEL": "Text-Embedding/3",
                "EMBEDDING_API_KEY": "key",
                "EMBEDDING_DIMENSIONS": str(dimensions),
            }
        )
    )


def generator_of(model: ModelServer) -> QuizGenerator:
    return choose_generator(load_options({"QUIZ_GENERATOR": "endpoint", "QUIZ_URL": model.url, "QUIZ_MODEL": "quiz"}))


def completion(*questions: object) -> dict[str, object]:
    return {"choices": [{"message": {"content": json.dumps({"questions": questions})}}]}


def test_without_configuration_nothing_is_asked_of_anyone() -> None:
    assert isinstance(choose_embedding(load_options({})), HashingEmbedding)
    assert isinstance(choose_generator(load_options({})), ClozeGenerator)


def test_vectors_come_in_the_order_of_the_texts_and_are_scaled(model: ModelServer) -> None:
    model.will_answer({"data": [{"index": 1, "embedding": [0, 2]}, {"index": 0, "embedding": [3, 4]}]})
    embedding = embedding_of(model)

    assert embedding.embed(["one", "two"]) == [[0.6, 0.8], [0, 1]]
    ((path, headers, question),) = model.asked
    assert (path, headers["Authorization"]) == ("/v1/embeddings", "Bearer key")
    assert question == {"model": "Text-Embedding/3", "input": ["one", "two"], "encoding_format": "float"}
    assert embedding.name == "text_embedding_3"


@pytest.mark.parametrize("answer", [b"no json", {}, {"data": []}, {"data": [{"index": 0, "embedding": [0, 0]}]}])
def test_an_answer_without_vectors_is_worth_another_try(model: ModelServer, answer: object) -> None:
    model.will_answer(answer)

    with pytest.raises(Unavailable):
        embedding_of(model).embed(["one"])


def test_vectors_of_another_length_are_refused_with_the_setting_that_fits(model: ModelServer) -> None:
    model.will_answer({"data": [{"index": 0, "embedding": [1, 0]}]})

    with pytest.raises(ModelRefused, match="EMBEDDING_DIMENSIONS=2"):
        embedding_of(model, dimensions=3).embed(["one"])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_model_is_worth_another_try(model: ModelServer, status: int) -> None:
    model.will_answer({}, status)

    with pytest.raises(Unavailable, match=str(status)):
        generator_of(model).generate(STUDY_TEXT, count=1, seed="s")


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_not_tried_again(model: ModelServer, status: int) -> None:
    model.will_answer({"error": "wrong key"}, status)

    with pytest.raises(ModelRefused, match="wrong key"):
        generator_of(model).generate(STUDY_TEXT, count=1, seed="s")


def test_a_model_that_does_not_listen_is_unavailable() -> None:
    with ModelServer() as gone:
        generator = generator_of(gone)

    with pytest.raises(Unavailable):
        generator.generate(STUDY_TEXT, count=1, seed="s")


def test_questions_are_taken_as_many_as_were_asked_for(model: ModelServer) -> None:
    model.will_answer(completion(GOOD, {**GOOD, "prompt": "Where else?"}))

    (question,) = generator_of(model).generate(STUDY_TEXT, count=1, seed="s")

    assert question.prompt == "Where?"
    assert "Write 1 questions" in model.asked[0][2]["messages"][1]["content"]


def test_a_question_the_model_made_up_is_dropped(model: ModelServer) -> None:
    model.will_answer(completion({**GOOD, "source": "The moon is made of cheese."}, GOOD))

    questions = generator_of(model).generate(STUDY_TEXT, count=2, seed="s")

    assert [question.source for question in questions] == [SOURCE]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"choices": []},
        {"choices": [{"message": {"content": "Here are your questions!"}}]},
        completion(),
        completion({**GOOD, "answer_index": 2}),
        completion({**GOOD, "options": ["same", "Same"]}),
        completion({**GOOD, "source": "not in the text"}),
    ],
)
def test_an_answer_without_usable_questions_is_worth_another_try(model: ModelServer, answer: object) -> None:
    model.will_answer(answer)

    with pytest.raises(Unavailable):
        generator_of(model).generate(STUDY_TEXT, count=2, seed="s")
