from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.policy_cases import ACCOUNT, plan_of

from studyctl.domain.policy.documents import PolicyKind
from studyctl.domain.policy.graph.graph import PolicyGraph, graph_of
from studyctl.domain.policy.graph.managed_policies import managed_policy
from studyctl.domain.policy.graph.reachability import How, routes_from
from studyctl.domain.policy.graph.world import Identity, IdentityKind

TRUST = [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]
READ = [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}]


def document_source(statements: list[dict[str, Any]], unknown: list[Any]) -> dict[str, Any]:
    """A data source as a plan shows it whose JSON is known only after the apply."""
    return {"statement": statements, "$unknown": {"json": True, "statement": unknown}}


def role_of(graph: PolicyGraph, address: str) -> Identity:
    return graph.world.by_address[address]


def resources_of(identity: Identity) -> list[str]:
    return [item.text for d in identity.policies for s in d.statements for item in s.resources or ()]


def test_a_role_has_the_union_of_its_policies() -> None:
    graph = graph_of(
        plan_of(
            {
                "aws_iam_role.app": {"name": "app", "assume_role_policy": TRUST},
                "aws_iam_role_policy.inline": {"role": "app", "policy": READ},
                "aws_iam_policy.shared": {
                    "name": "shared",
                    "policy": READ,
                    "arn": f"arn:aws:iam::{ACCOUNT}:policy/shared",
                },
                "aws_iam_role_policy_attachment.own": {
                    "role": "app",
                    "policy_arn": f"arn:aws:iam::{ACCOUNT}:policy/shared",
                },
                "aws_iam_role_policy_attachment.amazons": {
                    "role": "app",
                    "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
                },
            }
        )
    )
    app = role_of(graph, "aws_iam_role.app")
    assert app.arn == f"arn:aws:iam::{ACCOUNT}:role/app"
    assert len(app.policies) == 3
    assert app.trust is not None
    assert app.unknown == ()


def test_a_policy_that_nobody_knows_is_said_to_be_unknown() -> None:
    attached = {"role": "app", "policy_arn": "arn:aws:iam::123456789012:policy/elsewhere"}
    graph = graph_of(plan_of({"aws_iam_role.app": {"name": "app"}, "aws_iam_role_policy_attachment.a": attached}))
    assert "is not made by this plan" in role_of(graph, "aws_iam_role.app").unknown[0]
    (unreadable,) = graph.unreadable
    assert "is not made by this plan" in unreadable.problems[0].message


def test_a_policy_made_of_an_expression_is_unreadable_not_harmless() -> None:
    unknown = {"role": "app", "$unknown": {"policy": True}, "$refers": {"policy": ["aws_sqs_queue.jobs.arn"]}}
    graph = graph_of(
        plan_of({"aws_iam_role.app": {"name": "app"}, "aws_sqs_queue.jobs": {}, "aws_iam_role_policy.a": unknown})
    )
    assert [one.where for one in graph.unreadable] == ["aws_iam_role_policy.a"]
    assert role_of(graph, "aws_iam_role.app").unknown


def with_rebuilt(expressions: list[dict[str, Any]], others: dict[str, Any] | None = None) -> PolicyGraph:
    statement = {"sid": "Send", "actions": ["sqs:SendMessage"], "resources": [None]}
    plan = plan_of(
        {
            "aws_iam_role.app": {"name": "app"},
            "aws_sqs_queue.jobs": {"name": "jobs"},
            **(others or {}),
            "data.aws_iam_policy_document.send": document_source([statement], [{"resources": [True]}]),
            "aws_iam_role_policy.a": {
                "role": "app",
                "$unknown": {"policy": True},
                "$refers": {"policy": ["data.aws_iam_policy_document.send.json", "data.aws_iam_policy_document.send"]},
            },
        }
    )
    (block,) = (b for b in plan["configuration"]["root_module"]["resources"] if b["mode"] == "data")
    block["expressions"] = {"statement": expressions}
    return graph_of(plan)


