"""Reads capability contracts and the table of resources, and keeps the policies that are generated from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studyctl.adapters.yaml_text import Document, UnreadableYaml, read_yaml
from studyctl.adapters.yaml_text import Position as Place
from studyctl.domain.policy.capabilities.commands import CommandContract, command_contract_of, whole
from studyctl.domain.policy.capabilities.contracts import BadContract, Kinds, contract_of, kinds_of
from studyctl.domain.policy.capabilities.model import Contract
from studyctl.errors import UsageError

RESOURCES = Path("iam-policies") / "resources.yaml"
CONTRACTS = Path("iam-policies") / "capabilities"
GENERATED = Path("iam-policies") / "generated"
COMMANDS = Path("iam-policies") / "studyctl"
EACH_COMMAND = COMMANDS / "commands"
SILENT = Path("iam-policies") / "commands-without-contract.yaml"
UNRECORDED = Path("iam-policies") / "unrecorded.yaml"
MAX_BYTES = 1_048_576
HINT = "How a contract looks is in docs/iam.md."


@dataclass(frozen=True)
class Contracts:
    """Every contract of a repository, and what they call the resources."""

    contracts: tuple[Contract, ...]
    kinds: Kinds


def find_repository(start: Path) -> Path:
    """Return the folder that holds the contracts, here or above.

    Raises:
        UsageError: there is none.
    """
    here = start.resolve()
    found = next((folder for folder in (here, *here.parents) if (folder / CONTRACTS).is_dir()), None)
    if found is None:
        raise UsageError(
            f"there is no folder {CONTRACTS} here or above",
            hint=f"Go to a checkout that has one, or write the first contract. {HINT}",
        )
    return found


def read_contracts(repository: Path) -> Contracts:
    """Return every contract, by name.

    Raises:
        UsageError: a file cannot be used; every problem of all files is told at once.
    """
    problems: list[str] = []
    table = _read(repository, RESOURCES, problems)
    kinds: Kinds = {}
    try:
        kinds = kinds_of(table.value) if table else {}
    except BadContract as error:
        problems.extend(_told(RESOURCES, table, error))
    contracts = []
    for path in sorted((repository / CONTRACTS).glob("*.yaml")) if kinds else ():
        shown = path.relative_to(repository)
        document = _read(repository, shown, problems)
        if document is None:
            continue
        try:
            contracts.append(contract_of(document.value, path.stem, kinds, shown.as_posix()))
        except BadContract as error:
            problems.extend(_told(shown, document, error))
    if problems:
        raise UsageError("the contracts cannot be used", why="\n".join(problems), hint=HINT)
    return Contracts(tuple(contracts), kinds)


def read_command_contracts(repository: Path) -> tuple[CommandContract, ...]:
    """Return what the roles of the pipeline need, by name; none where there is no such folder.

    Raises:
        UsageError: a file cannot be used.
    """
    return _command_contracts(repository, COMMANDS)


def read_contracts_of_each_command(repository: Path) -> dict[str, CommandContract]:
    """Return what each command needs alone, by the name of its file, as written: without what it includes.

    Raises:
        UsageError: a file cannot be used.
    """
    found = {one.name: one for one in _command_contracts(repository, EACH_COMMAND)}
    for contract in found.values():
        try:
            whole(contract, found)
        except BadContract as error:
            why = f"{(EACH_COMMAND / f'{contract.name}.yaml').as_posix()}: {error.flaws[0].message}"
            raise UsageError("what commands need cannot be used", why=why, hint=HINT) from error
    return found


def read_silent_commands(repository: Path) -> dict[str, str]:
    """Return the commands that no contract is about, each with the reason.

    Raises:
        UsageError: the file cannot be used.
    """
    return _reasons(repository, SILENT, "commands")


def _command_contracts(repository: Path, folder: Path) -> tuple[CommandContract, ...]:
    problems: list[str] = []
    contracts = []
    for path in sorted((repository / folder).glob("*.yaml")):
        shown = path.relative_to(repository)
        document = _read(repository, shown, problems)
        if document is None:
            continue
        try:
            contracts.append(command_contract_of(document.value, path.stem))
        except BadContract as error:
            problems.extend(_told(shown, document, error))
    if problems:
        raise UsageError("what commands need cannot be used", why="\n".join(problems), hint=HINT)
    return tuple(contracts)


def read_unrecorded(repository: Path) -> dict[str, str]:
    """Return what no recording can show, as action and reason; nothing where there is no such file.

    Raises:
        UsageError: the file cannot be used.
    """
    return _reasons(repository, UNRECORDED, "actions")


def outdated(repository: Path, wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Return the generated files that are not what they must be, those that nothing generates included."""
    folder = repository / GENERATED
    there = {path.name for path in folder.glob("*.json*")}
    differing = {name for name, text in wanted.items() if _text(folder / name) != text}
    return tuple(sorted(differing | (there - set(wanted))))


def write_generated(repository: Path, wanted: Mapping[str, str], names: Iterable[str]) -> None:
    """Write the files of some names, and remove those that nothing generates any more."""
    folder = repository / GENERATED
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name in wanted:
            (folder / name).write_text(wanted[name], "utf-8", newline="\n")
        else:
            (folder / name).unlink()


def _reasons(repository: Path, path: Path, of_what: str) -> dict[str, str]:
    if not (repository / path).is_file():
        return {}
    problems: list[str] = []
    document = _read(repository, path, problems)
    rows = document.value if document else {}
    if not isinstance(rows, dict) or not all(isinstance(text, str) and text for pair in rows.items() for text in pair):
        problems.append(f"{path.as_posix()}: it is a table of {of_what}, each with a reason")
    if problems:
        raise UsageError(f"{path.as_posix()} cannot be used", why="\n".join(problems), hint=HINT)
    return dict(rows)


def _read(repository: Path, path: Path, problems: list[str]) -> Document | None:
    try:
        with (repository / path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        problems.append(f"{path.as_posix()} cannot be read: {error.strerror}")
        return None
    if len(content) > MAX_BYTES:
        problems.append(f"{path.as_posix()} is larger than {MAX_BYTES // 1024} KiB")
        return None
    try:
        return read_yaml(content)
    except UnreadableYaml as error:
        problems.extend(_line(path, flaw.position, flaw.message) for flaw in error.flaws)
        return None


def _told(path: Path, document: Document | None, error: BadContract) -> list[str]:
    positions: Mapping[Any, Place] = document.positions if document else {}
    lines = []
    for flaw in error.flaws:
        at = flaw.path
        while at and at not in positions:
            at = at[:-1]
        lines.append(_line(path, positions.get(at, Place(1, 1)), flaw.message))
    return lines


def _line(path: Path, place: Place, message: str) -> str:
    return f"{path.as_posix()}:{place.line}:{place.column}: {message}"


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None
