"""What commands of the toolkit itself need of an account, and the managed policies that grant it.

A managed policy holds 6,144 characters and a role ten of them (IAM and STS quotas), so grants are dealt out in order
over as few policies as hold them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studyctl.domain.policy.capabilities.contracts import BadContract, Flaw
from studyctl.domain.policy.capabilities.required import policy_text
from studyctl.domain.policy.catalogue import catalogue

LIMIT_CHARACTERS = 6144
"""Of a managed policy, white space not counted."""
LONGEST = {
    "partition": "aws",
    "region": "ap-southeast-2",
    "account": "123456789012",
    "environment": "e" * 12,
    "prefix": "p" * 24,
    "state_bucket": "s" * 48,
}
"""The places of a template, each with the longest text that may come there; bootstrap refuses what is longer."""
_PLACE = re.compile(r"\{([a-z_]+)\}")
_PARTS = frozenset({"what", "commands", "grants", "unrecorded"})


@dataclass(frozen=True, slots=True)
class CommandGrant:
    """Actions on resources. `because` says why no recording shows it, empty for what one does.

    `when` are keys of the request, each with the one value that it must have.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    because: str = ""
    when: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CommandContract:
    """What some commands need, as templates: `{account}`, `{region}`, `{prefix}`."""

    name: str
    what: str
    commands: tuple[str, ...]
    grants: tuple[CommandGrant, ...]


def command_contract_of(value: Any, name: str) -> CommandContract:
    """Return the contract of a file.

    Raises:
        BadContract: with every flaw.
    """
    if not isinstance(value, Mapping) or set(value) - _PARTS or not {"what", "commands", "grants"} <= set(value):
        raise BadContract([Flaw((), "it has what, commands and grants, and may have unrecorded")])
    flaws: list[Flaw] = []
    rows = [(("grants", n), row) for n, row in enumerate(value["grants"])]
    rows += [(("unrecorded", n), row) for n, row in enumerate(value.get("unrecorded") or ())]
    grants = tuple(_grant(path, row, flaws) for path, row in rows)
    if flaws:
        raise BadContract(flaws)
    return CommandContract(name, str(value["what"]), tuple(map(str, value["commands"])), grants)


def policies_of(contract: CommandContract) -> dict[str, str]:
    """Return the policies of a contract as templates for terraform's templatefile(), by name: `studyctl_reads_1`."""
    found: list[list[dict[str, Any]]] = [[]]
    for statement in _statements(contract.grants):
        if _length([*found[-1], statement]) > LIMIT_CHARACTERS and found[-1]:
            found.append([])
        found[-1].append(statement)
    return {
        f"studyctl_{contract.name}_{number}": policy_text([_template(one) for one in statements])
        for number, statements in enumerate(found, 1)
    }


def filled(text: str, facts: Mapping[str, str]) -> str:
    """Return a resource with its places filled in."""
    return _PLACE.sub(lambda found: facts[found[1]], text)


def _grant(path: tuple[str | int, ...], row: Any, flaws: list[Flaw]) -> CommandGrant:
    wanted = {"actions", "resources"} | ({"because"} if path[0] == "unrecorded" else set())
    if not isinstance(row, Mapping) or set(row) - {"when"} != wanted:
        flaws.append(Flaw(path, f"it has {', '.join(sorted(wanted))}, and may have when"))
        return CommandGrant((), ())
    if not isinstance(row.get("when", {}), Mapping):
        flaws.append(Flaw((*path, "when"), "it is a table of condition keys, each with its value"))
        return CommandGrant((), ())
    actions, resources = tuple(map(str, row["actions"])), tuple(map(str, row["resources"]))
    when = tuple((str(key), str(value)) for key, value in row.get("when", {}).items())
    for number, text in enumerate(actions):
        if catalogue().action(text) is None:
            close = catalogue().suggest(text)
            hint = f"; did you mean {close}?" if close else ""
            flaws.append(Flaw((*path, "actions", number), f"{text!r} is no action{hint}"))
    texts: list[tuple[tuple[str | int, ...], str]] = [
        *(((*path, "resources", number), text) for number, text in enumerate(resources)),
        *(((*path, "when", key), value) for key, value in when),
    ]
    for place, text in texts:
        if strange := [name for name in _PLACE.findall(text) if name not in LONGEST]:
            flaws.append(Flaw(place, f"{strange[0]!r} is none of {', '.join(LONGEST)}"))
    return CommandGrant(actions, resources, str(row.get("because", "")), when)


def _statements(grants: Sequence[CommandGrant]) -> Iterator[dict[str, Any]]:
    """Yield one statement for each set of resources and conditions."""
    together: dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], dict[str, None]] = {}
    for grant in grants:
        place = (tuple(sorted(grant.resources)), grant.when)
        together.setdefault(place, {}).update(dict.fromkeys(grant.actions))
    for (resources, when), actions in together.items():
        statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}
        yield {**statement, "Condition": {"StringEquals": dict(when)}} if when else statement


def _length(statements: Sequence[Mapping[str, Any]]) -> int:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))
    return len(filled(text, LONGEST))


def _template(statement: Mapping[str, Any]) -> dict[str, Any]:
    made = {**statement, "Resource": list(map(_as_template, statement["Resource"]))}
    if when := statement.get("Condition"):
        made["Condition"] = {
            operator: {key: _as_template(value) for key, value in keys.items()} for operator, keys in when.items()
        }
    return made


def _as_template(text: str) -> str:
    return _PLACE.sub(r"${\1}", text)
