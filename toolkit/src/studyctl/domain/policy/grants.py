"""What some policies grant together: layers that must each allow, and what is denied.

A principal's grants are its identity policies, within a boundary, a session policy and the service control policies
of every level above its account. Resource policies grant by themselves and stand alone here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from studyctl.domain.policy.documents import Document, Statement
from studyctl.domain.policy.request import Request
from studyctl.domain.policy.scopes import Scope, scopes_of

Documents = Iterable[Document]


@dataclass(frozen=True, slots=True)
class Grants:
    """A request is granted when every layer has a statement that allows it and nothing denies it."""

    layers: tuple[tuple[Scope, ...], ...]
    denies: tuple[Scope, ...]

    def granting(self, request: Request) -> tuple[Statement, ...]:
        """Return the statements that allow a request, one a layer; none where it is not granted."""
        if any(scope.applies(request) for scope in self.denies):
            return ()
        found = [next((scope for scope in layer if scope.applies(request)), None) for layer in self.layers]
        allowing = tuple(scope.statement for scope in found if scope is not None)
        return allowing if len(allowing) == len(self.layers) else ()

    def grants(self, request: Request) -> bool:
        """Whether a request is granted."""
        return bool(self.granting(request))


def grants_of(
    policies: Documents,
    *,
    boundary: Documents | None = None,
    session: Documents | None = None,
    service_control: Iterable[Documents] = (),
) -> Grants:
    """Return what policies grant within what limits them. `service_control` has the policies of each level."""
    limits = [tuple(limit) for limit in (boundary, session, *service_control) if limit is not None]
    layers = [scopes_of(documents) for documents in (policies, *limits)]
    return Grants(
        tuple(tuple(scope for scope in layer if scope.statement.is_allow) for layer in layers),
        tuple(scope for layer in layers for scope in layer if not scope.statement.is_allow),
    )