def test_an_unknown_policy_is_rebuilt_with_the_arn_of_what_the_code_refers_to() -> None:
    graph = with_rebuilt(
        [
            {
                "sid": {"constant_value": "Send"},
                "resources": {"references": ["aws_sqs_queue.jobs.arn", "aws_sqs_queue.jobs"]},
            }
        ]
    )
    assert graph.unreadable == ()
    (text,) = resources_of(role_of(graph, "aws_iam_role.app"))
    assert text == "(aws_sqs_queue.jobs)"  # without a region in the plan its ARN cannot be foretold


def test_what_the_same_words_lead_to_and_no_action_works_on_is_not_taken_for_the_resource() -> None:
    """An output has the ARNs of a queue and of its key; a deploy that was cut off made only the key."""
    graph = with_rebuilt(
        [
            {
                "sid": {"constant_value": "Send"},
                "resources": {"references": ["aws_sqs_queue.jobs.arn", "aws_kms_key.data.arn"]},
            }
        ],
        {"aws_kms_key.data": {"arn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"}},
    )
    assert resources_of(role_of(graph, "aws_iam_role.app")) == ["(aws_sqs_queue.jobs)"]


def test_what_a_dynamic_block_hides_becomes_a_symbol_of_the_right_type() -> None:
    graph = with_rebuilt([])
    (text,) = resources_of(role_of(graph, "aws_iam_role.app"))
    assert text.startswith("arn:aws:sqs:")
    assert "(data.aws_iam_policy_document.send.statement[0].resources)" in text


def test_what_is_attached_exclusively_is_attached() -> None:
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    only = {"role_name": "app", "policy_arns": [arn]}
    graph = graph_of(
        plan_of({"aws_iam_role.app": {"name": "app"}, "aws_iam_role_policy_attachments_exclusive.only": only})
    )
    app = role_of(graph, "aws_iam_role.app")
    assert (app.policy_arns, len(app.policies)) == ((arn,), 1)


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.mark.parametrize(
    ("resources", "name", "count"),
    [
        (
            {
                "aws_iam_role_policy.own": {"role": "legacy", "policy": READ},
                "aws_iam_role_policy_attachment.all": {"role": "legacy", "policy_arn": ADMIN},
            },
            "legacy",
            2,
        ),
        (
            {
                "aws_ssoadmin_permission_set.people": {"name": "people"},
                "aws_ssoadmin_managed_policy_attachment.all": {
                    "managed_policy_arn": ADMIN,
                    "$unknown": {"permission_set_arn": True},
                    "$refers": {"permission_set_arn": ["aws_ssoadmin_permission_set.people.arn"]},
                },
                "aws_ssoadmin_permission_set_inline_policy.own": {
                    "inline_policy": json.dumps({"Version": "2012-10-17", "Statement": READ}),
                    "$unknown": {"permission_set_arn": True},
                    "$refers": {"permission_set_arn": ["aws_ssoadmin_permission_set.people.arn"]},
                },
            },
            "aws_ssoadmin_permission_set.people",
            2,
        ),
    ],
)
def test_who_is_given_something_and_not_made_by_the_plan_is_judged_by_that(
    resources: dict[str, Any], name: str, count: int
) -> None:
    (holder,) = graph_of(plan_of(resources)).world.identities
    assert (holder.kind, holder.name, len(holder.policies)) == (IdentityKind.DOCUMENT, name, count)
    assert ADMIN in holder.policy_arns


def without_caller(resources: dict[str, Any], provider: dict[str, Any]) -> PolicyGraph:
    plan = plan_of(resources)
    del plan["prior_state"]
    plan["configuration"]["provider_config"] = {"aws": {"expressions": provider}}
    return graph_of(plan)


def test_whose_plan_it_is_is_told_by_what_is_there_and_where_by_the_provider() -> None:
    """A plan of somebody else's code seldom asks who it is."""
    role = {"name": "app", "arn": f"arn:aws:iam::{ACCOUNT}:role/app"}
    function = {"function_name": "job", "role": role["arn"]}
    graph = without_caller(
        {"aws_iam_role.app": role, "aws_lambda_function.job": function},
        {"region": {"constant_value": "eu-west-1"}},
    )
    (compute,) = graph.world.computes
    assert compute.arn == f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:job"
    assert without_caller({"aws_sqs_queue.jobs": {"name": "jobs"}}, {}).world.account_id == ""


OPEN = [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]


