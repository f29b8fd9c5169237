"""Inclusion of patterns against brute force: every word over a small alphabet, as long as patterns can tell apart."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.policy.globs import Glob, Reading, glob, matches, resolved
from studyctl.domain.policy.inclusion import TooComplex, is_covered, is_disjoint, missing_word

WORDS = ["".join(word) for length in range(7) for word in itertools.product("ab:", repeat=length)]
PLAIN = st.text("ab*?", max_size=5)
READINGS = st.sampled_from([Reading.TEXT, Reading.RESOURCE, Reading.ARN, Reading.LITERAL])
PATTERNS = st.builds(glob, st.text("ab:*?", max_size=5), READINGS)


def simple_match(pattern: Glob, word: str) -> bool:
    """The definition, by plain recursion."""

    def at(atoms: tuple[str | int, ...], rest: str) -> bool:
        if not atoms:
            return not rest
        first, *others = atoms
        if first in (0, 1):
            return at(tuple(others), rest) or (bool(rest) and (first == 0 or rest[0] != ":") and at(atoms, rest[1:]))
        if not rest:
            return False
        fits = first == 2 or (first == 3 and rest[0] != ":") or first == rest[0]
        return fits and at(tuple(others), rest[1:])

    return at(pattern.atoms, word)


@given(PATTERNS, st.text("ab:", max_size=8))
def test_matching_is_what_the_definition_says(pattern: Glob, word: str) -> None:
    assert matches(pattern, word) == simple_match(pattern, word)


@given(st.lists(PATTERNS, max_size=2), st.lists(PATTERNS, max_size=3))
def test_what_is_called_covered_is_covered_and_a_missing_word_is_missing(left: list[Glob], right: list[Glob]) -> None:
    word = missing_word(left, right)
    if word is None:
        for candidate in WORDS:
            if all(matches(pattern, candidate) for pattern in left):
                assert any(matches(pattern, candidate) for pattern in right), candidate
    else:
        text = "".join(word)
        assert all(matches(pattern, text) for pattern in left)
        assert not any(matches(pattern, text) for pattern in right)


@given(PATTERNS, PATTERNS, PATTERNS)
def test_inclusion_is_an_order(a: Glob, b: Glob, c: Glob) -> None:
    assert is_covered([a], [a])
    if is_covered([a], [b]) and is_covered([b], [c]):
        assert is_covered([a], [c])


@given(PATTERNS, PATTERNS)
def test_disjoint_patterns_share_no_word(a: Glob, b: Glob) -> None:
    shared = [word for word in WORDS if matches(a, word) and matches(b, word)]
    if is_disjoint(a, b):
        assert not shared
    else:
        text = "".join(missing_word([a, b], []) or ())
        assert matches(a, text)
        assert matches(b, text)


VARIABLE_PATTERNS = st.lists(st.sampled_from(["a", "b", ":", "*", "?", "${aws:x}", "${aws:y}"]), max_size=4).map(
    lambda parts: glob("".join(parts))
)


@given(
    st.lists(VARIABLE_PATTERNS, min_size=1, max_size=2),
    st.lists(VARIABLE_PATTERNS, max_size=2),
    st.fixed_dictionaries({"aws:x": st.text("ab:", max_size=3), "aws:y": st.text("ab:", max_size=2)}),
)
def test_what_is_covered_stays_covered_whatever_the_variables_are(
    left: list[Glob], right: list[Glob], values: dict[str, str]
) -> None:
    if missing_word(left, right) is not None:
        return
    filled_left = [resolved(pattern, values.get) for pattern in left]
    filled_right = [resolved(pattern, values.get) for pattern in right]
    for candidate in WORDS[:400]:
        if all(pattern and matches(pattern, candidate) for pattern in filled_left):
            assert any(pattern and matches(pattern, candidate) for pattern in filled_right)


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        ("arn:aws:s3:::b/*", "arn:aws:s3:::*", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b*", True),
        ("arn:aws:s3:::b*", "arn:aws:s3:::b/*", False),
        ("arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:sqs:*:111122223333:q", True),
        ("arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:sqs:us-*:111122223333:q", True),
        ("arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:sqs:us-*-1:111122223333:q", True),
        ("arn:aws:sqs:us:east-1:1:q", "arn:aws:sqs:us*-1:1:q", False),  # a star inside a segment stays inside
        ("arn:aws:sqs:us:east-1:1:q", "arn:aws:sqs:us*:1:q", True),  # one at its end goes beyond
        ("arn:aws:sqs:?s-east-1:1:q", "arn:aws:sqs:*:1:q", True),
        ("arn:aws:logs:*:1:log-group:a*:log-stream:b", "arn:aws:logs:*:1:log-group:*", True),
        ("arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::*/*", True),
        ("arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::${aws:username}*", True),
        ("arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::${aws:userid}/*", False),
        ("arn:aws:s3:::${aws:UserName}/*", "arn:aws:s3:::${aws:username}/*", True),
        ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/?", True),  # an escaped star is one character
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/${*}", False),
        ("*", "arn:aws:s3:::*", False),
        ("arn:*", "*", True),
    ],
)
def test_resources(inner: str, outer: str, expected: bool) -> None:
    assert is_covered([glob(inner, Reading.RESOURCE)], [glob(outer, Reading.RESOURCE)]) is expected


def test_an_old_document_knows_no_variables() -> None:
    assert matches(glob("${aws:username}", Reading.RESOURCE, False), "${aws:username}")
    assert not matches(glob("${aws:username}", Reading.RESOURCE), "${aws:username}")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a*" * 400 + "b", "a*" * 400 + "c"),
        ("*a" * 300, "*a" * 299 + "*b"),
        ("*" + "?" * 500, "?" * 500 + "*"),
        ("a?" * 300 + "*", "*" + "?a" * 300),
        ("*a*b" * 150, "*b*a" * 150),
    ],
)
def test_hard_patterns_are_answered_rightly_or_given_up(left: str, right: str) -> None:
    for pair in ((left, right), (right, left)):
        try:
            word = missing_word([glob(pair[0])], [glob(pair[1])])
        except TooComplex:
            continue
        if word is not None:
            assert matches(glob(pair[0]), "".join(word))
            assert not matches(glob(pair[1]), "".join(word))
    assert matches(glob(left), "a" * 5000 + "!") is left.endswith(("*", "?"))
