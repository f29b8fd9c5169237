"""Whether what a workload was seen to do is allowed, and which of its permissions nothing of that needed.

Every recorded call is authorised. Then each action and each resource is taken from the policy, one at a time, and the
recording is replayed: where every call is still allowed, the permission was not needed for any of them. What a service
does on the caller's behalf, such as to decrypt, is in no recording, so statements for that are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from studyctl.domain.policy.capabilities.judgement import Difference, Side, is_idle
from studyctl.domain.policy.documents import Document, Item, Statement
from studyctl.domain.policy.evaluator import Authoriser, Policies
from studyctl.domain.policy.globs import action_glob, matches
from studyctl.domain.policy.graph.world import Identity
from studyctl.domain.policy.request import Request
from studyctl.domain.policy.verdict import Standing, Verdict

NOT_NEEDED = "no call needed it"
"""How the statement of a permission ends that no recorded call needed."""
_BY_A_SERVICE = "kms:viaservice"


@dataclass(frozen=True)
class Call:
    """One call that a workload was seen to make."""

    action: str
    resource: str = "*"
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def replayed(role: Identity, calls: Sequence[Call]) -> tuple[Difference, ...]:
    """Return the calls that are not allowed, and the permissions that no call needed."""
    requests = tuple(dict.fromkeys(_key(call) for call in calls))
    asked = [Request(role.caller, action, resource, dict(context)) for action, resource, context in requests]
    refused = [request for request in asked if not _allows(role, [request])]
    return (*map(_missing, refused), *_survivors(role, [one for one in asked if one not in refused]))


def _survivors(role: Identity, requests: Sequence[Request]) -> Iterator[Difference]:
    verdict = Verdict(Standing.REFUTED, reason="every recorded call is allowed without it")
    for document in role.policies:
        for statement in document.allows:
            for action, resource, mutant in _mutants(statement):
                # nothing else can be refused that was allowed before
                concerned = [one for one in requests if _is_named(one.action, action)]
                changed = replace(role, policies=_with(role.policies, document, statement, mutant))
                if _allows(changed, concerned):
                    yield Difference(Side.EXCESS, action, resource, f"{statement.label}: {NOT_NEEDED}", verdict)


def _mutants(statement: Statement) -> Iterator[tuple[str, str, Statement | None]]:
    """Yield a statement without each action, then without each resource; None where nothing is left of it."""
    if any(condition.key.text.lower() == _BY_A_SERVICE for condition in statement.conditions):
        return
    resources = statement.resources or ()
    for item in statement.actions:
        left = _without(statement.actions, item)
        yield item.text, "", statement._replace(actions=left) if left else None
    for item in resources if len(resources) > 1 else ():
        meeting = [action.text for action in statement.actions if not is_idle(action.text, item.text)]
        if meeting:
            yield ", ".join(meeting), item.text, statement._replace(resources=_without(resources, item))


def _is_named(action: str, names: str) -> bool:
    return any(matches(action_glob(name), action.lower()) for name in names.split(", "))


def _without(items: tuple[Item, ...], gone: Item) -> tuple[Item, ...]:
    return tuple(item for item in items if item is not gone)


def _with(
    documents: tuple[Document, ...], changed: Document, statement: Statement, mutant: Statement | None
) -> tuple[Document, ...]:
    kept = (mutant if one is statement else one for one in changed.statements)
    new = replace(changed, statements=tuple(one for one in kept if one is not None))
    return tuple(new if document is changed else document for document in documents)


def _allows(role: Identity, requests: Sequence[Request]) -> bool:
    authoriser = Authoriser(Policies(role.policies, role.boundary))
    return all(authoriser.decide(request).is_allowed for request in requests)


def _missing(request: Request) -> Difference:
    verdict = Verdict(Standing.REFUTED, reason="the workload was seen to call it")
    return Difference(Side.MISSING, request.action, request.resource, "a recorded call", verdict)


def _key(call: Call) -> tuple[str, str, tuple[tuple[str, tuple[str, ...]], ...]]:
    return call.action, call.resource, tuple(sorted(call.context.items()))
