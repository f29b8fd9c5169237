"""The action catalogue: what it answers, and that a refresh never loses an action."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from studyctl.domain.policy import catalogue
from studyctl.domain.policy.catalogue import AccessLevel, Catalogue, KeyType
from studyctl.domain.policy.catalogue.store import PackedCatalogue, pack
from studyctl.domain.policy.documents import PolicyKind
from studyctl.domain.policy.grammar import parse_policy_value
from studyctl.domain.policy.graph import managed_policies
from studyctl.domain.policy.rules.rule import ask
from studyctl.domain.policy.rules.subjects import PolicySubject
from studyctl.domain.policy.rules.validity import unknown_action, unknown_service

REPOSITORY = Path(__file__).resolve().parents[4]
LISTS = REPOSITORY / "scripts/data"


def refresh_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("refresh", REPOSITORY / "scripts/refresh_action_catalogue.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


refresh = refresh_script()
KNOWN = refresh.read_known(LISTS / "known_actions.txt")
RETIRED = refresh.read_retired(LISTS / "retired_actions.txt")


def lost(names: set[str]) -> list[str]:
    """Actions that were known once and that neither the catalogue nor the retired list has."""
    return sorted(KNOWN[name] for name in KNOWN.keys() - names - RETIRED.keys())


def test_no_action_ever_disappears_without_being_called_retired() -> None:
    shipped = {name.lower() for name in catalogue().expand("*")}
    added = sorted(shipped - KNOWN.keys())
    difference = "\n".join([*(f"+ {name}" for name in added), *(f"- {text}" for text in lost(shipped))])
    sys.stdout.write(difference)
    assert not difference, f"run scripts/refresh_action_catalogue.py, which lists and retires:\n{difference}"
    assert not shipped & RETIRED.keys()


def test_the_check_sees_a_lost_action() -> None:
    shipped = {name.lower() for name in catalogue().expand("*")} - {"sqs:sendmessage"}
    assert lost(shipped) == ["sqs:SendMessage"]


def test_every_retired_action_is_known_as_such_with_its_date() -> None:
    for folded, (text, date) in RETIRED.items():
        retired = catalogue().retired(folded)
        assert retired is not None
        assert (retired.text, retired.last_seen) == (text, date)
        assert catalogue().action(folded) is None


def test_a_refresh_retires_what_is_gone_and_keeps_what_was_retired() -> None:
    names = {"sqs:sendmessage": "sqs:SendMessage"}
    before = {**names, "sqs:old": "sqs:Old"}
    already = {"sqs:older": ("sqs:Older", "2020-01-01")}
    ancient = ("2019-01-01", {"sqs:ancient": "sqs:Ancient", "sqs:older": "sqs:Older"})
    retired = refresh.retire(names, before, already, "2026-10-27", [ancient])
    assert retired == {
        "sqs:ancient": ("sqs:Ancient", "2019-01-01"),
        "sqs:old": ("sqs:Old", "2026-10-27"),
        "sqs:older": ("sqs:Older", "2020-01-01"),
    }
    assert refresh.difference(before, {**names, "sqs:new": "sqs:New"}, retired) == "+ sqs:New\n- sqs:Old"


def test_a_refresh_merges_dependent_actions() -> None:
    definitions = {
        "version": 1,
        "ecs": {"privileges": {"RunTask": {"resource_types": {"task": {"dependent_actions": ["iam:PassRole"]}}}}},
    }
    dependent = refresh.dependent_actions(definitions)["ecs:runtask"]
    action = {
        "accessLevel": "Permissions management, Write",
        "conditionKeys": ["ecs:cluster"],
        "dependentActions": [],
        "resourceTypes": [
            {"name": "task", "required": True, "conditionKeys": [], "dependentActions": ["ecs:TagResource"]}
        ],
    }
    assert refresh.compile_action(action, dependent) == [
        "PW",
        [["task", 1, [], ["ecs:TagResource", "iam:PassRole"]]],
        ["ecs:cluster"],
        [],
    ]
    elsewhere = refresh.compile_action({**action, "resourceTypes": []}, dependent)
    assert elsewhere[3] == ["iam:PassRole"]


def test_older_lists_of_both_shapes_are_read() -> None:
    sentry = {"policy_sentry_schema_version": "1", "a": {"prefix": "a", "privileges": {"Do": {}}}}
    parliament = [{"prefix": "a", "privileges": [{"privilege": "Do"}, {"privilege": "DoMore [permission only]"}]}]
    assert refresh.names_of(sentry) == {"a:do": "a:Do"}
    assert refresh.names_of(parliament) == {"a:do": "a:Do", "a:domore": "a:DoMore"}


def test_actions() -> None:
    run_task = catalogue().action("ECS:runtask")
    assert run_task is not None
    assert run_task.text == "ecs:RunTask"
    assert run_task.is_write
    assert "iam:PassRole" in run_task.all_dependent_actions
    assert "ecs:cluster" in run_task.all_condition_keys
    get_object = catalogue().action("s3:GetObject")
    assert get_object is not None
    assert get_object.levels == {AccessLevel.READ}
    assert not get_object.is_write
    patterns = [pattern for type_ in catalogue().resource_types(get_object) for pattern in type_.patterns]
    assert "arn:*:s3:::*/*" in patterns
    describe = catalogue().action("ec2:DescribeInstances")
    assert describe is not None
    assert not describe.is_restrictable
    add_permission = catalogue().action("sqs:AddPermission")
    assert add_permission is not None
    assert AccessLevel.PERMISSIONS in add_permission.levels
    assert catalogue().action("s3:GetObjec") is None
    assert catalogue().action("nothing:Here") is None
    assert catalogue().action("") is None


def test_a_type_may_have_two_forms_of_arn() -> None:
    lex = catalogue().service("lex")
    assert lex is not None
    assert len(lex.resource_types["bot alias"].arns) == 2


@pytest.mark.parametrize(
    ("pattern", "some", "count"),
    [
        ("s3:GetObject", "s3:GetObject", 1),
        ("S3:getobject", "s3:GetObject", 1),
        ("sqs:*Message", "sqs:SendMessage", 3),
        ("sqs:SendMessag?", "sqs:SendMessage", 1),
        ("sqs:Nothing*", None, 0),
        ("nothing:*", None, 0),
        ("s?s:SendMessage", "sqs:SendMessage", 2),
    ],
)
def test_wildcards(pattern: str, some: str | None, count: int) -> None:
    found = catalogue().expand(pattern)
    assert len(found) == count
    assert some is None or some in found


def test_everything_is_every_action() -> None:
    everything = catalogue().expand("*")
    assert everything == catalogue().expand("*:*")
    assert len(everything) > 22_000
    assert set(catalogue().expand("*:Describe*")) < set(everything)
    assert len({name.partition(":")[0] for name in everything}) == len(catalogue().prefixes)


def test_every_service_and_type_can_be_read() -> None:
    for prefix in catalogue().prefixes:
        service = catalogue().service(prefix)
        assert service is not None
        assert service.actions
        assert set(service.actions) == {name.partition(":")[2].lower() for name in catalogue().expand(f"{prefix}:*")}
        for resource_type in service.resource_types.values():
            assert all(pattern.startswith("arn:") for pattern in resource_type.patterns)


@pytest.mark.parametrize(
    ("mistyped", "meant"),
    [
        ("s3:GetObjec", "s3:GetObject"),
        ("s3:GetObjects", "s3:GetObject"),
        ("sqss:SendMessage", "sqs:SendMessage"),
        ("dynamdb:GetItem", "dynamodb:GetItem"),
        ("iam:PasRole", "iam:PassRole"),
        ("iam:Zzzzzz", None),
        ("qwertyuiop:Go", None),
    ],
)
def test_suggestions(mistyped: str, meant: str | None) -> None:
    assert catalogue().suggest(mistyped) == meant


def test_retired_actions_and_patterns_of_them() -> None:
    retired = catalogue().retired("sqs:SendMessageBatch")
    assert retired is not None
    assert retired.last_seen < "2026-10-27"
    assert catalogue().retired("deeplens:*") is not None
    assert catalogue().retired("sqs:SendMessage") is None
    assert catalogue().retired("sqs:NeverThere") is None


def test_actions_that_only_aws_own_policies_know() -> None:
    assert catalogue().is_undocumented("payments:CreatePaymentAttempt")
    assert catalogue().is_undocumented("payments:Create*")
    assert not catalogue().is_undocumented("payments:CreateNonsense")
    assert not catalogue().is_undocumented("s3:GetObject")


def test_services_that_are_gone() -> None:
    assert catalogue().retired_service("DeepLens") == catalogue().retired("deeplens:*").last_seen  # type: ignore[union-attr]
    assert catalogue().retired_service("zocalo") == "2015"
    assert catalogue().retired_service("sqs") is None
    assert catalogue().retired_service("qwertyuiop") is None


def test_the_undocumented_list_holds_only_what_no_other_list_has() -> None:
    undocumented = refresh.read_known(LISTS / "undocumented_actions.txt")
    assert undocumented
    assert not undocumented.keys() & KNOWN.keys()
    assert all(catalogue().is_undocumented(text) for text in undocumented)


EXCUSED_AT_MOST = 60
"""Places at which the list of undocumented actions answers for AWS's own policies."""


