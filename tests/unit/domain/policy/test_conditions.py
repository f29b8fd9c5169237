"""Conditions: each operator against what AWS documents, and implication against every state of a key."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.policies import allow, policy

from studyctl.domain.policy.clauses import Clause, compile_condition
from studyctl.domain.policy.implication import implies, is_contradiction, is_single_valued
from studyctl.domain.policy.operators import OPERATORS, Comparison
from studyctl.domain.policy.solving import solve

SINGLE, MULTIPLE = "aws:PrincipalTag/team", "aws:TagKeys"


def clause(operator: str, key: str, values: Any) -> Clause:
    (statement,) = policy(allow("s3:GetObject", "*", {operator: {key: values}})).statements
    (condition,) = statement.conditions
    return compile_condition(condition, statement.has_variables)


def holds(operator: str, values: Any, given_values: tuple[str, ...] | None, **context: tuple[str, ...]) -> bool:
    known = {key.replace("__", ":"): value for key, value in context.items()}
    if given_values is not None:
        known["k:x"] = given_values
    return clause(operator, "k:x", values).holds(known.get)


MISSING = None
CASES: list[tuple[str, Any, tuple[str, ...] | None, bool]] = [
    ("StringEquals", "a", ("a",), True),
    ("StringEquals", "a", ("A",), False),
    ("StringEquals", ["a", "b"], ("b",), True),
    ("StringEquals", "a*", ("ab",), False),
    ("StringEquals", "a", MISSING, False),
    ("StringNotEquals", "a", ("b",), True),
    ("StringNotEquals", ["a", "b"], ("b",), False),
    ("StringNotEquals", "a", MISSING, True),
    ("StringEqualsIfExists", "a", MISSING, True),
    ("StringEqualsIfExists", "a", ("b",), False),
    ("StringEqualsIgnoreCase", "Ab", ("aB",), True),
    ("StringNotEqualsIgnoreCase", "Ab", ("aB",), False),
    ("StringLike", "a*c?", ("abbbcd",), True),
    ("StringLike", "a?", ("a",), False),
    ("StringNotLike", "a*", ("b",), True),
    ("StringNotLike", "a*", MISSING, True),
    ("stringlike", "A*", ("Ab",), True),
    ("ArnLike", "arn:aws:sns:*:1:*", ("arn:aws:sns:eu-west-1:1:topic",), True),
    ("ArnLike", "arn:aws:sns:*:1:t", ("arn:aws:sns:eu:x:1:t",), False),
    ("ArnEquals", "arn:aws:sns:*:1:t", ("arn:aws:sns:eu-west-1:1:t",), True),
    ("ArnLike", "arn:aws:iam::*:role/a*", ("arn:aws:iam::1:role/ab/c:d",), True),
    ("ArnNotLike", "arn:aws:iam::*:role/a*", ("arn:aws:iam::1:role/b",), True),
    ("ArnNotEquals", "arn:aws:iam::1:role/b", ("arn:aws:iam::1:role/b",), False),
    ("Bool", "true", ("true",), True),
    ("Bool", True, ("true",), True),
    ("Bool", "True", ("true",), True),
    ("Bool", "false", ("true",), False),
    ("Bool", "true", MISSING, False),
    ("BoolIfExists", "true", MISSING, True),
    ("BinaryEquals", "QmluYXJ5", ("QmluYXJ5",), True),
    ("Null", "true", MISSING, True),
    ("Null", "true", ("a",), False),
    ("Null", "false", ("a",), True),
    ("Null", False, MISSING, False),
    ("NumericEquals", "5", ("5.0",), True),
    ("NumericNotEquals", 5, ("6",), True),
    ("NumericNotEquals", 5, MISSING, True),
    ("NumericLessThan", 5, ("4.99",), True),
    ("NumericLessThan", 5, ("5",), False),
    ("NumericLessThanEquals", "5", ("5",), True),
    ("NumericGreaterThan", "5", ("5",), False),
    ("NumericGreaterThanEquals", "5", ("5",), True),
    ("NumericGreaterThan", "-1", ("0",), True),
    ("NumericLessThan", "5", ("many",), False),
    ("NumericLessThan", "many", ("4",), False),
    ("NumericNotEquals", "5", ("many",), True),
    ("NumericLessThanIfExists", "5", MISSING, True),
    ("DateLessThan", "2026-01-01T00:00:00Z", ("2025-12-31T23:59:59Z",), True),
    ("DateGreaterThan", "2026-01-01", ("2026-01-01T00:00:01Z",), True),
    ("DateEquals", "2026-01-01T00:00:00Z", ("1767225600",), True),
    ("DateEquals", "2026-01-01T02:00:00+02:00", ("2026-01-01T00:00:00Z",), True),
    ("DateLessThanEquals", "2026-01-01", ("2026-01-02",), False),
    ("DateGreaterThanEquals", "2026-01-01", ("2026-01-01",), True),
    ("DateNotEquals", "2026-01-01", ("2026-01-02",), True),
    ("IpAddress", "10.0.0.0/8", ("10.1.2.3",), True),
    ("IpAddress", "10.0.0.0/8", ("11.1.2.3",), False),
    ("IpAddress", "10.1.2.3", ("10.1.2.3",), True),
    ("IpAddress", "2001:db8::/32", ("2001:db8::1",), True),
    ("IpAddress", "2001:db8::/32", ("10.1.2.3",), False),
    ("IpAddress", "no address", ("10.1.2.3",), False),
    ("NotIpAddress", ["10.0.0.0/8", "192.168.0.0/16"], ("192.168.1.1",), False),
    ("NotIpAddress", "10.0.0.0/8", MISSING, True),
    ("ForAllValues:StringEquals", ["a", "b"], ("a",), True),
    ("ForAllValues:StringEquals", ["a", "b"], ("a", "c"), False),
    ("ForAllValues:StringEquals", ["a", "b"], MISSING, True),
    ("ForAllValues:StringEquals", ["a", "b"], (), True),
    ("ForAnyValue:StringEquals", ["a", "b"], ("c", "b"), True),
    ("ForAnyValue:StringEquals", ["a", "b"], ("c",), False),
    ("ForAnyValue:StringEquals", ["a", "b"], MISSING, False),
    ("ForAnyValue:StringLike", "o-1/*", ("o-2/x", "o-1/y"), True),
    ("ForAllValues:StringNotEquals", "a", ("b", "c"), True),
    ("ForAllValues:StringNotEquals", "a", ("b", "a"), False),
    ("ForAnyValue:StringNotEquals", "a", ("a", "b"), True),
    ("ForAnyValue:StringNotEquals", "a", ("a",), False),
    ("ForAllValues:StringLikeIfExists", "a*", MISSING, True),
]


@pytest.mark.parametrize(("operator", "values", "present", "expected"), CASES)
def test_operators(operator: str, values: Any, present: tuple[str, ...] | None, expected: bool) -> None:
    assert holds(operator, values, present) is expected


def test_every_operator_has_a_case() -> None:
    tried = {clause(operator, "k:x", values).words.split()[0] for operator, values, _, _ in CASES}
    plain = {name.rpartition(":")[2].removesuffix("IfExists").lower() for name in tried}
    assert plain == {name.lower() for name in OPERATORS}


def test_variables_take_the_value_of_their_key() -> None:
    assert holds("StringEquals", "${aws:username}", ("bob",), aws__username=("bob",))
    assert not holds("StringEquals", "${aws:username}", ("eve",), aws__username=("bob",))
    assert not holds("StringEquals", "${aws:username}", ("bob",))
    assert holds("StringNotEquals", "${aws:username}", ("bob",))
    assert holds("StringLike", "${aws:username, 'all'}/*", ("all/x",))
    assert not holds("StringLike", "${aws:username}", ("bob",), aws__username=("*",))
    assert not holds("StringEquals", "${aws:tagkeys}", ("a",), aws__tagkeys=("a", "b"))


NEUTRAL = ["StringEquals", "StringLike", "StringEqualsIgnoreCase", "StringNotEquals", "StringNotLike"]
TEXTS = st.lists(st.sampled_from(["a", "b", "A", "a*", "*", "?", "ab"]), min_size=1, max_size=2)
NUMBERS = st.lists(st.integers(0, 4).map(str), min_size=1, max_size=2)
ADDRESSES = st.lists(st.sampled_from(["10.0.0.0/30", "10.0.0.0/31", "10.0.0.2/31", "10.0.0.1"]), min_size=1, max_size=2)
QUALIFIERS = st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"])
ENDINGS = st.sampled_from(["", "", "IfExists"])
TEXT_UNIVERSE = ["a", "b", "A", "ab", "c", ""]
NUMBER_UNIVERSE = ["-1", "0", "0.5", "1", "2", "2.5", "3", "4", "9", "many"]
ADDRESS_UNIVERSE = ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "::1"]


def written(names: list[str], values: st.SearchStrategy[list[str]], key: str) -> st.SearchStrategy[Clause]:
    name = st.builds(
        lambda q, n, e: q + n + e, QUALIFIERS if key == MULTIPLE else st.just(""), st.sampled_from(names), ENDINGS
    )
    null = st.sampled_from(["true", "false"]).map(lambda value: clause("Null", key, value))
    return st.one_of(st.builds(clause, name, st.just(key), values), st.builds(clause, name, st.just(key), values), null)


def of_kind(comparison: str) -> list[str]:
    return [name for name, operator in OPERATORS.items() if operator.comparison.name.startswith(comparison)]


STYLES = {
    "text": (NEUTRAL, TEXTS, TEXT_UNIVERSE),
    "number": (of_kind("NUMBER"), NUMBERS, NUMBER_UNIVERSE),
    "address": (of_kind("ADDRESS"), ADDRESSES, ADDRESS_UNIVERSE),
}


def states(universe: list[str], key: str) -> list[dict[str, tuple[str, ...]]]:
    most = 1 if key == SINGLE else 2
    sets = [values for size in range(1, most + 1) for values in itertools.combinations(universe, size)]
    return [{}, *({key.lower(): values} for values in sets)]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("key", [SINGLE, MULTIPLE])
def test_what_is_implied_holds_in_every_state(style: str, key: str) -> None:
    names, values, universe = STYLES[style]
    everything = states(universe, key)

    @given(st.lists(written(names, values, key), min_size=1, max_size=2), written(names, values, key), st.booleans())
    def check(lefts: list[Clause], right: Clause, negate: bool) -> None:
        right = right.negated() if negate else right
        fulfilling = [state for state in everything if all(left.holds(state.get) for left in lefts)]
        counter = [state for state in fulfilling if not right.holds(state.get)]
        if implies(lefts, right):
            assert not counter
        elif key == SINGLE and style == "text" and not any(_ignores_case(one) for one in (*lefts, right)):
            context = solve((*lefts, right.negated()))
            assert context is not None, "a key with one value is decided exactly"
            assert all(left.holds(context.get) for left in lefts)
            assert not right.holds(context.get)
        if is_contradiction(tuple(lefts)):
            assert not fulfilling

    check()


def _ignores_case(one: Clause) -> bool:
    return getattr(one.values, "ignores_case", False)


@given(st.sampled_from(sorted(STYLES)), st.data())
def test_a_negated_clause_holds_exactly_where_the_clause_does_not(style: str, data: st.DataObject) -> None:
    names, values, universe = STYLES[style]
    one = data.draw(written(names, values, MULTIPLE))
    assert one.negated().negated() == one
    for state in states(universe, MULTIPLE):
        assert one.holds(state.get) is not one.negated().holds(state.get)


IMPLICATIONS = [
    (("StringEquals", "aws:SourceAccount", "1"), ("StringEquals", "aws:SourceAccount", ["1", "2"]), True),
    (("StringEquals", "aws:SourceAccount", ["1", "2"]), ("StringEquals", "aws:SourceAccount", "1"), False),
    (("StringEquals", "aws:SourceAccount", "1"), ("StringLike", "AWS:sourceaccount", "?"), True),
    (("StringLike", "aws:SourceArn", "arn:aws:s3:::b"), ("ArnLike", "aws:SourceArn", "arn:aws:s3:::*"), True),
    (("ArnLike", "aws:SourceArn", "arn:aws:sns:*:1:*"), ("ArnLike", "aws:SourceArn", "arn:aws:*:*:1:*"), True),
    (("StringEquals", "aws:SourceAccount", "1"), ("StringNotEquals", "aws:SourceAccount", "2"), True),
    (("StringEquals", "aws:SourceAccount", "1"), ("StringEqualsIfExists", "aws:SourceAccount", "1"), True),
    (("StringEqualsIfExists", "aws:SourceAccount", "1"), ("StringEquals", "aws:SourceAccount", "1"), False),
    (("StringEquals", "aws:SourceAccount", "1"), ("Null", "aws:SourceAccount", "false"), True),
    (("Bool", "aws:SecureTransport", "true"), ("BoolIfExists", "aws:SecureTransport", "true"), True),
    (("Bool", "aws:SecureTransport", "true"), ("Bool", "aws:SecureTransport", "false"), False),
    (("IpAddress", "aws:SourceIp", "10.1.0.0/16"), ("IpAddress", "aws:SourceIp", "10.0.0.0/8"), True),
    (("IpAddress", "aws:SourceIp", "10.0.0.0/8"), ("IpAddress", "aws:SourceIp", ["10.0.0.0/9", "10.128.0.0/9"]), True),
    (("IpAddress", "aws:SourceIp", "10.0.0.0/8"), ("NotIpAddress", "aws:SourceIp", "192.168.0.0/16"), True),
    (("NumericLessThan", "s3:max-keys", "5"), ("NumericLessThanEquals", "s3:max-keys", "5"), True),
    (("NumericLessThanEquals", "s3:max-keys", "5"), ("NumericLessThan", "s3:max-keys", "5"), False),
    (("DateLessThan", "aws:CurrentTime", "2026-01-01"), ("DateLessThan", "aws:CurrentTime", "2027-01-01"), True),
    (("StringEquals", "aws:RequestTag/env", "dev"), ("StringEquals", "aws:RequestTag/Env", "dev"), True),
    (("StringEquals", "aws:RequestTag/env", "dev"), ("StringEquals", "aws:RequestTag/team", "dev"), False),
    (("StringEquals", "aws:PrincipalOrgID", "o-1"), ("StringLike", "aws:PrincipalOrgID", "o-*"), True),
    (
        ("ForAllValues:StringEquals", "aws:TagKeys", ["a"]),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b"]),
        True,
    ),
    (("ForAnyValue:StringEquals", "aws:TagKeys", ["a"]), ("ForAnyValue:StringEquals", "aws:TagKeys", ["a", "b"]), True),
    (("ForAllValues:StringEquals", "aws:TagKeys", ["a"]), ("ForAnyValue:StringEquals", "aws:TagKeys", ["a"]), False),
    (("ForAnyValue:StringEquals", "aws:TagKeys", ["a"]), ("ForAllValues:StringEquals", "aws:TagKeys", ["a"]), False),
    (("StringEquals", "aws:userid", "${aws:username}"), ("StringEquals", "aws:userid", "${aws:username}"), True),
    (("StringEquals", "aws:userid", "${aws:username}"), ("StringEquals", "aws:userid", "bob"), False),
    (("IpAddress", "aws:SourceIp", "nowhere"), ("IpAddress", "aws:SourceIp", "nowhere"), True),
    (("IpAddress", "aws:SourceIp", "10.0.0.1"), ("IpAddress", "aws:SourceIp", ["10.0.0.1", "nowhere"]), False),
]


@pytest.mark.parametrize(("left", "right", "expected"), IMPLICATIONS)
def test_implications(left: tuple[str, str, Any], right: tuple[str, str, Any], expected: bool) -> None:
    assert implies([clause(*left)], clause(*right)) is expected


def test_which_keys_hold_one_value() -> None:
    assert is_single_valued("aws:sourceaccount")
    assert is_single_valued("aws:requesttag/anything")
    assert is_single_valued("s3:prefix")
    assert not is_single_valued("aws:tagkeys")
    assert not is_single_valued("nobody:knows")


def test_every_comparison_belongs_to_an_operator() -> None:
    assert {operator.comparison for operator in OPERATORS.values()} == set(Comparison)
