"""What a plan consists of: counts that are generated, and expectations that people write."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from tests.support.plans import Plan, Resource

FOLDER = Path(__file__).with_name("inventories")
ROOT = "(root)"
INSTANCE = re.compile(r'^(?P<call>[^\[]+)\["?(?P<key>[^"\]]+)"?\](?P<rest>.*)$')
MISSING = object()

Counts = dict[str, dict[str, int]]


def counts_file(environment: str) -> Path:
    """Generated: how many resources of each type are in each module."""
    return FOLDER / f"{environment}.counts.yaml"


def expectations_file(environment: str) -> Path:
    """Hand-written: what must hold, whatever the counts."""
    return FOLDER / f"{environment}.yaml"


def read(path: Path) -> Any:
    """A YAML file."""
    return YAML(typ="safe").load(path)


def counts(plan: Plan) -> Counts:
    """Count by module and type. Instances of a module that consist of the same are one entry: `buckets[a, b]`."""
    by_module: dict[str, Counter[str]] = {}
    for resource in plan.resources:
        by_module.setdefault(_short(resource.module), Counter())[resource.type] += 1
    grouped: dict[tuple[str, str, tuple[tuple[str, int], ...]], list[str]] = {}
    for module, types in by_module.items():
        found = INSTANCE.match(module)
        call, key, rest = (found["call"], found["key"], found["rest"]) if found else (module, "", "")
        grouped.setdefault((call, rest, tuple(sorted(types.items()))), []).append(key)
    named = {
        f"{call}[{', '.join(sorted(keys))}]{rest}" if any(keys) else call: dict(types)
        for (call, rest, types), keys in grouped.items()
    }
    return dict(sorted(named.items()))


def counts_text(environment: str, plan: Plan) -> str:
    """The generated file."""
    lines = [f"# Generated: {regenerate(environment)}", f"total: {len(plan.resources)}", "modules:"]
    for module, types in counts(plan).items():
        lines.append(f'  "{module}":')
        lines += [f"    {kind}: {count}" for kind, count in types.items()]
    return "\n".join(lines) + "\n"


def regenerate(environment: str) -> str:
    """The command that writes the counts anew."""
    return f"python -m tests.composition.regenerate {environment}"


def changed(expected: Counts, actual: Counts) -> list[str]:
    """One line for each count that differs."""
    before, now = _flat(expected), _flat(actual)
    return [
        f"{module} {kind}: expected {before.get((module, kind), 0)}, planned {now.get((module, kind), 0)}"
        for module, kind in sorted(before.keys() | now.keys())
        if before.get((module, kind)) != now.get((module, kind))
    ]


def matching(resources: Iterable[Resource], pattern: str) -> tuple[Resource, ...]:
    """The resources whose address matches; `*` stands for anything, brackets and quotes for themselves."""
    literal = pattern.replace("[", "[[]")
    return tuple(resource for resource in resources if fnmatchcase(resource.address, literal))


def differences(expected: Any, actual: Any, path: str = "") -> Iterator[str]:
    """Where `actual` is not at least `expected`.

    Of an object the named attributes must match. A list of one object stands for a block: an object matches it. Of a
    list each expected element must match one of its own. A string that holds JSON is taken apart when an object or a
    list is expected.
    """
    if isinstance(expected, Mapping | list) and isinstance(actual, str):
        actual = json.loads(actual)
    if isinstance(expected, Mapping):
        if isinstance(actual, list) and len(actual) == 1:
            actual = actual[0]
        if not isinstance(actual, Mapping):
            yield f"{path or '.'}: expected {dict(expected)}, planned {_said(actual)}"
            return
        for key, value in expected.items():
            yield from differences(value, actual.get(key, MISSING), f"{path}.{key}" if path else str(key))
    elif isinstance(expected, list):
        yield from _list_differences(expected, actual, path)
    elif expected != actual or (type(expected) is not type(actual) and bool in (type(expected), type(actual))):
        yield f"{path}: expected {expected!r}, planned {_said(actual)}"


def _list_differences(expected: list[Any], actual: Any, path: str) -> Iterator[str]:
    if not isinstance(actual, list) or len(actual) != len(expected):
        yield f"{path}: expected {expected}, planned {_said(actual)}"
        return
    rest = list(actual)
    for wanted in expected:
        fitting = next((item for item in rest if not any(differences(wanted, item))), MISSING)
        if fitting is MISSING:
            yield f"{path}: nothing there is {wanted}; planned {_said(actual)}"
        else:
            rest.remove(fitting)


def _said(value: Any) -> str:
    return "nothing, or something that only the apply will know" if value is MISSING else repr(value)


def _short(module: str) -> str:
    if not module:
        return ROOT
    return re.sub(r"\.module\.", ".", module.removeprefix("module."))


def _flat(counted: Counts) -> dict[tuple[str, str], int]:
    return {(module, kind): count for module, types in counted.items() for kind, count in types.items()}
