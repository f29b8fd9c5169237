"""Write fixtures and grants of a recording: `python -m tests.permissions.write FOLDER`, then `studyctl iam generate`.

A command that includes another runs it whole: what that one was recorded to call, in whichever environment, counts for
both. What it was not seen to call itself is told, for people to judge whether it does include it.

Only the grants of commands that a recording shows are written; what a contract is about, what it includes and what no
recording shows is written by people, and stays. What the two roles of the pipeline are granted is written by people
too, and held against the same recordings.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.permissions.generalised import generalised
from tests.support.checkout import REPOSITORY

from studyctl.adapters.contract_files import EACH_COMMAND, read_contracts_of_each_command
from studyctl.domain.policy.capabilities.commands import CommandContract

FIXTURES = REPOSITORY / "tests" / "fixtures" / "studyctl-calls"
ONLY_LOOK = ("plan", "drift", "status", "outputs")
"""Contracts of the commands that the jobs run which only look."""
PROMOTED_FROM = {"promote": "staging"}
"""By the name of a contract: the environment that its recording promotes from."""
OF_THE_ACCOUNT = "bootstrap"
APART = frozenset({OF_THE_ACCOUNT, *PROMOTED_FROM})
"""What is about more than one environment: who may call it is told by other tests."""
GRANTS, UNRECORDED = "grants:\n", "unrecorded:\n"
Grants = dict[tuple[str, str], str]


def main(folder: Path) -> None:
    """Write everything, and say which contract includes what its commands do not call."""
    contracts = read_contracts_of_each_command(REPOSITORY)
    seen: dict[str, Grants] = {}
    for path in sorted(folder.glob("*/*.jsonl")):
        seen[path.stem] = seen.get(path.stem, {}) | _recorded(path)
    if strange := set(seen) - set(contracts):
        raise SystemExit(f"no contract is about these recordings: {', '.join(sorted(strange))}")
    for name, grants in seen.items():
        included = dict(_included(contracts[name], contracts, seen))
        for action, resource in sorted(set(included) - set(grants)):
            sys.stderr.write(f"{name} includes what it was not seen to call: {action} on {resource}\n")
        _write_calls(FIXTURES / "commands" / f"{name}.jsonl", included | grants)
        _write_grants(REPOSITORY / EACH_COMMAND / f"{name}.yaml", set(grants) - set(included))

    looks = {pair: called for name in ONLY_LOOK for pair, called in seen[name].items()}
    changes = {pair: called for name, grants in seen.items() if name not in APART for pair, called in grants.items()}
    _write_calls(FIXTURES / "reads.jsonl", looks)
    _write_calls(FIXTURES / "changes.jsonl", {pair: each for pair, each in changes.items() if pair not in looks})


def _write_calls(path: Path, grants: Grants) -> None:
    rows = ({"role": path.stem, "action": action, "resource": called} for (action, _), called in sorted(grants.items()))
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")


def _recorded(path: Path) -> Grants:
    calls = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return generalised(calls, source=PROMOTED_FROM.get(path.stem, ""), of_account=path.stem == OF_THE_ACCOUNT)


def _included(
    contract: CommandContract, among: Mapping[str, CommandContract], seen: Mapping[str, Grants]
) -> Iterator[tuple[tuple[str, str], str]]:
    for name in contract.includes:
        yield from seen[name].items()
        yield from _included(among[name], among, seen)


def _write_grants(path: Path, grants: Iterable[tuple[str, str]]) -> None:
    text = path.read_text("utf-8")
    head, _, below = text.partition(GRANTS)
    _, unrecorded, reasons = below.partition(UNRECORDED)
    path.write_text(f"{head}{GRANTS}{''.join(_rows(grants))}{unrecorded}{reasons}", "utf-8")


def _rows(grants: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the lines of grants: for each set of resources the actions on all of them."""
    where: dict[str, set[str]] = {}
    for action, resource in grants:
        where.setdefault(action, set()).add(resource)
    together: dict[tuple[str, ...], list[str]] = {}
    for action, resources in sorted(where.items()):
        together.setdefault(tuple(sorted(resources)), []).append(action)
    for found, actions in together.items():
        yield "  - resources:\n"
        yield from (f"      - '{resource}'\n" for resource in found)
        yield "    actions:\n"
        yield from (f"      - {action}\n" for action in actions)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
