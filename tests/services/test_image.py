"""The image: the same versions as are tested, nothing that is not declared, nothing that is not named."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.support.checkout import REPOSITORY

OURS = {"studyruntime", "studyservices"}
FOR_OTHERS = {"python-multipart"}
"""What is installed for another library: FastAPI reads uploads with it."""
HASH = re.compile(r"sha256:[0-9a-f]{64}")


def locked(path: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Version and hashes of everything in a lock, by name."""
    entries = re.split(r"^(?=[a-z0-9])", path.read_text(), flags=re.MULTILINE)
    found = (re.match(r"([a-zA-Z0-9._-]+)(?:\[[^]]*\])?==(\S+)", entry) for entry in entries)
    return {
        match[1].lower().replace("_", "-"): (match[2], frozenset(HASH.findall(entry)))
        for entry, match in zip(entries, found, strict=True)
        if match
    }


def imported(package: Path) -> Iterator[str]:
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def declared() -> set[str]:
    """What the extras `runtime` and `services` ask for, by name."""
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    entries = [entry for extra in ("runtime", "services") for entry in extras[extra]]
    return {re.split(r"[^a-zA-Z0-9._-]", entry)[0] for entry in entries} - {"studyctl"}


def test_the_image_installs_what_is_tested() -> None:
    image, tested = locked(REPOSITORY / "infra/image/requirements.txt"), locked(REPOSITORY / "requirements/dev.txt")

    assert len(image) > 50
    assert all(hashes for _, hashes in image.values())
    assert image == {name: tested[name] for name in image}, "run: make lock"


def test_everything_the_services_import_is_in_the_image() -> None:
    in_image = set(locked(REPOSITORY / "infra/image/requirements.txt"))
    distributions = packages_distributions()

    needed = {name for package in OURS for name in imported(REPOSITORY / "toolkit/src" / package)}
    outside = needed - OURS - set(sys.stdlib_module_names)
    missing = {
        name for name in outside if not {each.lower().replace("_", "-") for each in distributions[name]} & in_image
    }

    assert outside
    assert missing == set()


def test_the_image_holds_nothing_of_the_toolkit_or_of_tests() -> None:
    entries = re.split(r"^(?=[a-z0-9])", (REPOSITORY / "infra/image/requirements.txt").read_text(), flags=re.MULTILINE)
    asked_for = {
        entry.partition("==")[0].partition("[")[0] for entry in entries if "studyctl (pyproject.toml)" in entry
    }

    assert asked_for == declared()


def test_everything_that_is_declared_for_the_image_is_imported() -> None:
    distributions = packages_distributions()

    used = {
        each.lower().replace("_", "-")
        for package in OURS
        for name in imported(REPOSITORY / "toolkit/src" / package)
        for each in distributions.get(name, ())
    }

    assert declared() - used == FOR_OTHERS


def test_everything_the_image_copies_is_let_through_and_nothing_else_is() -> None:
    copied = set(
        re.findall(r"^COPY (?!--from)(\S+)", (REPOSITORY / "infra/image/Dockerfile").read_text(), re.MULTILINE)
    )
    let_through = set(
        re.findall(r"^!(\S+)", (REPOSITORY / "infra/image/Dockerfile.dockerignore").read_text(), re.MULTILINE)
    )

    assert copied == let_through
    assert all((REPOSITORY / path).exists() for path in copied)
