"""Whose jobs may become a role of an account: those of one repository."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

_OWNER, _NAME, _ID = re.compile(r"[A-Za-z0-9-]+"), re.compile(r"[A-Za-z0-9._-]+"), re.compile(r"[0-9]+")
_PARTS = {"owner": _OWNER, "owner_id": _ID, "name": _NAME, "id": _ID}


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository on GitHub, by name and by the ids that stay when somebody else takes its name.

    `has_ids_in_subject` is how GitHub writes it into tokens: with ids where it was created or renamed since 2026-07-15.
    """

    owner: str
    owner_id: str
    name: str
    id: str
    has_ids_in_subject: bool = True


@dataclass(frozen=True, slots=True)
class PipelineIdentity:
    """The repository whose jobs deploy the environments of an account.

    `promotions` names for an environment the one whose ledger and images its jobs read: what was proven there.
    """

    repository: Repository
    promotions: Mapping[str, str] = field(default_factory=dict)

    def to_variable(self) -> dict[str, Any]:
        """Return it as infra/bootstrap takes it."""
        repository = {name: getattr(self.repository, name) for name in (*_PARTS, "has_ids_in_subject")}
        return {"repository": repository, "promotions": dict(self.promotions)}


def repository_of(content: Any) -> Repository | None:
    """Return the repository that the content of a file names; None where it names none.

    Raises:
        ValueError: with what is wrong.
    """
    if not isinstance(content, Mapping) or "repository" not in content or set(content) - {"repository", "promotions"}:
        raise ValueError("it has repository, and may have promotions")
    value = content["repository"]
    if value is None:
        return None
    if not isinstance(value, Mapping) or set(value) - {*_PARTS, "has_ids_in_subject"} or not set(_PARTS) <= set(value):
        raise ValueError(f"repository has {', '.join(_PARTS)}, and may have has_ids_in_subject")
    for name, pattern in _PARTS.items():
        if not isinstance(value[name], str) or not pattern.fullmatch(value[name]):
            kind = "digits in quotes" if pattern is _ID else "a name as in github.com/OWNER/NAME, without wildcards"
            raise ValueError(f"repository.{name} is {value[name]!r}; it must be {kind}")
    has_ids = value.get("has_ids_in_subject", True)
    if has_ids is not True and has_ids is not False:
        raise ValueError("repository.has_ids_in_subject is true or false")
    return Repository(**{name: value[name] for name in _PARTS}, has_ids_in_subject=has_ids)


def require_known(promotions: Mapping[str, str], environments: Collection[str]) -> None:
    """Stop for a name that is mistyped: its roles would be made without the right to read what they promote.

    Raises:
        ValueError: with what is wrong.
    """
    for name in (name for pair in promotions.items() for name in pair):
        if name not in environments:
            raise ValueError(f"promotions names {name}, and the environments are {', '.join(sorted(environments))}")


def promotions_of(content: Any) -> Mapping[str, str]:
    """Return by environment the one that it is promoted from, as the content of a file has it.

    Raises:
        ValueError: with what is wrong.
    """
    value = content.get("promotions") or {} if isinstance(content, Mapping) else {}
    if not isinstance(value, Mapping) or not all(
        isinstance(text, str) and text for pair in value.items() for text in pair
    ):
        raise ValueError("promotions is a table of environments, each with the one that it is promoted from")
    for to, source in value.items():
        if to == source:
            raise ValueError(f"promotions.{to} names {to} itself")
    return dict(value)
