"""Parsing: what a document says and where; and that nothing strange passes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.policies import allow, deny, policy

from studyctl.domain.policy import (
    Effect,
    PolicyError,
    PolicyKind,
    Position,
    PrincipalKind,
    ProblemKind,
    Qualifier,
    kind_problems,
    parse_policy,
    parse_policy_value,
)
from studyctl.domain.policy.json_offsets import KEY, Offsets
from studyctl.domain.policy.json_reader import MAX_DEPTH, Array, JsonError, Node, Object, read
from studyctl.domain.policy.json_text import MAX_CHARACTERS, Number, Source

TEXT = """{
  "Version": "2012-10-17",
  "Id": "example",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "*"], "Service": "sns.amazonaws.com"},
      "Action": ["s3:GetObject",
                 "s3:List*"],
      "NotResource": "arn:aws:s3:::secret/*",
      "Condition": {
        "ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a*", "b"]},
        "numericlessthan": {"s3:max-keys": 10},
        "Bool": {"aws:SecureTransport": true}
      }
    },
    {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "NotPrincipal": {"AWS": "111122223333"}}
  ]
}"""


def test_a_document_with_its_places() -> None:
    document = parse_policy(TEXT, "p.json")
    assert (document.version, document.id, document.has_version) == ("2012-10-17", "example", True)
    assert document.size_characters == len("".join(TEXT.split()))
    read_statement, rest = document.statements
    assert (document.allows, document.denies) == ((read_statement,), (rest,))
    assert (read_statement.effect, read_statement.sid, read_statement.is_not_resource) == (Effect.ALLOW, "Read", True)
    assert str(read_statement) == "Read (p.json:5:5)"
    assert [(item.text, item.position.line, item.position.column) for item in read_statement.actions] == [
        ("s3:GetObject", 9, 18),
        ("s3:List*", 10, 18),
    ]
    assert read_statement.principals is not None
    assert [(one.kind, one.text, one.is_anyone) for one in read_statement.principals] == [
        (PrincipalKind.AWS, "arn:aws:iam::111122223333:root", False),
        (PrincipalKind.AWS, "*", True),
        (PrincipalKind.SERVICE, "sns.amazonaws.com", False),
    ]
    assert read_statement.principals[2].item.position == Position("p.json", 8, 80)
    like, numeric, boolean = read_statement.conditions
    assert (like.name, like.qualifier, like.if_exists) == ("StringLike", Qualifier.FOR_ANY_VALUE, True)
    assert (like.key.text, like.texts, str(like.values[1].position)) == ("aws:TagKeys", ("a*", "b"), "p.json:13:66")
    assert (like.operator.position.line, like.key.position.column) == (13, 44)
    assert (numeric.name, numeric.texts) == ("NumericLessThan", ("10",))
    assert (boolean.texts, boolean.operator.text) == (("true",), "Bool")
    assert (rest.is_not_action, rest.is_not_principal, rest.label) == (True, True, "statement 2")
    assert rest.position.line == 18


def test_one_statement_may_stand_without_a_list() -> None:
    text = '{"Version": "2012-10-17",\n "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    (statement,) = parse_policy(text, "p").statements
    assert str(statement.actions[0].position) == "p:2:45"


def test_a_value_of_a_plan_has_its_address_for_a_place() -> None:
    value = json.loads(TEXT)
    document = parse_policy_value(value, "aws_iam_policy.x")
    assert document == parse_policy(TEXT, "aws_iam_policy.x").__class__(
        "aws_iam_policy.x", parse_policy(TEXT, "").statements, "2012-10-17", True, "example", document.text
    )
    assert str(document.statements[0].actions[0].position) == "aws_iam_policy.x"
    assert parse_policy_value(TEXT, "x").statements == document.statements


def test_without_a_version_there_are_no_variables() -> None:
    old = parse_policy_value({"Statement": [allow("s3:GetObject")]}, "x")
    assert (old.version, old.has_version) == ("2008-10-17", False)
    assert not old.statements[0].has_variables


def problems_of(text: str | bytes) -> list[tuple[ProblemKind, int, int, str]]:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "p.json")
    assert caught.value.exit_code == 64
    return [(one.kind, one.position.line, one.position.column, one.message) for one in caught.value.problems]


STATEMENT = '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}'
HOSTILE: list[tuple[str | bytes, ProblemKind, int, int]] = [
    ("", ProblemKind.SYNTAX, 1, 1),
    ("   \n ", ProblemKind.SYNTAX, 2, 2),
    ("{", ProblemKind.SYNTAX, 1, 2),
    ('{"Version": "2012-10-17",}', ProblemKind.SYNTAX, 1, 26),
    ('{"Version" "2012-10-17"}', ProblemKind.SYNTAX, 1, 12),
    ("{'Version': 1}", ProblemKind.SYNTAX, 1, 2),
    ('{"a": [1,]}', ProblemKind.SYNTAX, 1, 10),
    ('{"a": 01}', ProblemKind.SYNTAX, 1, 7),
    ('{"a": NaN}', ProblemKind.SYNTAX, 1, 7),
    ('{"a": -Infinity}', ProblemKind.SYNTAX, 1, 7),
    ('{"a": truely}', ProblemKind.SYNTAX, 1, 7),
    ('{"a": "b\n"}', ProblemKind.SYNTAX, 1, 7),
    ('{"a": "b\t"}', ProblemKind.SYNTAX, 1, 7),
    ('{"a": "\\x"}', ProblemKind.SYNTAX, 1, 7),
    ('{"a": "unfinished', ProblemKind.SYNTAX, 1, 7),
    ("{} {}", ProblemKind.SYNTAX, 1, 4),
    ("\x00{}", ProblemKind.SYNTAX, 1, 1),
    ("\u00a0{}", ProblemKind.SYNTAX, 1, 1),
    ("// why\n{}", ProblemKind.SYNTAX, 1, 1),
    ('{"a": 1, /* why */ "b": 2}', ProblemKind.SYNTAX, 1, 10),
    ('{"a": 1 # why\n}', ProblemKind.SYNTAX, 1, 9),
    ("\ufeff{}", ProblemKind.ENCODING, 1, 1),
    ('{"a": "\\ud800"}', ProblemKind.ENCODING, 1, 7),
    ('{"a": "\ud800"}', ProblemKind.ENCODING, 1, 7),
    (b"\xef\xbb\xbf{}", ProblemKind.ENCODING, 1, 1),
    (b"\xff\xfe{\x00}\x00", ProblemKind.ENCODING, 1, 1),
    (b'{\n "\xc3\xa4": "\xc3("}', ProblemKind.ENCODING, 2, 8),
    ('{"a": 1,\n "b": 2,\n "a": 3}', ProblemKind.DUPLICATE_KEY, 3, 2),
    ('{"Statement": [{"Effect": "Deny", "Effect": "Allow"}]}', ProblemKind.DUPLICATE_KEY, 1, 35),
    ('{"a": 1, "\\u0061": 3}', ProblemKind.DUPLICATE_KEY, 1, 10),
    ("[" * (MAX_DEPTH + 1), ProblemKind.TOO_DEEP, 1, MAX_DEPTH + 1),
    ("[" * 500_000, ProblemKind.TOO_DEEP, 1, MAX_DEPTH + 1),
    ('{"a":' * 100_000, ProblemKind.TOO_DEEP, 1, MAX_DEPTH * 5 + 1),
    ("[" * 40 + "]" * 40, ProblemKind.TOO_DEEP, 1, MAX_DEPTH + 1),
    (" " * (MAX_CHARACTERS + 1), ProblemKind.TOO_LARGE, 1, 1),
    (b"x" * 10_000_000, ProblemKind.TOO_LARGE, 1, 1),
]


@pytest.mark.parametrize(("text", "kind", "line", "column"), HOSTILE, ids=lambda value: repr(value)[:30])
def test_what_is_no_honest_json_is_refused_at_its_place(
    text: str | bytes, kind: ProblemKind, line: int, column: int
) -> None:
    assert [problem[:3] for problem in problems_of(text)] == [(kind, line, column)]


NO_VERSION = 'Version "2012-10-18" does not exist; write "2012-10-17"'
NO_EFFECT = 'a statement has an Effect: "Allow" or "Deny", spelled so'
NO_OPERATOR = 'there is no condition operator "StringEqual"; is it StringEquals?'
NO_NULL = "Null has no IfExists: it asks whether the key exists"
GRAMMAR: list[tuple[Any, list[str] | None]] = [
    ([], ["a policy is an object", "a policy has a Statement"]),
    ({"Version": "2012-10-17"}, ["a policy has a Statement"]),
    (
        {"Version": "2012-10-18", "Statement": [allow("s3:*")]},
        [NO_VERSION],
    ),
    ({"Version": 2012, "Statement": [allow("s3:*")]}, ["Version is a string"]),
    ({"version": "2012-10-17", "Statement": [allow("s3:*")]}, ['a policy has no "version"; is it Version?']),
    ({"Statement": []}, ["Statement lists nothing"]),
    ({"Statement": "x"}, ["a statement is an object"]),
    ({"Statement": [None]}, ["a statement is an object"]),
    (
        {"Statement": [{**allow("s3:*"), "Effect": "allow"}]},
        [NO_EFFECT],
    ),
    ({"Statement": [{"Action": "s3:*"}]}, [NO_EFFECT]),
    ({"Statement": [{"Effect": "Allow", "Resource": "*"}]}, ["a statement has an Action or a NotAction"]),
    ({"Statement": [{**allow("s3:*"), "NotAction": "x:y"}]}, ["a statement has Action or NotAction, not both"]),
    ({"Statement": [{**allow("s3:*"), "NotResource": "*"}]}, ["a statement has Resource or NotResource, not both"]),
    (
        {"Statement": [{**allow("s3:*"), "Principal": "*", "NotPrincipal": "*"}]},
        ["a statement has Principal or NotPrincipal, not both"],
    ),
    ({"Statement": [{**allow("s3:*"), "Resources": "*"}]}, ['a statement has no "Resources"; is it Resource?']),
    ({"Statement": [allow("GetObject")]}, ['"GetObject" is not an action; write SERVICE:NAME or *']),
    ({"Statement": [allow("s3*")]}, ['"s3*" is not an action; write SERVICE:NAME or *']),
    ({"Statement": [allow("s3:Get Object")]}, ['"s3:Get Object" is not an action; write SERVICE:NAME or *']),
    ({"Statement": [{**allow("s3:*"), "Action": [1, "s3:*"]}]}, ["Action is a string or a list of strings"]),
    ({"Statement": [allow("s3:*", "")]}, ["Resource has an empty string"]),
    ({"Statement": [allow("s3:*", Resource={"a": "b"})]}, ["Resource is a string or a list of strings"]),
    ({"Statement": [allow("s3:*", Principal="me")]}, ['Principal is "*" or an object such as {"AWS": "..."}']),
    (
        {"Statement": [allow("s3:*", Principal={"aws": "*"})]},
        ['Principal has no "aws"; is it AWS?'],
    ),
    ({"Statement": [allow("s3:*", Condition=[])]}, ["Condition is an object: operator, key, values"]),
    (
        {"Statement": [allow("s3:*", "*", {"StringEqual": {"a:b": "c"}})]},
        [NO_OPERATOR],
    ),
    ({"Statement": [allow("s3:*", "*", {"ForSome:StringEquals": {"a:b": "c"}})]}, None),
    (
        {"Statement": [allow("s3:*", "*", {"NullIfExists": {"a:b": "true"}})]},
        [NO_NULL],
    ),
    ({"Statement": [allow("s3:*", Condition={"StringEquals": "x"})]}, ["StringEquals is an object: key, values"]),
    (
        {"Statement": [allow("s3:*", Condition={"StringEquals": {"a:b": None}})]},
        ["a condition's value is a string, a number or a boolean"],
    ),
    ({"Statement": [{**allow("s3:*"), "Sid": 5}]}, ["Sid is a string"]),
    ({"Statement": [{**allow("s3:*"), "Sid": "A"}, {**deny("s3:*"), "Sid": "A"}]}, ['the Sid "A" comes twice']),
]


@pytest.mark.parametrize(("value", "messages"), GRAMMAR, ids=lambda value: repr(value)[:40])
def test_violations_of_the_grammar(value: Any, messages: list[str] | None) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=2)):
        found = problems_of(text)
        assert {kind for kind, _, _, _ in found} == {ProblemKind.GRAMMAR}
        assert all(line > 0 for _, line, _, _ in found)
        assert messages is None or [message for _, _, _, message in found] == messages
    with pytest.raises(PolicyError):
        parse_policy_value(value, "plan")


def test_every_violation_is_told_with_its_statement() -> None:
    with pytest.raises(PolicyError) as caught:
        policy(allow("s3"), {**allow("s3:*"), "Sid": "Second", "Effect": "No"}, allow("s3:GetObject"), allow("*", ""))
    assert [(one.statement, one.sid) for one in caught.value.problems] == [(0, ""), (1, "Second"), (3, "")]


def test_a_policy_that_is_all_wrong_is_not_read_to_the_end() -> None:
    with pytest.raises(PolicyError) as caught:
        policy(*[{"Effect": "No"}] * 5_000)
    assert 100 <= len(caught.value.problems) < 200


def test_five_thousand_statements_are_read() -> None:
    statements = [allow("s3:GetObject", f"arn:aws:s3:::b{index}/*") for index in range(5_000)]
    document = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statements}), "p")
    assert len(document.statements) == 5_000
    assert document.statements[4_999].position.line == 1


def test_strange_values_of_a_plan_are_refused() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    for value in (None, 5, [5], {"Statement": {5: 6}}, {"Statement": [{**allow("s3:*"), "Action": deep}]}, deep):
        with pytest.raises(PolicyError):
            parse_policy_value(value, "plan")


def test_values_that_hold_themselves_are_refused() -> None:
    items: list[Any] = []
    items.append(items)
    keys: dict[str, Any] = {}
    keys["StringEquals"] = keys
    for statement in ({**allow("s3:*"), "Action": items}, {**allow("s3:*"), "Condition": keys}, items, keys):
        with pytest.raises(PolicyError):
            parse_policy_value({"Statement": statement}, "plan")


EMPTY = policy({"Effect": "Allow", "Action": [], "Resource": [], "Condition": {}, "Principal": {"AWS": []}})


def test_empty_lists_are_grammar_and_name_nothing() -> None:
    (statement,) = EMPTY.statements
    assert (statement.actions, statement.resources, statement.conditions, statement.principals) == ((), (), (), ())


@pytest.mark.parametrize(
    ("statement", "kind", "count"),
    [
        (allow("s3:*"), PolicyKind.IDENTITY, 0),
        (allow("s3:*", Principal="*"), PolicyKind.IDENTITY, 1),
        (allow("s3:*", Resource=None), PolicyKind.IDENTITY, 1),
        (allow("s3:*", Principal="*"), PolicyKind.RESOURCE, 0),
        (allow("s3:*"), PolicyKind.RESOURCE, 1),
        (allow("sts:AssumeRole", Resource=None, Principal="*"), PolicyKind.TRUST, 0),
        (allow("sts:AssumeRole", Principal="*"), PolicyKind.TRUST, 1),
        (allow("sts:AssumeRole"), PolicyKind.TRUST, 2),
        (allow("s3:*"), PolicyKind.SERVICE_CONTROL, 0),
        (allow("s3:*", Principal="*"), PolicyKind.SERVICE_CONTROL, 1),
        (deny("s3:*", Principal="*"), PolicyKind.RESOURCE_CONTROL, 0),
        (allow("s3:*", Principal="*"), PolicyKind.RESOURCE_CONTROL, 1),
        (allow("s3:*", Principal="*"), PolicyKind.ENDPOINT, 0),
        (allow("s3:*"), PolicyKind.BOUNDARY, 0),
        (allow("s3:*"), PolicyKind.SESSION, 0),
    ],
)
def test_where_a_policy_may_be_attached(statement: dict[str, Any], kind: PolicyKind, count: int) -> None:
    problems = kind_problems(policy(statement), kind)
    assert len(problems) == count
    assert all(problem.statement == 0 for problem in problems)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON_VALUES, st.booleans())
def test_both_readers_agree_on_json(value: Any, is_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    loaded = Source("x", text).load()
    read(text)
    assert loaded == json.loads(text, parse_int=Number)


def places(node: Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Where the reader saw each value, and each key."""
    yield path, node.offset
    if isinstance(node, Object):
        for key, value in node.members:
            yield (*path, key.value, KEY), key.offset
            yield from places(value, (*path, key.value))
    if isinstance(node, Array):
        for index, item in enumerate(node.items):
            yield from places(item, (*path, index))


@given(JSON_VALUES, st.sampled_from([None, 0, 2]))
def test_offsets_are_those_that_the_reader_saw(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    offsets = Offsets(text)
    assert {path: offsets.at(path) for path, _ in places(read(text))} == dict(places(read(text)))
    assert offsets.at(("there", 1, "is", "none")) == 0


@given(st.text('{}[]:,"\\ \n\tu0018eE.+-truefalsn/#é', max_size=30))
def test_both_readers_refuse_the_same_texts(text: str) -> None:
    try:
        read(text)
    except JsonError:
        with pytest.raises(PolicyError):
            Source("x", text).load()
    else:
        Source("x", text).load()


@given(st.binary(max_size=60))
def test_no_bytes_end_in_anything_but_a_policy_error(data: bytes) -> None:
    with pytest.raises(PolicyError):
        parse_policy(data, "x")