@pytest.mark.parametrize(
    ("address", "values", "principal", "action", "keys"),
    [
        ("aws_s3control_access_point_policy.x", {"policy": OPEN}, "*", "s3:GetObject", []),
        (
            "aws_lambda_function_url.x",
            {"authorization_type": "NONE"},
            "*",
            "lambda:InvokeFunctionUrl",
            ["lambda:FunctionUrlAuthType"],
        ),
        (
            "aws_lambda_layer_version_permission.x",
            {"principal": "*", "action": "lambda:GetLayerVersion", "organization_id": "o-1"},
            "*",
            "lambda:GetLayerVersion",
            ["aws:PrincipalOrgID"],
        ),
        (
            "aws_kms_grant.x",
            {"grantee_principal": "arn:aws:iam::210987654321:root", "operations": ["Decrypt"]},
            "arn:aws:iam::210987654321:root",
            "kms:Decrypt",
            [],
        ),
    ],
)
def test_who_is_let_in_without_a_policy_is_seen(
    address: str, values: dict[str, Any], principal: str, action: str, keys: list[str]
) -> None:
    (subject,) = graph_of(plan_of({address: values})).policies
    (statement,) = subject.document.statements
    assert [one.text for one in statement.principals or ()] == [principal]
    assert [one.text for one in statement.actions] == [action]
    assert [one.key.text for one in statement.conditions] == keys


@pytest.mark.parametrize("values", [{"authorization_type": "AWS_IAM"}, {}])
def test_a_function_that_asks_for_a_signature_lets_nobody_in(values: dict[str, Any]) -> None:
    assert graph_of(plan_of({"aws_lambda_function_url.x": values})).policies == ()


@pytest.mark.parametrize(
    ("type_", "kinds"),
    [
        ("SERVICE_CONTROL_POLICY", [PolicyKind.SERVICE_CONTROL]),
        ("RESOURCE_CONTROL_POLICY", [PolicyKind.RESOURCE_CONTROL]),
        ("TAG_POLICY", []),
    ],
)
def test_policies_of_an_organisation_are_told_by_their_type(type_: str, kinds: list[PolicyKind]) -> None:
    text = json.dumps({"tags": {}} if type_ == "TAG_POLICY" else {"Version": "2012-10-17", "Statement": READ})
    graph = graph_of(plan_of({"aws_organizations_policy.x": {"type": type_, "content": text}}))
    assert ([one.kind for one in graph.policies], graph.unreadable) == (kinds, ())


def test_a_boundary_limits_and_is_judged_as_one() -> None:
    limit = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    graph = graph_of(
        plan_of(
            {
                "aws_iam_role.app": {"name": "app", "permissions_boundary": limit},
                "aws_iam_policy.limit": {"name": "limit", "arn": limit, "policy": READ},
            }
        )
    )
    assert role_of(graph, "aws_iam_role.app").boundary_arn == limit
    assert {subject.kind for subject in graph.policies} == {PolicyKind.BOUNDARY}


