"""The roles, users and groups of a plan, each with the union of its policies, its trust and its boundary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from studyctl.domain.policy.documents import Document, Statement
from studyctl.domain.policy.grammar import parse_policy_value
from studyctl.domain.policy.graph.arns import arn_of
from studyctl.domain.policy.graph.documents import Found, PlannedDocuments
from studyctl.domain.policy.graph.managed_policies import is_amazons, managed_policy
from studyctl.domain.policy.graph.references import References
from studyctl.domain.policy.graph.resources import Plan, PlannedResource
from studyctl.domain.policy.graph.world import Identity, IdentityKind
from studyctl.domain.policy.problems import PolicyError, Position, Problem, ProblemKind
from studyctl.domain.policy.rules.subjects import Unreadable

_KINDS = {
    "aws_iam_role": IdentityKind.ROLE,
    "aws_iam_user": IdentityKind.USER,
    "aws_iam_group": IdentityKind.GROUP,
}
_INLINE = {"aws_iam_role_policy": "role", "aws_iam_user_policy": "user", "aws_iam_group_policy": "group"}
_ATTACHED = {
    "aws_iam_role_policy_attachment": "role",
    "aws_iam_user_policy_attachment": "user",
    "aws_iam_group_policy_attachment": "group",
}
_ATTACHED_EXCLUSIVELY = {
    "aws_iam_role_policy_attachments_exclusive": "role",
    "aws_iam_user_policy_attachments_exclusive": "user",
    "aws_iam_group_policy_attachments_exclusive": "group",
}
"""They attach what is missing, beside taking away what they do not name."""
_ATTACHED_TO_MANY = (("roles", "aws_iam_role"), ("users", "aws_iam_user"), ("groups", "aws_iam_group"))
_SELF = "${aws:username}"


_PERMISSION_SET = "aws_ssoadmin_permission_set"


@dataclass
class _Draft:
    """An identity that is being put together; of one that the plan does not make `resource` is what it is given."""

    resource: PlannedResource
    outsider: str = ""
    policies: list[Document] = field(default_factory=list)
    policy_arns: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


class Identities:
    """Reads who is there from a plan."""

    def __init__(self, plan: Plan, documents: PlannedDocuments) -> None:
        self._plan = plan
        self._documents = documents
        self._references = References(plan)
        self._drafts = {one.address: _Draft(one) for one in plan.of(*_KINDS)}
        self._outsiders: dict[tuple[str, str], _Draft] = {}
        self.unreadable: list[Unreadable] = []

    def all(self) -> tuple[Identity, ...]:
        """Return every identity; what was not understood is in `unreadable` afterwards."""
        self._add_inline()
        self._add_attached()
        self._add_permission_sets()
        self._add_members()
        by_name = {(d.resource.type, d.resource.text("name")): d for d in self._drafts.values()}
        for draft in self._drafts.values():
            for group in draft.groups:
                held = by_name.get(("aws_iam_group", group))
                if held is not None:
                    draft.policies.extend(held.policies)
                    draft.policy_arns.extend(held.policy_arns)
                    draft.unknown.extend(held.unknown)
        outsiders = (self._finished_outsider(draft) for draft in self._outsiders.values())
        return (*(self._finished(draft) for draft in self._drafts.values()), *outsiders)

    def _finished_outsider(self, draft: _Draft) -> Identity:
        """Return somebody of whom only what the plan gives is known."""
        return Identity(
            address=draft.resource.address,
            kind=IdentityKind.DOCUMENT,
            name=draft.outsider,
            arn="",
            policies=tuple(dict.fromkeys(draft.policies)),
            policy_arns=tuple(dict.fromkeys(draft.policy_arns)),
            unknown=tuple(draft.unknown),
        )

    def _finished(self, draft: _Draft) -> Identity:
        resource = draft.resource
        arn = arn_of(resource, self._plan)
        trust = self._read(resource, "assume_role_policy") if resource.type == "aws_iam_role" else Found()
        boundary_arn, boundary = self._boundary(draft)
        name = resource.text("name")
        policies = tuple(dict.fromkeys(draft.policies))
        if resource.type == "aws_iam_user" and name:
            policies = tuple(_as_user(document, name) for document in policies)
        return Identity(
            address=resource.address,
            kind=_KINDS[resource.type],
            name=name or resource.address,
            arn=arn,
            policies=policies,
            boundary=boundary,
            trust=trust.documents[0] if trust.documents else None,
            policy_arns=tuple(dict.fromkeys(draft.policy_arns)),
            boundary_arn=boundary_arn,
            groups=tuple(draft.groups),
            unknown=tuple(draft.unknown),
            tags=_tags(resource),
        )

    def _add_inline(self) -> None:
        for type_, attribute in _INLINE.items():
            for one in self._plan.of(type_):
                found = self._read(one, "policy")
                for draft in self._held_by(one, attribute, f"aws_iam_{attribute}"):
                    self._give(draft, found, one.address)
        for draft in self._drafts.values():
            for block in draft.resource.blocks("inline_policy"):
                if block.get("policy"):
                    self._give(draft, self._parsed(block["policy"], draft.resource.address), draft.resource.address)

    def _add_attached(self) -> None:
        for type_, attribute in _ATTACHED.items():
            for one in self._plan.of(type_):
                for draft in self._held_by(one, attribute, f"aws_iam_{attribute}"):
                    self._attach(draft, one, "policy_arn")
        for type_, attribute in _ATTACHED_EXCLUSIVELY.items():
            for one in self._plan.of(type_):
                for draft in self._held_by(one, f"{attribute}_name", f"aws_iam_{attribute}"):
                    self._attach(draft, one, "policy_arns")
        for one in self._plan.of("aws_iam_policy_attachment"):
            for attribute, type_ in _ATTACHED_TO_MANY:
                for draft in self._holders(one, attribute, type_):
                    self._attach(draft, one, "policy_arn")
        for draft in self._drafts.values():
            if draft.resource.has("managed_policy_arns"):
                self._attach(draft, draft.resource, "managed_policy_arns")

    def _add_permission_sets(self) -> None:
        for one in self._plan.of(f"{_PERMISSION_SET}_inline_policy"):
            for draft in self._held_by(one, "permission_set_arn", _PERMISSION_SET):
                self._give(draft, self._read(one, "inline_policy"), one.address)
        for one in self._plan.of("aws_ssoadmin_managed_policy_attachment"):
            for draft in self._held_by(one, "permission_set_arn", _PERMISSION_SET):
                self._attach(draft, one, "managed_policy_arn")

    def _add_members(self) -> None:
        for one in self._plan.of("aws_iam_user_group_membership"):
            for draft in self._holders(one, "user", "aws_iam_user"):
                draft.groups.extend(self._names(one, "groups", "aws_iam_group"))
        for one in self._plan.of("aws_iam_group_membership"):
            for draft in self._holders(one, "users", "aws_iam_user"):
                draft.groups.extend(self._names(one, "group", "aws_iam_group"))

    def _attach(self, draft: _Draft, one: PlannedResource, attribute: str) -> None:
        """Add managed policies by what an attribute says, or by the policies of the plan that it refers to."""
        for arn, found in self._managed(one, attribute):
            draft.policy_arns.append(arn)
            self._give(draft, found, one.address)

    def _managed(self, one: PlannedResource, attribute: str) -> Iterator[tuple[str, Found]]:
        own = self._own_policies
        value = one.values.get(attribute)
        texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str) and text]
        for arn in texts:
            yield arn, self._by_arn(arn, own.get(arn), one.address)
        if one.is_unknown(attribute):
            meaning = self._references.of(one, one.expressions.get(attribute))
            policies = [each for each in meaning.resources if each.type == "aws_iam_policy" and each.is_managed]
            for policy in policies:
                yield arn_of(policy, self._plan), self._read(policy, "policy")
            if not policies or meaning.opaque:
                yield "", _missing(one.address, f"which policy {attribute} means is known only after the apply")

    def _by_arn(self, arn: str, own: PlannedResource | None, where: str) -> Found:
        if own is not None:
            return self._read(own, "policy")
        document = managed_policy(arn)
        if document is not None:
            return Found((document,))
        what = "is a policy of AWS that is not in the data" if is_amazons(arn) else "is not made by this plan"
        found = _missing(where, f"{arn} {what}, so what it says is not known")
        self.unreadable.extend(found.unreadable)
        return found

    def _boundary(self, draft: _Draft) -> tuple[str, tuple[Document, ...] | None]:
        if not draft.resource.has("permissions_boundary"):
            return "", None
        for arn, found in self._managed(draft.resource, "permissions_boundary"):
            self.unreadable.extend(found.unreadable)
            draft.unknown.extend(f"its boundary: {one.problems[0].message}" for one in found.unreadable)
            return arn, found.documents
        return "", ()

    def _give(self, draft: _Draft, found: Found, where: str) -> None:
        draft.policies.extend(found.documents)
        for unreadable in found.unreadable:
            draft.unknown.append(f"{where}: {unreadable.problems[0].message}")

    def _read(self, resource: PlannedResource, attribute: str) -> Found:
        found = self._documents.of(resource, attribute)
        self.unreadable.extend(found.unreadable)
        return found

    def _parsed(self, text: str, where: str) -> Found:
        try:
            return Found((parse_policy_value(text, where),))
        except PolicyError as error:
            unreadable = Unreadable(where, error.problems)
            self.unreadable.append(unreadable)
            return Found(unreadable=(unreadable,))

    @cached_property
    def _own_policies(self) -> Mapping[str, PlannedResource]:
        """Return the policies that the plan makes or has read, by ARN: a boundary that bootstrap made is read."""
        there = (*self._plan.data("aws_iam_policy"), *self._plan.of("aws_iam_policy"))
        return {arn_of(policy, self._plan): policy for policy in there}

    @cached_property
    def _named(self) -> Mapping[tuple[str, str], list[_Draft]]:
        found: dict[tuple[str, str], list[_Draft]] = {}
        for draft in self._drafts.values():
            found.setdefault((draft.resource.type, draft.resource.text("name")), []).append(draft)
        return found

    def _holders(self, one: PlannedResource, attribute: str, type_: str) -> list[_Draft]:
        """Return the identities that an attribute names, or refers to."""
        value = one.values.get(attribute)
        names = {name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)}
        named = [draft for name in sorted(names - {""}) for draft in self._named.get((type_, name), ())]
        if one.is_unknown(attribute):
            meaning = self._references.of(one, one.expressions.get(attribute))
            named += [self._drafts[each.address] for each in meaning.resources if each.address in self._drafts]
        return list({id(draft): draft for draft in named}.values())

    def _held_by(self, one: PlannedResource, attribute: str, type_: str) -> list[_Draft]:
        """Return the identities that an attribute is about; one that the plan does not make is an outsider."""
        found = self._holders(one, attribute, type_)
        if found:
            return found
        meaning = self._references.of(one, one.expressions.get(attribute)) if one.is_unknown(attribute) else None
        sets = [each.address for each in meaning.resources if each.type == type_] if meaning else []
        name = one.text(attribute) or next(iter(sets), one.address)
        return [self._outsiders.setdefault((type_, name), _Draft(one, name))]

    def _names(self, one: PlannedResource, attribute: str, type_: str) -> list[str]:
        value = one.values.get(attribute)
        known = [name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)]
        return known or [draft.resource.text("name") for draft in self._holders(one, attribute, type_)]


def _missing(where: str, message: str) -> Found:
    problem = Problem(ProblemKind.GRAMMAR, message, Position(where))
    return Found(unreadable=(Unreadable(where, (problem,)),))


def _tags(resource: PlannedResource) -> dict[str, str]:
    tags = resource.values.get("tags_all") or resource.values.get("tags") or {}
    return {str(key): str(value) for key, value in tags.items()} if isinstance(tags, dict) else {}


def _as_user(document: Document, name: str) -> Document:
    """Return a policy with the user's name where its resources say ${aws:username}: who the user is, is known."""

    def named(statement: Statement) -> Statement:
        items = statement.resources
        if items is None or not any(_SELF in item.text for item in items):
            return statement
        return statement._replace(resources=tuple(item._replace(text=item.text.replace(_SELF, name)) for item in items))

    return replace(document, statements=tuple(map(named, document.statements)))
