"""Which test stands for which fault: `tests/faults.yaml` and the names of the tests, as a page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

FAULTS = Path("tests/faults.yaml")
_IDS = re.compile(r"^test_((?:f\d{2,3}_)+)")
_HEAD = """# Faults

Generated from `tests/faults.yaml` and the names of the tests, checked by `make check`, written anew by `make docs`.

What must survive, and what comes of it. Each fault has a test that fails when that is no longer so; its name holds
the fault's id, so `pytest -k f27` runs those of F27.
[deploy.md](deploy.md#when-it-is-interrupted) tells it as an operator sees it, [troubleshooting.md](troubleshooting.md)
by message.
"""


@dataclass(frozen=True)
class Fault:
    """One fault; `tests` are node ids, `left` is why there are none."""

    name: str
    group: str
    text: str
    tests: tuple[str, ...]
    left: str

    @property
    def is_accounted_for(self) -> bool:
        """Whether a test stands for it, or a reason."""
        return bool(self.tests or self.left)


def faults(repository: Path) -> tuple[Fault, ...]:
    """Every fault of the list, in its order."""
    groups = YAML(typ="safe").load(repository / FAULTS)
    left = groups.pop("left")
    tests = named_tests(repository)
    return tuple(
        Fault(name, group, text, tests.get(name, ()), left.get(name, ""))
        for group, listed in groups.items()
        for name, text in listed.items()
    )


def named_tests(repository: Path) -> Mapping[str, tuple[str, ...]]:
    """The tests of each fault by its id, as node ids."""
    found: dict[str, list[str]] = {}
    for path in sorted((repository / "tests").rglob("test_*.py")):
        for name in _functions(path):
            for fault in re.findall(r"f\d+", match.group(1)) if (match := _IDS.match(name)) else ():
                found.setdefault(fault.upper(), []).append(f"{path.relative_to(repository).as_posix()}::{name}")
    return {fault: tuple(tests) for fault, tests in found.items()}


def faults_page(repository: Path) -> str:
    """The page."""
    lines = [_HEAD]
    listed = faults(repository)
    for group in dict.fromkeys(fault.group for fault in listed):
        lines += [f"## {group}", "", "| | fault and outcome | tests |", "|---|---|---|"]
        lines += [_row(fault) for fault in listed if fault.group == group]
        lines.append("")
    return "\n".join(lines)


def _row(fault: Fault) -> str:
    where = "<br>".join(_shown(test) for test in fault.tests) or f"none: {fault.left}"
    return f"| {fault.name} | {fault.text} | {where} |"


def _shown(test: str) -> str:
    path, name = test.split("::")
    return f"[{path.removeprefix('tests/')}](../{path}) `{name.removeprefix('test_')}`"


def _functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id  # a state machine's TestCase has its name by assignment