def test_members_of_a_group_have_its_policies_and_users_their_own_name() -> None:
    own = [{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::*:user/${aws:username}"}]
    graph = graph_of(
        plan_of(
            {
                "aws_iam_user.me": {"name": "me"},
                "aws_iam_group.all": {"name": "all"},
                "aws_iam_group_policy.own": {"group": "all", "policy": own},
                "aws_iam_user_group_membership.me": {"user": "me", "groups": ["all"]},
            }
        )
    )
    me = role_of(graph, "aws_iam_user.me")
    assert me.groups == ("all",)
    assert resources_of(me) == ["arn:aws:iam::*:user/me"]


def test_compute_is_found_by_its_role_and_by_its_instance_profile() -> None:
    graph = graph_of(
        plan_of(
            {
                "aws_iam_role.app": {"name": "app"},
                "aws_iam_instance_profile.app": {"name": "profile", "role": "app"},
                "aws_launch_template.a": {"iam_instance_profile": [{"name": "profile"}]},
                "aws_ecs_task_definition.b": {
                    "$unknown": {"task_role_arn": True},
                    "$refers": {"task_role_arn": ["aws_iam_role.app.arn"]},
                },
                "aws_lambda_function.c": {"role": f"arn:aws:iam::{ACCOUNT}:role/app"},
                "aws_sqs_queue.none": {"name": "none"},
            }
        )
    )
    running = {compute.address: compute.roles for compute in graph.world.computes}
    assert running == dict.fromkeys(
        ("aws_launch_template.a", "aws_ecs_task_definition.b", "aws_lambda_function.c"), ("aws_iam_role.app",)
    )


def test_a_route_leads_from_a_service_over_its_role_to_a_bucket() -> None:
    graph = graph_of(
        plan_of(
            {
                "aws_iam_role.app": {"name": "app", "assume_role_policy": TRUST},
                "aws_iam_role_policy.a": {"role": "app", "policy": READ},
                "aws_s3_bucket.data": {"bucket": "data", "arn": "arn:aws:s3:::data"},
                "aws_s3_bucket.other": {"bucket": "other", "arn": "arn:aws:s3:::other"},
            }
        )
    )
    (route,) = routes_from(graph.edges, "ecs-tasks.amazonaws.com", lambda end: end.startswith("aws_s3_bucket."))
    assert [step.how for step in route.steps] == [How.TRUST, How.MAY]
    assert route.target == "aws_s3_bucket.data"
    assert "s3:GetObject" in str(route)


def test_what_a_boundary_or_a_deny_takes_away_is_not_used() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    limit = [{"Effect": "Allow", "Action": ["s3:*", "sqs:SendMessage"], "Resource": "*"}]
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"
    held = [
        {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:ReceiveMessage", "s3:GetObject"], "Resource": queue},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"},
    ]
    graph = graph_of(
        plan_of(
            {
                "aws_iam_role.app": {"name": "app", "permissions_boundary": arn},
                "aws_iam_policy.limit": {"name": "limit", "arn": arn, "policy": limit},
                "aws_iam_role_policy.own": {"role": "app", "policy": held},
                "aws_sqs_queue.jobs": {"name": "jobs", "arn": queue},
                "aws_s3_bucket.data": {"bucket": "data"},
            }
        )
    )
    used = [(edge.target, edge.words) for edge in graph.edges if edge.how is How.MAY]
    assert used == [("aws_sqs_queue.jobs", "sqs:SendMessage")]


def test_routes_end_although_roles_trust_each_other() -> None:
    def trusting(name: str) -> list[dict[str, Any]]:
        return [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{name}"}}
        ]

    graph = graph_of(
        plan_of(
            {
                "aws_iam_role.a": {"name": "a", "assume_role_policy": trusting("b")},
                "aws_iam_role.b": {"name": "b", "assume_role_policy": trusting("a")},
            }
        )
    )
    assert [route.target for route in routes_from(graph.edges, "aws_iam_role.a", lambda _: True)] == ["aws_iam_role.b"]


@pytest.mark.parametrize("name", ["AdministratorAccess", "service-role/AWSBackupServiceRolePolicyForBackup"])
def test_policies_of_aws_are_known_in_every_partition(name: str) -> None:
    for partition in ("aws", "aws-cn"):
        document = managed_policy(f"arn:{partition}:iam::aws:policy/{name}")
        assert document is not None
        assert document.allows


def test_other_policies_are_not_taken_for_those_of_aws() -> None:
    assert managed_policy(f"arn:aws:iam::{ACCOUNT}:policy/AdministratorAccess") is None
    assert managed_policy("arn:aws:iam::aws:policy/NoSuchPolicy") is None


def test_a_broken_policy_in_a_plan_is_unreadable() -> None:
    graph = graph_of(plan_of({"aws_sqs_queue.a": {"policy": json.dumps({"Statement": "x"})}}))
    assert [one.where for one in graph.unreadable] == ["aws_sqs_queue.a"]


@pytest.mark.parametrize(("type_", "sort"), [("aws_iam_role", "role"), ("aws_iam_user", "user")])
def test_who_has_no_arn_yet_asks_with_policies_of_his_own_all_the_same(type_: str, sort: str) -> None:
    plan = plan_of({f"{type_}.a": {"name": "a"}})
    plan["prior_state"] = {}
    identity = role_of(graph_of(plan), f"{type_}.a")
    assert not identity.arn.startswith("arn:")
    assert identity.caller.name == f"arn:aws:iam::111122223333:{sort}/a"
