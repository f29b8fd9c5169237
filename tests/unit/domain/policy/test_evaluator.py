"""Decisions, each by hand from AWS's documented evaluation logic.

Sources: AWS IAM User Guide, "Policy evaluation logic" and its pages on identity and resource policies, permissions
boundaries, session policies, organisations, cross-account access; AWS KMS Developer Guide, "Key policies".
"""

# ruff: noqa: E501 - a table: one case, one line

from __future__ import annotations

from typing import Any

import pytest
from tests.support.policies import allow, deny, policy

from studyctl.domain.policy import Authoriser, Caller, CallerKind, Outcome, Policies, Request, evaluate

HOME, AWAY = "111122223333", "444455556666"
USER = f"arn:aws:iam::{HOME}:user/bob"
ROLE = f"arn:aws:iam::{HOME}:role/worker"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/worker/one"
FEDERATED = f"arn:aws:sts::{HOME}:federated-user/bob"
ROOT = f"arn:aws:iam::{HOME}:root"
STRANGER = f"arn:aws:iam::{AWAY}:role/worker"
OBJECT = "arn:aws:s3:::bucket/key"
KEY = f"arn:aws:kms:eu-west-1:{HOME}:key/1"
QUEUE = f"arn:aws:sqs:eu-west-1:{HOME}:queue"
GET = allow("s3:GetObject", "arn:aws:s3:::bucket/*")
ALL = allow("*")
FULL = policy(ALL)
Yes, Deny, No = Outcome.ALLOWED, Outcome.DENIED, Outcome.NOT_ALLOWED


def docs(*statements: dict[str, Any]) -> tuple[Any, ...]:
    return (policy(*statements),)


def to(principal: Any, action: str = "s3:GetObject", resource: Any = "*", **other: Any) -> dict[str, Any]:
    return allow(action, resource, Principal=principal, **other)


def get(caller: str = USER, resource: str = OBJECT, owner: str = HOME, **context: Any) -> Request:
    return Request(Caller.of(caller), "s3:GetObject", resource, _keys(context), owner)


def ask(action: str, resource: str = "*", caller: str = USER, owner: str = "", **context: Any) -> Request:
    return Request(Caller.of(caller), action, resource, _keys(context), owner)


