"""What a contract may say, and what a file is told that says something else."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.contracts import OWN, Surveyor

from studyctl.domain.policy.capabilities.contracts import BadContract, contract_of, kinds_of
from studyctl.domain.policy.capabilities.judgement import is_idle
from studyctl.domain.policy.capabilities.model import Contract
from studyctl.domain.policy.capabilities.phrases import BASES, PHRASES
from studyctl.domain.policy.capabilities.required import least
from studyctl.domain.policy.catalogue import catalogue

GOOD: dict[str, Any] = {
    "what": "It works.",
    "roles": ['module.services["{service}"].aws_iam_role.task'],
    "needs": [{"consumes": "queue jobs"}, "opens sessions"],
}


def contract(**changed: Any) -> Contract:
    return contract_of({**GOOD, **changed}, "worker", OWN.kinds)


def test_a_contract_is_read_need_by_need() -> None:
    needs = [{"publishes to": ["queue one", "queue two"]}, {"connects to": "cache", "as": "cache user"}]
    found = contract(needs=needs, when="cluster.has_exec")
    assert [str(need) for need in found.needs] == [
        "publishes to queue one",
        "publishes to queue two",
        "connects to cache",
    ]
    assert found.when == "cluster.has_exec"
    assert found.fields == ("service",)


def test_a_contract_is_about_the_roles_that_its_address_fits() -> None:
    found = contract()
    assert found.fields_of('module.services["api"].aws_iam_role.task') == {"service": "api"}
    assert found.fields_of('module.services["api"].aws_iam_role.execution') is None
    assert found.fields_of('module.services["a"].x["b"].aws_iam_role.task') is None


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "nothing is said": ({"what": ""}, "say in a sentence"),
    "no roles": ({"roles": []}, "roles is a list of addresses"),
    "no needs": ({"needs": []}, "needs is a list"),
    "a part too many": ({"needz": 1}, "a contract has no 'needz'"),
    "when is no path": ({"when": True}, "when is a setting"),
    "a mistyped phrase": ({"needs": [{"consume": "queue a"}]}, "did you mean 'consumes'?"),
    "an unknown phrase": ({"needs": ["dances"]}, "they are listed in docs/iam.md"),
    "two phrases": ({"needs": [{"consumes": "queue a", "lists": "bucket b"}]}, "begin a new line for it"),
    "no mapping": ({"needs": [7]}, "a need is a phrase"),
    "a mistyped kind": ({"needs": [{"consumes": "queu a"}]}, "did you mean 'queue'?"),
    "the wrong kind": (
        {"needs": [{"consumes": "bucket a"}]},
        "is a bucket, but this needs a queue: queue NAME",
    ),
    "no resource": ({"needs": [{"consumes": None}]}, "it needs a queue: queue NAME"),
    "no name": ({"needs": [{"consumes": "queue"}]}, "and the name of one"),
    "a name too many": ({"needs": [{"connects to": "cache main", "as": "cache user"}]}, "leave out 'main'"),
    "beside it too much": ({"needs": [{"lists": "bucket a", "below": "x"}]}, "nothing stands beside it"),
    "the wrong word": (
        {"needs": [{"reads objects in": "bucket a", "under": "x"}]},
        "beside it may stand below",
    ),
    "beside it too little": ({"needs": [{"connects to": "cache"}]}, "it needs a cache user: cache user"),
    "a missing text": ({"needs": ["reports metrics"]}, "needs 'in' beside it"),
    "about nothing": ({"needs": [{"opens sessions": "queue a"}]}, "is about nothing in particular"),
    "no policy of AWS": ({"needs": ["holds what AWS says in"]}, "needs the name of a policy of AWS"),
    "an unknown field": ({"needs": [{"consumes": "queue {place}"}]}, "no address of roles has the field {place}"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_contract_says_what_to_do(case: str) -> None:
    changed, message = BAD[case]
    with pytest.raises(BadContract) as refused:
        contract(**changed)
    assert any(message in flaw.message for flaw in refused.value.flaws), refused.value


def test_every_flaw_is_told_at_once() -> None:
    with pytest.raises(BadContract) as refused:
        contract(what="", roles=[], needs=["dances", {"consumes": "bucket a"}])
    assert [flaw.path[:2] for flaw in refused.value.flaws] == [("what",), ("roles",), ("needs", 0), ("needs", 1)]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "a mapping called resources"),
        ({"resources": {"queue": {"key": "x"}}}, "a kind has an address"),
        ({"resources": {"queues": {"address": "a.b"}}}, "did you mean 'queue'?"),
        ({"resources": {"queue": {"address": "a.b", "key": "key x"}}}, "is not in this table"),
    ],
)
def test_a_bad_table_of_resources_says_what_to_do(table: Any, message: str) -> None:
    with pytest.raises(BadContract, match=message.replace("?", r"\?")):
        kinds_of(table)


def test_the_longest_kind_is_meant() -> None:
    kinds = kinds_of({"resources": {"cache": {"address": "a.b"}, "cache user": {"address": "a.c"}}})
    found = contract_of({**GOOD, "needs": [{"connects to": "cache", "as": "cache user"}]}, "worker", kinds)
    assert str(found.needs[0].beside["as"]) == "cache user"


def test_every_kind_that_a_phrase_is_about_has_a_resource_here() -> None:
    assert {kind.base for kind in OWN.kinds.values()} == BASES


@pytest.mark.parametrize("words", sorted(PHRASES))
def test_a_phrase_names_actions_that_exist(words: str) -> None:
    for grant in PHRASES[words].grants:
        for action in grant.actions:
            assert catalogue().action(action) is not None, action


@pytest.mark.parametrize("own", OWN.contracts, ids=lambda own: own.name)
def test_every_action_of_a_contract_meets_its_resources(own: Contract) -> None:
    found = least(own, OWN.kinds, Surveyor(), dict.fromkeys(own.fields, "some"))
    for statement in found.statements:
        for resource in statement["Resource"]:
            assert [a for a in statement["Action"] if is_idle(a, resource)] == [], resource


def test_every_phrase_is_used() -> None:
    assert set(PHRASES) == {need.phrase.words for own in OWN.contracts for need in own.needs}
