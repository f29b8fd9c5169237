"""Contracts as frozen values: who needs what, said with names of resources instead of ARNs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_FIELD = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """A row of `iam-policies/resources.yaml`: where resources of one kind stand in a plan.

    `base` is what the table of phrases calls it, `addresses` have `{name}` where there are several of the kind; the
    first that a plan holds counts. "ADDRESS#path" is the ARN that an attribute holds. `key` names the KMS key that they
    are encrypted with.
    """

    name: str
    base: str
    addresses: tuple[str, ...]
    key: str = ""

    @property
    def takes_name(self) -> bool:
        """Whether there are several of the kind."""
        return any("{name}" in address for address in self.addresses)


@dataclass(frozen=True, slots=True)
class ResourceName:
    """A resource as a contract says it: "queue document_queue". The name may be a field: "log group {service}"."""

    kind: ResourceKind
    name: str = ""

    def __str__(self) -> str:
        """Say it as the contract does."""
        return f"{self.kind.name} {self.name}".strip()

    def filled(self, fields: Mapping[str, str]) -> ResourceName:
        """Return it with the fields of a role's address filled in."""
        return ResourceName(self.kind, self.name.format_map(fields) if "{" in self.name else self.name)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return where it may stand in a plan."""
        return tuple(address.replace("{name}", self.name) for address in self.kind.addresses)


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on resources under conditions, as templates.

    `{it}` is the resource of the need, `{key}` the key it is encrypted with, `{as}`, `{below}`, `{named}` what the need
    says beside it; the rest are facts of the environment: `{region}`, `{account}`, `{partition}`, `{backup_region}`.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("{it}",)
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """A capability in words. `base` is the kind of resource it is about, empty for none."""

    words: str
    grants: tuple[Grant, ...]
    base: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)
    """Words that must or may stand beside it, each with the kind of resource it names; empty for a text."""
    optional: frozenset[str] = frozenset()
    is_managed: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """One line of a contract. `beside` holds texts and resources by word; `policy` names one that AWS wrote."""

    phrase: Phrase
    resource: ResourceName | None = None
    beside: Mapping[str, ResourceName | str] = field(default_factory=dict)
    policy: str = ""

    def __str__(self) -> str:
        """Say it."""
        return " ".join(filter(None, (self.phrase.words, str(self.resource or ""), self.policy)))


@dataclass(frozen=True, slots=True)
class Contract:
    """What roles need. `roles` are addresses with fields: `module.services["{service}"].aws_iam_role.task`.

    `when` is a setting of the environment without which nobody needs it: "cluster.has_exec".
    """

    name: str
    what: str
    roles: tuple[str, ...]
    needs: tuple[Need, ...]
    when: str = ""
    source: str = ""

    def fields_of(self, address: str) -> Mapping[str, str] | None:
        """Return the fields by which the contract is about a role, None where it is about others."""
        for pattern in self.roles:
            found = _address_test(pattern).fullmatch(address)
            if found is not None:
                return found.groupdict()
        return None

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields of its addresses."""
        return tuple(dict.fromkeys(name for pattern in self.roles for name in _FIELD.findall(pattern)))


def _address_test(pattern: str) -> re.Pattern[str]:
    parts = _FIELD.split(pattern)
    texts = (re.escape(part) if number % 2 == 0 else f'(?P<{part}>[^"\\]]+)' for number, part in enumerate(parts))
    return re.compile("".join(texts))