def _keys(context: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    found = {key.replace("__", ":").replace("_slash_", "/"): value for key, value in context.items()}
    return {key: (value,) if isinstance(value, str) else tuple(value) for key, value in found.items()}


P = Policies
DECISIONS: list[tuple[str, Policies, Request, Outcome]] = [
    ("nothing allows", P(), get(), No),
    ("an identity policy allows", P(docs(GET)), get(), Yes),
    ("another action", P(docs(GET)), ask("s3:PutObject", OBJECT), No),
    ("another resource", P(docs(GET)), get(resource="arn:aws:s3:::other/key"), No),
    ("actions have no case", P(docs(allow("S3:getobject"))), get(), Yes),
    ("resources have case", P(docs(allow("s3:GetObject", "arn:aws:s3:::Bucket/*"))), get(), No),
    ("an explicit deny beats an allow", P(docs(ALL, deny("s3:GetObject"))), get(), Deny),
    ("a deny of another policy", P((FULL, policy(deny("s3:*")))), get(), Deny),
    ("a deny whose condition fails", P(docs(ALL, deny("s3:*", "*", {"Bool": {"aws:SecureTransport": "false"}}))), get(aws__SecureTransport="true"), Yes),
    ("a deny whose condition holds", P(docs(ALL, deny("s3:*", "*", {"Bool": {"aws:SecureTransport": "false"}}))), get(aws__SecureTransport="false"), Deny),
    ("NotAction allows the rest", P(docs(allow("", NotAction="iam:*"))), get(), Yes),
    ("NotAction does not allow what it lists", P(docs(allow("", NotAction="s3:*"))), get(), No),
    ("NotResource allows the rest", P(docs(allow("s3:*", NotResource="arn:aws:s3:::secret/*"))), get(), Yes),
    ("NotResource does not allow what it lists", P(docs(allow("s3:*", NotResource="arn:aws:s3:::bucket/*"))), get(), No),
    ("deny with NotResource", P(docs(ALL, deny("s3:*", NotResource="arn:aws:s3:::other/*"))), get(), Deny),
    ("deny with NotAction", P(docs(ALL, deny("", NotAction="sqs:*"))), get(), Deny),
    ("an empty list of actions", P(docs(allow([]))), get(), No),
    ("a variable", P(docs(allow("s3:*", "arn:aws:s3:::bucket/${aws:username}/*"))), get(resource="arn:aws:s3:::bucket/bob/x"), Yes),
    ("a variable of somebody else", P(docs(allow("s3:*", "arn:aws:s3:::bucket/${aws:username}/*"))), get(resource="arn:aws:s3:::bucket/eve/x"), No),
    ("a variable that has no value", P(docs(allow("s3:*", "arn:aws:s3:::bucket/${aws:username}/*"))), get(SESSION, "arn:aws:s3:::bucket//x"), No),
    ("a variable with a default", P(docs(allow("s3:*", "arn:aws:s3:::bucket/${aws:username, 'all'}/*"))), get(SESSION, "arn:aws:s3:::bucket/all/x"), Yes),
    ("a tag of the principal", P(docs(allow("s3:*", "arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*"))), get(SESSION, "arn:aws:s3:::bucket/blue/x", **{"aws__PrincipalTag_slash_team": "blue"}), Yes),
    ("an old document has no variables", P((policy(allow("s3:*", "arn:aws:s3:::bucket/${aws:username}/*"), version="2008-10-17"),)), get(resource="arn:aws:s3:::bucket/bob/x"), No),
    ("a wildcard of a value is text", P(docs(allow("s3:*", "arn:aws:s3:::bucket/${aws:username}"))), get(resource="arn:aws:s3:::bucket/anything", aws__username="*"), No),
    ("an action without resources", P(docs(allow("ec2:DescribeInstances"))), ask("ec2:DescribeInstances"), Yes),
    ("an action without resources, scoped", P(docs(allow("ec2:DescribeInstances", "arn:aws:ec2:*:*:instance/*"))), ask("ec2:DescribeInstances"), No),
    ("who am I, even if denied", P(docs(deny("*"))), ask("sts:GetCallerIdentity"), Yes),
    # boundaries
    ("a boundary that allows", P(docs(GET), boundary=docs(allow("s3:*"))), get(), Yes),
    ("a boundary that does not", P(docs(GET), boundary=docs(allow("sqs:*"))), get(), No),
    ("a boundary alone gives nothing", P(boundary=docs(ALL)), get(), No),
    ("a boundary that denies", P(docs(GET), boundary=docs(ALL, deny("s3:*"))), get(), Deny),
    ("a boundary does not bind a grant to a user", P(boundary=docs(allow("sqs:*")), resource=docs(to({"AWS": USER}))), get(), Yes),
    ("a boundary binds a grant to a role", P(boundary=docs(allow("sqs:*")), resource=docs(to({"AWS": ROLE}))), get(SESSION), No),
    ("a boundary does not bind a grant to a session", P(boundary=docs(allow("sqs:*")), resource=docs(to({"AWS": SESSION}))), get(SESSION), Yes),
    ("a boundary that denies binds everybody", P(boundary=docs(ALL, deny("s3:*")), resource=docs(to({"AWS": USER}))), get(), Deny),
    ("a boundary binds a grant to everyone, for a role", P(boundary=docs(allow("sqs:*")), resource=docs(to("*"))), get(SESSION), No),
    # session policies
    ("a session policy that allows", P(docs(GET), session=docs(GET)), get(SESSION), Yes),
    ("a session policy that does not", P(docs(GET), session=docs(allow("sqs:*"))), get(SESSION), No),
    ("a session policy alone gives nothing", P(session=docs(GET)), get(SESSION), No),
    ("a session policy binds a grant to the role", P(session=docs(allow("sqs:*")), resource=docs(to({"AWS": ROLE}))), get(SESSION), No),
    ("within it, a grant to the role is enough", P(session=docs(GET), resource=docs(to({"AWS": ROLE}))), get(SESSION), Yes),
    ("a session policy does not bind a grant to the session", P(session=docs(allow("sqs:*")), resource=docs(to({"AWS": SESSION}))), get(SESSION), Yes),
    ("a session policy that denies", P(docs(GET), session=docs(ALL, deny("s3:*")), resource=docs(to({"AWS": SESSION}))), get(SESSION), Deny),
    ("a federated user within the session policy", P(docs(GET), session=docs(GET)), get(FEDERATED), Yes),
    ("a grant to the user, bound by the session policy", P(session=docs(allow("sqs:*")), resource=docs(to({"AWS": USER}))), get(FEDERATED), No),
    ("a grant to the federated session", P(session=docs(allow("sqs:*")), resource=docs(to({"AWS": FEDERATED}))), get(FEDERATED), Yes),
    # resource policies of the same account
    ("a resource policy is enough for a user", P(resource=docs(to({"AWS": USER}))), get(), Yes),
    ("and for a role", P(resource=docs(to({"AWS": ROLE}))), get(SESSION), Yes),
    ("for another role's session it is not", P(resource=docs(to({"AWS": f"{ROLE}2"}))), get(SESSION), No),
    ("the account only delegates", P(resource=docs(to({"AWS": ROOT}))), get(), No),
    ("the account by its number too", P(resource=docs(to({"AWS": HOME}))), get(), No),
    ("with an identity policy it is allowed anyway", P(docs(GET), resource=docs(to({"AWS": ROOT}))), get(), Yes),
    ("an identity policy needs no resource policy", P(docs(GET), resource=docs(to({"AWS": f"{USER}2"}))), get(), Yes),
    ("everyone", P(resource=docs(to("*"))), get(), Yes),
    ("a resource policy that denies", P(docs(GET), resource=docs(deny("s3:*", Principal="*"))), get(), Deny),
    ("a resource policy that denies the account", P(docs(GET), resource=docs(deny("s3:*", Principal={"AWS": HOME}))), get(), Deny),
    ("a resource policy that denies another account", P(docs(GET), resource=docs(deny("s3:*", Principal={"AWS": AWAY}))), get(), Yes),
    ("deny all but the listed, with their account", P(docs(GET), resource=docs(deny("s3:*", NotPrincipal={"AWS": [USER, ROOT]}))), get(), Yes),
    ("deny all but the listed, without their account", P(docs(GET), resource=docs(deny("s3:*", NotPrincipal={"AWS": [USER]}))), get(), Deny),
    ("deny all but others", P(docs(GET), resource=docs(deny("s3:*", NotPrincipal={"AWS": [ROLE, ROOT]}))), get(), Deny),
    ("allow all but the listed", P(resource=docs(to(None, NotPrincipal={"AWS": ROLE}))), get(), Yes),
    ("allow all but the listed, asked by those", P(resource=docs(to(None, NotPrincipal={"AWS": ROLE}))), get(SESSION), No),
    ("a statement for nobody", P(resource=docs(GET)), get(), No),
    ("a canonical user is nobody known", P(resource=docs(to({"CanonicalUser": "abc"}))), get(), No),
    ("only with the organisation", P(resource=docs(to("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))), get(aws__PrincipalOrgID="o-1"), Yes),
    ("another organisation", P(resource=docs(to("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))), get(aws__PrincipalOrgID="o-2"), No),
    ("only with the role's ARN", P(docs(GET), resource=docs(deny("s3:*", "*", {"ArnNotLike": {"aws:PrincipalArn": ROLE}}, Principal="*"))), get(SESSION), Yes),
    ("not with another ARN", P(docs(GET), resource=docs(deny("s3:*", "*", {"ArnNotLike": {"aws:PrincipalArn": ROLE}}, Principal="*"))), get(USER), Deny),
    # across accounts
    ("both accounts allow", P(docs(GET), resource=docs(to({"AWS": STRANGER}))), get(STRANGER), Yes),
    ("the resource's account alone", P(resource=docs(to({"AWS": STRANGER}))), get(STRANGER), No),
    ("the caller's account alone", P(docs(GET)), get(STRANGER), No),
    ("the caller's account is named", P(docs(GET), resource=docs(to({"AWS": AWAY}))), get(STRANGER), Yes),
    ("everyone is named", P(docs(GET), resource=docs(to("*"))), get(STRANGER), Yes),
    ("everyone is named, the caller may not", P(resource=docs(to("*"))), get(STRANGER), No),
    ("a boundary binds across accounts", P(docs(GET), boundary=docs(allow("sqs:*")), resource=docs(to({"AWS": STRANGER}))), get(STRANGER), No),
    ("the ARN tells the owner", P(docs(allow("sqs:*"))), ask("sqs:SendMessage", QUEUE, STRANGER), No),
    ("the ARN tells the owner, at home", P(docs(allow("sqs:*"))), ask("sqs:SendMessage", QUEUE), Yes),
    ("another account's root", P(resource=docs(to({"AWS": AWAY}))), get(AWAY), Yes),
    # services and nobody
    ("a service that is named", P(resource=docs(to({"Service": "sns.amazonaws.com"}, "sqs:SendMessage"))), ask("sqs:SendMessage", QUEUE, "sns.amazonaws.com"), Yes),
    ("a service that is not", P(resource=docs(to({"Service": "sns.amazonaws.com"}, "sqs:SendMessage"))), ask("sqs:SendMessage", QUEUE, "s3.amazonaws.com"), No),
    ("a service for the wrong account", P(resource=docs(to({"Service": "sns.amazonaws.com"}, "sqs:SendMessage", Condition={"StringEquals": {"aws:SourceAccount": HOME}}))), ask("sqs:SendMessage", QUEUE, "sns.amazonaws.com", aws__SourceAccount=AWAY), No),
    ("a service from the right topic", P(resource=docs(to({"Service": "sns.amazonaws.com"}, "sqs:SendMessage", Condition={"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{HOME}:*"}}))), ask("sqs:SendMessage", QUEUE, "sns.amazonaws.com", aws__SourceArn=f"arn:aws:sns:eu-west-1:{HOME}:t"), Yes),
    ("a service has no identity policy", P(docs(ALL)), ask("sqs:SendMessage", QUEUE, "sns.amazonaws.com"), No),
    ("nobody in particular", P(resource=docs(to("*"))), get("*"), Yes),
    ("nobody in particular is no account", P(resource=docs(to({"AWS": HOME}))), get("*"), No),
    ("everyone includes services", P(resource=docs(deny("sqs:*", Principal="*"), to({"Service": "sns.amazonaws.com"}, "sqs:*"))), ask("sqs:SendMessage", QUEUE, "sns.amazonaws.com"), Deny),
    # roles
    ("a trust policy names the caller", P(resource=docs(to({"AWS": USER}, "sts:AssumeRole", None))), ask("sts:AssumeRole", ROLE), Yes),
    ("a trust policy names the account, identity allows", P(docs(allow("sts:AssumeRole")), resource=docs(to({"AWS": HOME}, "sts:AssumeRole", None))), ask("sts:AssumeRole", ROLE), Yes),
    ("a trust policy names the account, identity does not", P(resource=docs(to({"AWS": HOME}, "sts:AssumeRole", None))), ask("sts:AssumeRole", ROLE), No),
    ("a trust policy names somebody else", P(docs(ALL), resource=docs(to({"AWS": f"{USER}2"}, "sts:AssumeRole", None))), ask("sts:AssumeRole", ROLE), No),
    ("a service assumes its role", P(resource=docs(to({"Service": "ecs-tasks.amazonaws.com"}, "sts:AssumeRole", None))), ask("sts:AssumeRole", ROLE, "ecs-tasks.amazonaws.com"), Yes),
    ("a token of the right repository", P(resource=docs(to({"Federated": "token.actions.githubusercontent.com"}, "sts:AssumeRoleWithWebIdentity", None, Condition={"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:o/r:ref:refs/heads/main"}}))), ask("sts:AssumeRoleWithWebIdentity", ROLE, "token.actions.githubusercontent.com", **{"token.actions.githubusercontent.com__sub": "repo:o/r:ref:refs/heads/main"}), Yes),
    ("a token of another repository", P(resource=docs(to({"Federated": "token.actions.githubusercontent.com"}, "sts:AssumeRoleWithWebIdentity", None, Condition={"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:o/r:ref:refs/heads/main"}}))), ask("sts:AssumeRoleWithWebIdentity", ROLE, "token.actions.githubusercontent.com", **{"token.actions.githubusercontent.com__sub": "repo:x/r:ref:refs/heads/main"}), No),
    ("another role across accounts", P(docs(allow("sts:AssumeRole")), resource=docs(to({"AWS": STRANGER}, "sts:AssumeRole", None))), ask("sts:AssumeRole", ROLE, STRANGER), Yes),
    # keys
    ("a key policy that delegates", P(docs(allow("kms:Decrypt")), resource=docs(to({"AWS": HOME}, "kms:*"))), ask("kms:Decrypt", KEY), Yes),
    ("a key policy that does not delegate", P(docs(allow("kms:Decrypt")), resource=docs(to({"AWS": ROLE}, "kms:*"))), ask("kms:Decrypt", KEY), No),
    ("a key policy that names the caller", P(resource=docs(to({"AWS": USER}, "kms:*"))), ask("kms:Decrypt", KEY), Yes),
    ("a key policy that delegates, identity does not allow", P(resource=docs(to({"AWS": HOME}, "kms:*"))), ask("kms:Decrypt", KEY), No),
    ("a key whose policy nobody gave", P(docs(allow("kms:Decrypt"))), ask("kms:Decrypt", KEY), Yes),
    ("a key by way of a service", P(docs(allow("kms:Decrypt", "*", {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}))), ask("kms:Decrypt", KEY), No),
    ("a locked-out root", P(resource=docs(to({"AWS": ROLE}, "kms:*"))), ask("kms:PutKeyPolicy", KEY, ROOT), No),
    # root
    ("root needs no policy", P(), get(ROOT), Yes),
    ("root has no boundary", P(boundary=docs(allow("sqs:*"))), get(ROOT), Yes),
    ("root obeys a bucket policy that denies", P(resource=docs(deny("s3:*", Principal="*"))), get(ROOT), Deny),
    ("root obeys its organisation", P(service_control=(docs(ALL, deny("s3:*")),)), get(ROOT), Deny),
    # organisations
    ("an organisation that allows", P(docs(GET), service_control=((FULL,), (FULL,))), get(), Yes),
    ("a level that does not allow", P(docs(GET), service_control=((FULL,), docs(allow("sqs:*")))), get(), No),
    ("a level that has nothing", P(docs(GET), service_control=((FULL,), ())), get(), No),
    ("a level that denies", P(docs(GET), service_control=((FULL,), docs(ALL, deny("s3:*")))), get(), Deny),
    ("an organisation alone gives nothing", P(service_control=((FULL,),)), get(), No),
    ("an organisation binds a grant by a resource", P(service_control=(docs(allow("sqs:*")),), resource=docs(to({"AWS": USER}))), get(), No),
    ("an organisation does not bind services", P(service_control=(docs(allow("s3:*")),), resource=docs(to({"Service": "sns.amazonaws.com"}, "sqs:*"))), ask("sqs:SendMessage", QUEUE, "sns.amazonaws.com"), Yes),
    ("regions by an organisation", P((FULL,), service_control=(docs(ALL, deny("", NotAction="iam:*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})),)), ask("sqs:SendMessage", QUEUE, aws__RequestedRegion="us-east-1"), Deny),
    ("a resource control policy denies", P(docs(GET), resource_control=docs(deny("s3:*", "*", {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, Principal="*"))), get(aws__PrincipalOrgID="o-2"), Deny),
    ("a resource control policy that does not", P(docs(GET), resource_control=docs(deny("s3:*", "*", {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, Principal="*"))), get(aws__PrincipalOrgID="o-1"), Yes),
    # endpoints
    ("an endpoint that allows", P(docs(GET), endpoint=docs(to("*", "s3:*"))), get(), Yes),
    ("an endpoint that does not", P(docs(GET), endpoint=docs(to("*", "s3:*", "arn:aws:s3:::other/*"))), get(), No),
    ("an endpoint alone gives nothing", P(endpoint=docs(to("*", "s3:*"))), get(), No),
    # passing roles
    ("a role that may be passed", P(docs(allow("iam:PassRole", ROLE, {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}))), ask("iam:PassRole", ROLE, iam__PassedToService="ecs-tasks.amazonaws.com"), Yes),
    ("a role that may be passed to something else", P(docs(allow("iam:PassRole", ROLE, {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}))), ask("iam:PassRole", ROLE, iam__PassedToService="lambda.amazonaws.com"), No),
    ("tags that are all known", P(docs(allow("ec2:CreateTags", "*", {"ForAllValues:StringEquals": {"aws:TagKeys": ["env", "team"]}}))), ask("ec2:CreateTags", aws__TagKeys=["env", "team"]), Yes),
    ("a tag that is not", P(docs(allow("ec2:CreateTags", "*", {"ForAllValues:StringEquals": {"aws:TagKeys": ["env", "team"]}}))), ask("ec2:CreateTags", aws__TagKeys=["env", "owner"]), No),
    ("no tags at all pass ForAllValues", P(docs(allow("ec2:CreateTags", "*", {"ForAllValues:StringEquals": {"aws:TagKeys": ["env", "team"]}}))), ask("ec2:CreateTags"), Yes),
]  # fmt: skip


@pytest.mark.parametrize(
    ("policies", "request_", "outcome"), [case[1:] for case in DECISIONS], ids=[c[0] for c in DECISIONS]
)
def test_decisions(policies: Policies, request_: Request, outcome: Outcome) -> None:
    decision = evaluate(policies, request_)
    assert decision.outcome is outcome, str(decision)
    assert decision.why
    if outcome is Outcome.DENIED:
        assert decision.statements
        assert not any(statement.is_allow for statement in decision.statements)
    else:
        assert all(statement.is_allow for statement in decision.statements)
        assert decision.is_allowed or not decision.statements


def test_names_of_cases_are_distinct() -> None:
    assert len({case[0] for case in DECISIONS}) == len(DECISIONS) >= 60


def test_a_decision_says_by_which_statements() -> None:
    own = policy({**GET, "Sid": "Own"}, source="own.json")
    limit = policy({**ALL, "Sid": "Limit"}, source="limit.json")
    decision = Authoriser(Policies((own,), boundary=(limit,))).decide(get())
    assert [str(statement) for statement in decision.statements] == ["Own (own.json)", "Limit (limit.json)"]
    assert str(decision) == "allowed by Own (own.json), Limit (limit.json): the caller's own policies allow it"


def test_a_service_linked_role_is_bound_by_no_organisation() -> None:
    policies = Policies(
        docs(GET), service_control=(docs(deny("s3:*")),), resource_control=docs(deny("*", Principal="*"))
    )
    linked = f"arn:aws:iam::{HOME}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    assert evaluate(policies, get(linked)).is_allowed
    assert evaluate(policies, get(SESSION)).outcome is Outcome.DENIED
    caller = Caller.of(f"arn:aws:sts::{HOME}:assumed-role/AWSServiceRoleForECS/x", linked, is_service_linked=True)
    assert evaluate(policies, Request(caller, "s3:GetObject", OBJECT, resource_account=HOME)).is_allowed


@pytest.mark.parametrize(
    ("name", "kind", "account", "arn"),
    [
        (USER, CallerKind.USER, HOME, USER),
        (ROLE, CallerKind.ROLE, HOME, ROLE),
        (SESSION, CallerKind.ROLE, HOME, ROLE),
        (FEDERATED, CallerKind.FEDERATED_USER, HOME, FEDERATED),
        (ROOT, CallerKind.ROOT, HOME, ROOT),
        (HOME, CallerKind.ROOT, HOME, ROOT),
        ("ecs-tasks.amazonaws.com", CallerKind.SERVICE, "", "ecs-tasks.amazonaws.com"),
        ("cognito-identity.amazonaws.com", CallerKind.FEDERATED, "", "cognito-identity.amazonaws.com"),
        (
            f"arn:aws:iam::{HOME}:oidc-provider/x.y",
            CallerKind.FEDERATED,
            HOME,
            f"arn:aws:iam::{HOME}:oidc-provider/x.y",
        ),
        ("*", CallerKind.ANONYMOUS, "", "*"),
    ],
)
def test_who_a_name_means(name: str, kind: CallerKind, account: str, arn: str) -> None:
    caller = Caller.of(name)
    assert (caller.kind, caller.account, caller.principal_arn) == (kind, account, arn)


def test_a_role_with_a_path_needs_its_arn() -> None:
    role = f"arn:aws:iam::{HOME}:role/team/worker"
    policies = Policies(resource=docs(to({"AWS": role})))
    assert not evaluate(policies, get(SESSION)).is_allowed
    request = Request(Caller.of(SESSION, role), "s3:GetObject", OBJECT, resource_account=HOME)
    assert evaluate(policies, request).is_allowed
    assert request.lookup("aws:principalarn") == (role,)


def test_a_context_overrules_what_the_caller_implies() -> None:
    assert get(aws__PrincipalAccount="000000000000").lookup("aws:principalaccount") == ("000000000000",)