def test_aws_own_policies_name_nothing_unknown() -> None:
    """What the list of undocumented actions answers for is counted too, so that it cannot grow in silence."""
    found, excused = [], 0
    rules = (unknown_service.RULE, unknown_action.RULE)
    for name, content in managed_policies.everything().items():
        document = parse_policy_value(content, name)
        found += [str(one) for one in ask(rules, PolicySubject(document, PolicyKind.IDENTITY), name)]
        texts = [item.text for statement in document.statements for item in statement.actions]
        excused += sum(catalogue().is_undocumented(text) and not catalogue().expand(text) for text in texts)
    assert found == []
    assert 0 < excused <= EXCUSED_AT_MOST


@pytest.mark.parametrize(
    ("name", "type_", "is_multivalued"),
    [
        ("aws:SourceArn", KeyType.ARN, False),
        ("AWS:sourceip", KeyType.ADDRESS, False),
        ("aws:RequestTag/Team", KeyType.STRING, False),
        ("aws:TagKeys", KeyType.STRING, True),
        ("s3:prefix", KeyType.STRING, False),
        ("iam:PassedToService", KeyType.STRING, False),
        ("token.actions.githubusercontent.com:sub", KeyType.STRING, False),
        ("token.actions.githubusercontent.com:repository", KeyType.STRING, False),
        ("auth.example.org/realms/x:aud", KeyType.STRING, False),
        ("cognito-identity.amazonaws.com:amr", KeyType.STRING, True),
    ],
)
def test_condition_keys(name: str, type_: KeyType, is_multivalued: bool) -> None:
    key = catalogue().condition_key(name)
    assert key is not None
    assert (key.type, key.is_multivalued) == (type_, is_multivalued)


def test_unknown_condition_keys() -> None:
    assert catalogue().condition_key("s3:nothing") is None
    assert catalogue().condition_key("aws:nothing") is None
    assert catalogue().condition_key("nothing") is None
    assert catalogue().condition_key("s3:prefix", "sqs") is None


def test_a_file_of_another_format_is_refused() -> None:
    data = pack({}, {"actions": {}, "retired": {}}, {"titles": {}})
    assert Catalogue(PackedCatalogue(data)).expand("*") == ()
    with pytest.raises(ValueError, match="format 0"):
        PackedCatalogue(data.replace(b'"format":1', b'"format":0', 1))
