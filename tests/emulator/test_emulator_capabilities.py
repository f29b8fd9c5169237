"""The table that people read, and the extensions it speaks of."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys

import pytest

from studyctl.adapters.emulator.capabilities import CAPABILITIES, Support
from studyctl.adapters.emulator.errors import UnsupportedMoto
from studyctl.adapters.emulator.extensions import registry

FILES = {**registry.MODULES, **registry.SERVICES_MOTO_LACKS}


def test_every_extension_is_in_the_table_and_nothing_else() -> None:
    added = {row.service for row in CAPABILITIES if row.support is Support.ADDED}

    assert added == {_extension(file).service for file in FILES.values()}


def test_a_row_says_something_in_each_column() -> None:
    assert all(row.service and row.what and row.instead for row in CAPABILITIES)
    assert len({(row.service, row.support, row.what) for row in CAPABILITIES}) == len(CAPABILITIES)


@pytest.mark.parametrize("file", FILES.values())
def test_an_extension_opens_with_the_operations_it_adds(file: str) -> None:
    module = importlib.import_module(f"studyctl.adapters.emulator.extensions.{file}")
    text = _flat(module.__doc__ or "")

    assert [name for name in _extension(file).operations if not _is_named(name, text)] == []


def test_every_extension_fits_the_pinned_moto() -> None:
    registry.check_moto_version()
    for service in FILES:
        registry.install(service)
        registry.install(service)


def test_another_moto_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MOTO_VERSION", "0.0.0")
    with pytest.raises(UnsupportedMoto) as caught:
        registry.check_moto_version()

    assert "0.0.0" in caught.value.what


def test_an_addition_that_moto_has_by_now_is_refused() -> None:
    class Response:
        def describe(self) -> None: ...

    extension = registry.Extension("service")
    extension.operation(Response)(Response.describe)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedMoto, match=r"Response\.describe exists already"):
        extension.install()


def test_a_mend_of_what_moto_no_longer_has_is_refused() -> None:
    class Response: ...

    extension = registry.Extension("service")
    extension.mend(Response, "describe")(lambda *_: None)
    with pytest.raises(UnsupportedMoto, match=r"Response\.describe is missing"):
        extension.install()


def test_starting_and_finding_does_not_import_moto() -> None:
    code = "import sys, studyctl.adapters.emulator.process, studyctl.adapters.emulator.capabilities; "
    code += "sys.exit(any(name.split('.')[0] in ('moto', 'boto3', 'werkzeug', 'flask') for name in sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _extension(file: str) -> registry.Extension:
    extension: registry.Extension = importlib.import_module(f"studyctl.adapters.emulator.extensions.{file}").EXTENSION
    return extension


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _is_named(operation: str, text: str) -> bool:
    """Whether what `create_user_groups` is about is named: `UserGroup`."""
    noun = "".join(part.capitalize() for part in operation.split("_")[1:]).replace("Db", "DB").removesuffix("Config")
    singular = re.sub("ies$", "y", noun) if noun.endswith("ies") else noun.removesuffix("s")
    return singular in text
