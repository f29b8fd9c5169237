"""What commands of the toolkit itself need of an account, and the managed policies that grant it.

A command that does what others do includes what they need: a deploy applies and releases. A managed policy holds 6,144
characters and a role ten of them (IAM and STS quotas), so grants are dealt out in order over as few policies as hold
them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from studyctl.domain.policy.capabilities.contracts import BadContract, Flaw
from studyctl.domain.policy.capabilities.required import policy_text
from studyctl.domain.policy.catalogue import catalogue
from studyctl.domain.policy.globs import Reading, glob, matches

LIMIT_CHARACTERS = 6144
"""Of a managed policy, white space not counted."""
LONGEST = {
    "partition": "aws",
    "region": "ap-southeast-2",
    "account": "123456789012",
    "environment": "e" * 12,
    "source": "e" * 12,
    "project": "p" * 16,
    "prefix": "p" * 24,
    "state_bucket": "s" * 48,
}
"""The places of a template, each with the longest text that may come there; bootstrap refuses what is longer."""
_PLACE = re.compile(r"\{([a-z_]+)\}")
_NEEDED = frozenset({"what", "commands", "grants"})
_PARTS = _NEEDED | {"includes", "unrecorded"}
When = tuple[tuple[str, tuple[str, ...]], ...]
"""Keys of the request, each with the values of which it must have one; `*` in a value stands for anything."""


@dataclass(frozen=True, slots=True)
class CommandGrant:
    """Actions on resources. `because` says why no recording shows it, empty for what one does."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    because: str = ""
    when: When = ()


@dataclass(frozen=True, slots=True)
class CommandContract:
    """What some commands need, as templates: `{account}`, `{region}`, `{prefix}`.

    `grants` are beside those of the contracts that it `includes`, by name.
    """

    name: str
    what: str
    commands: tuple[str, ...]
    grants: tuple[CommandGrant, ...]
    includes: tuple[str, ...] = ()


def command_contract_of(value: Any, name: str) -> CommandContract:
    """Return the contract of a file.

    Raises:
        BadContract: with every flaw.
    """
    if not isinstance(value, Mapping) or set(value) - _PARTS or not set(value) >= _NEEDED:
        raise BadContract([Flaw((), "it has what, commands and grants, and may have includes and unrecorded")])
    flaws: list[Flaw] = []
    rows = [(("grants", n), row) for n, row in enumerate(value["grants"] or ())]
    rows += [(("unrecorded", n), row) for n, row in enumerate(value.get("unrecorded") or ())]
    grants = tuple(_grant(path, row, flaws) for path, row in rows)
    if flaws:
        raise BadContract(flaws)
    includes = tuple(map(str, value.get("includes") or ()))
    return CommandContract(name, str(value["what"]), tuple(map(str, value["commands"])), grants, includes)


def whole(contract: CommandContract, among: Mapping[str, CommandContract]) -> CommandContract:
    """Return a contract with everything that it grants, that of the included ones first; nothing is granted twice.

    Raises:
        BadContract: it includes one that is not there, or itself.
    """
    grants = tuple(grant for one in _with_included(contract, among, ()) for grant in one.grants)
    return replace(contract, grants=tuple(_once(grants)), includes=())


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


def _with_included(
    contract: CommandContract, among: Mapping[str, CommandContract], above: tuple[str, ...]
) -> Iterator[CommandContract]:
    for number, name in enumerate(contract.includes):
        if name not in among or name in (*above, contract.name):
            why = "is no contract of a command" if name not in among else "includes this one"
            raise BadContract([Flaw(("includes", number), f"{name!r} {why}")])
        yield from _with_included(among[name], among, (*above, contract.name))
    yield contract


def _once(grants: Sequence[CommandGrant]) -> Iterator[CommandGrant]:
    """Yield for each action its widest resources; reasons and conditions stay apart."""
    where: dict[tuple[str, str, When], dict[str, None]] = {}
    for grant in grants:
        for action in grant.actions:
            where.setdefault((action, grant.because, grant.when), {}).update(dict.fromkeys(grant.resources))
    for (action, because, when), resources in where.items():
        yield CommandGrant((action,), _widest(resources), because, when)


def _widest(resources: Iterable[str]) -> tuple[str, ...]:
    """Return the resources that no other one of them covers; a place is a word like any other."""
    every = tuple(sorted(resources))
    return tuple(
        one for one in every if not any(other != one and matches(glob(other, Reading.RESOURCE), one) for other in every)
    )


def _grant(path: tuple[str | int, ...], row: Any, flaws: list[Flaw]) -> CommandGrant:
    wanted = {"actions", "resources"} | ({"because"} if path[0] == "unrecorded" else set())
    if not isinstance(row, Mapping) or set(row) - {"when"} != wanted:
        flaws.append(Flaw(path, f"it has {', '.join(sorted(wanted))}, and may have when"))
        return CommandGrant((), ())
    if not isinstance(row.get("when", {}), Mapping):
        flaws.append(Flaw((*path, "when"), "it is a table of condition keys, each with its value or values"))
        return CommandGrant((), ())
    actions, resources = tuple(map(str, row["actions"])), tuple(map(str, row["resources"]))
    when = tuple((str(key), _texts(value)) for key, value in row.get("when", {}).items())
    for number, text in enumerate(actions):
        if catalogue().action(text) is None:
            close = catalogue().suggest(text)
            hint = f"; did you mean {close}?" if close else ""
            flaws.append(Flaw((*path, "actions", number), f"{text!r} is no action{hint}"))
    texts: list[tuple[tuple[str | int, ...], str]] = [
        *(((*path, "resources", number), text) for number, text in enumerate(resources)),
        *(((*path, "when", key), value) for key, values in when for value in values),
    ]
    for place, text in texts:
        if strange := [name for name in _PLACE.findall(text) if name not in LONGEST]:
            flaws.append(Flaw(place, f"{strange[0]!r} is none of {', '.join(LONGEST)}"))
    return CommandGrant(actions, resources, str(row.get("because", "")), when)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _statements(grants: Sequence[CommandGrant]) -> Iterator[dict[str, Any]]:
    """Yield one statement for each set of resources and conditions."""
    together: dict[tuple[tuple[str, ...], When], dict[str, None]] = {}
    for grant in grants:
        place = (tuple(sorted(grant.resources)), grant.when)
        together.setdefault(place, {}).update(dict.fromkeys(grant.actions))
    for (resources, when), actions in together.items():
        statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}
        yield {**statement, "Condition": _condition(when)} if when else statement


def _condition(when: When) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for key, values in when:
        operator = "StringLike" if any("*" in value for value in values) else "StringEquals"
        found.setdefault(operator, {})[key] = values[0] if len(values) == 1 else list(values)
    return found


def _length(statements: Sequence[Mapping[str, Any]]) -> int:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))
    return len(filled(text, LONGEST))


def _template(statement: Mapping[str, Any]) -> dict[str, Any]:
    made = {**statement, "Resource": list(map(_as_template, statement["Resource"]))}
    if when := statement.get("Condition"):
        made["Condition"] = {
            operator: {key: _as_templates(value) for key, value in keys.items()} for operator, keys in when.items()
        }
    return made


def _as_templates(value: str | list[str]) -> str | list[str]:
    return _as_template(value) if isinstance(value, str) else [_as_template(text) for text in value]


def _as_template(text: str) -> str:
    return _PLACE.sub(r"${\1}", text)
