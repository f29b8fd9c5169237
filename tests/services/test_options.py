"""The services' own variables: defaults that need nothing, and every mistake named by its variable."""

from __future__ import annotations

import pytest

from studyruntime.errors import ConfigurationError
from studyservices.options import EmbeddingKind, QuizKind, load_options


def test_nothing_has_to_be_set() -> None:
    options = load_options({})

    assert (options.embedding, options.quiz) == (EmbeddingKind.HASHING, QuizKind.CLOZE)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"MAX_UPLOAD_BYTES": "many"}, "MAX_UPLOAD_BYTES"),
        ({"SOCKET_SECONDS": "0"}, "SOCKET_SECONDS"),
        ({"EMBEDDING": "magic"}, "EMBEDDING"),
        ({"EMBEDDING": "endpoint", "EMBEDDING_URL": "http://x"}, "set EMBEDDING_URL and EMBEDDING_MODEL"),
        ({"QUIZ_GENERATOR": "endpoint"}, "set QUIZ_URL and QUIZ_MODEL"),
    ],
)
def test_a_mistake_is_told_by_the_name_of_its_variable(environ: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_options(environ)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        load_options({"MAX_UPLOAD_BYTES": "many", "MAX_ATTEMPTS": "0"})

    assert len(refusal.value.problems) == 2
