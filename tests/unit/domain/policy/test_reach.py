"""What an identity can do is answered at once where that is plain; the proof is the oracle."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from tests.support.policies import allow, deny, policy
from tests.support.policy_strategies import ACTIONS, RESOURCES, documents

from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.containment import is_contained
from studyctl.domain.policy.documents import Document, Item
from studyctl.domain.policy.globs import Glob, Reading, glob
from studyctl.domain.policy.grants import Grants, grants_of
from studyctl.domain.policy.graph.reach import Answer, Target, can
from studyctl.domain.policy.graph.world import Identity, IdentityKind
from studyctl.domain.policy.request import Caller, Request
from studyctl.domain.policy.rules.actions import works_on
from studyctl.domain.policy.rules.subjects import is_symbolic
from studyctl.domain.policy.scopes import scopes_of
from studyctl.domain.policy.verdict import Standing, Verdict

NOTHING = Grants(((),), ())
SOMEBODY = Caller.of("arn:aws:iam::111122223333:role/somebody")
LITERAL_ACTIONS = ACTIONS.filter(lambda text: "*" not in text and "?" not in text)


def holder_of(*documents: Document) -> Identity:
    return Identity("who", IdentityKind.DOCUMENT, "who", "", documents)


def proven(one: Document, action: str, resource: str, without: str) -> Verdict:
    """The claim that nothing of a target is granted from now on, by the general proof."""
    moment = f"{max(catalogue().dates.values())}T00:00:00Z"
    now = {"DateGreaterThanIfExists": {"aws:CurrentTime": moment, "aws:TokenIssueTime": moment}}
    wanted, refused = scopes_of([policy(allow(action, resource, now))]), scopes_of([policy(deny("*", without))])
    grants = grants_of([without_idle_resources(one, action)])
    return is_contained(Grants((*grants.layers, wanted), (*grants.denies, *refused)), NOTHING)


def without_idle_resources(one: Document, action: str) -> Document:
    """The same policy without the resources that an action never works on: no request is made of the two."""
    known = catalogue().action(action)
    if known is None or not known.is_restrictable:
        return one
    statements = []
    for statement in one.statements:
        if statement.is_allow and not statement.is_not_resource and statement.resources is not None:
            kept = [one for one in statement.resources if is_symbolic(one.text) or works_on(known, pattern_of(one))]
            statements.append(statement._replace(resources=tuple(kept)))
        else:
            statements.append(statement)
    return replace(one, statements=tuple(statements))


def pattern_of(resource: Item) -> Glob:
    return glob(resource.text, Reading.RESOURCE)


@settings(max_examples=150)
@given(documents(), LITERAL_ACTIONS, RESOURCES, RESOURCES.filter(lambda text: text.strip("*")))
def test_an_answer_is_that_of_the_proof(one: Document, action: str, resource: str, without: str) -> None:
    answer = can(holder_of(one), Target((action,), (resource,), (without,)))
    assert answer.verdict.standing is proven(one, action, resource, without).standing
    assert answer.is_yes is is_shown(answer, one)


def is_shown(answer: Answer, one: Document) -> bool:
    witness = answer.verdict.witness
    if witness is None:
        return False
    caller = Caller.of(witness.principal) if witness.principal else SOMEBODY
    request = Request(caller, witness.action, witness.resource, witness.context)
    return grants_of([one]).grants(request)


@pytest.mark.parametrize(
    ("denied", "standing"),
    [
        ("arn:aws:s3:::orders/*", Standing.PROVEN),
        ("arn:aws:s3:::orders/private/*", Standing.REFUTED),
    ],
)
def test_what_is_denied_counts(denied: str, standing: Standing) -> None:
    one = policy(allow("s3:GetObject", "arn:aws:s3:::orders/*"), deny("s3:*", denied))
    answer = can(holder_of(one), Target(("s3:GetObject",)))
    assert answer.verdict.standing is standing


GROUP_OR_ROLE = "arn:aws:iam::111122223333:%s/ops"


@pytest.mark.parametrize(
    ("action", "resource", "standing"),
    [
        ("iam:PutRolePolicy", GROUP_OR_ROLE % "group", Standing.PROVEN),
        ("iam:PutRolePolicy", GROUP_OR_ROLE % "role", Standing.REFUTED),
        ("iam:PutRolePolicy", "arn:aws:iam::111122223333:*", Standing.REFUTED),
        ("iam:PutRolePolicy", "(aws_iam_role.ops.arn)", Standing.REFUTED),
        ("s3:GetObject", "arn:aws:s3:::orders", Standing.PROVEN),
        ("invented:Act", GROUP_OR_ROLE % "group", Standing.REFUTED),
    ],
)
def test_a_resource_that_the_action_never_works_on_gives_nothing(
    action: str, resource: str, standing: Standing
) -> None:
    answer = can(holder_of(policy(allow(action, resource))), Target((action,)))
    assert answer.verdict.standing is standing


def test_a_resource_of_which_nobody_can_tell_is_not_left_out() -> None:
    hard = "arn:*${aws:username}" + "?b*" * 600
    assert not can(holder_of(policy(allow("s3:GetObject", hard))), Target(("s3:GetObject",))).is_no


def test_a_resource_that_works_is_shown_and_not_one_beside_it_that_does_not() -> None:
    one = policy(allow("iam:*", [GROUP_OR_ROLE % "group", GROUP_OR_ROLE % "role"]))
    assert can(holder_of(one), Target(("iam:PutRolePolicy",))).resource == GROUP_OR_ROLE % "role"


def test_a_condition_is_fulfilled_by_the_request_that_shows_it() -> None:
    when = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    answer = can(holder_of(policy(allow("sqs:SendMessage", "*", when))), Target(("sqs:SendMessage",)))
    assert answer.verdict.witness is not None
    assert answer.verdict.witness.context["aws:requestedregion"] == ("eu-west-1",)


def test_a_reason_says_nothing_of_what_every_question_assumes() -> None:
    one = policy(allow("secretsmanager:GetSecretValue", "${aws_secret.x.arn}/*"))
    reason = str(
        can(holder_of(one), Target(("secretsmanager:GetSecretValue",), ("arn:aws:secretsmanager:*:*:secret:x",)))
    )
    assert "currenttime" not in reason.lower(), reason
