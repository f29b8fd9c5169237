from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from studyctl.domain.release.migrations import (
    Migration,
    MigrationKind,
    ReleasedVersion,
    SchemaReport,
    in_the_way,
    objections,
)

EXPAND = Migration(id="0004", kind=MigrationKind.EXPAND)
CONTRACT = Migration(id="0005", kind=MigrationKind.CONTRACT, min_app_version="4")
VERSIONS = st.lists(st.integers(0, 99), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


def release(number: int, version: str | None) -> ReleasedVersion:
    return ReleasedVersion(number=number, app_version=version)


def report(*pending: Migration, version: str = "5") -> SchemaReport:
    return SchemaReport(app_version=version, schema_version="0003", pending=pending)


def test_an_expand_is_always_welcome() -> None:
    old = release(1, None)
    assert not list(objections(report(EXPAND), old, [old]))


def test_a_contract_waits_until_nothing_in_the_window_needs_the_old_shape() -> None:
    serving, older = release(3, "4"), release(2, "3")
    (against,) = objections(report(CONTRACT), serving, [serving, older])
    assert "release 2" in against
    assert not list(objections(report(CONTRACT), serving, [serving]))


def test_what_serves_meanwhile_must_work_with_it_too() -> None:
    serving = release(3, "3")
    assert any("serves while it runs" in each for each in objections(report(CONTRACT), serving, [serving]))


def test_an_unknown_version_is_no_version_that_works() -> None:
    assert not CONTRACT.works_with(None)
    assert list(objections(report(CONTRACT), release(3, None), []))


def test_the_image_itself_must_work_with_what_it_brings() -> None:
    assert any("the image is 2" in each for each in objections(report(CONTRACT, version="2"), None, []))


def test_f102_a_contract_is_in_the_way_of_what_it_left_behind() -> None:
    assert in_the_way([EXPAND, CONTRACT], release(1, "3")) == (CONTRACT,)
    assert in_the_way([EXPAND, CONTRACT], release(1, "4")) == ()


def test_a_contract_must_say_who_survives_it() -> None:
    with pytest.raises(ValidationError, match="who survives it"):
        Migration(id="0005", kind=MigrationKind.CONTRACT)
    with pytest.raises(ValidationError, match="no version"):
        Migration(id="0005", kind=MigrationKind.EXPAND, min_app_version="latest")


@pytest.mark.parametrize(
    ("low", "high", "version", "works"),
    [
        ("1.4", None, "1.4.0", True),
        ("1.4", None, "1.10", True),
        ("1.4", None, "1.3.9", False),
        (None, "2", "2.0.0", True),
        (None, "2", "2.0.1", False),
        ("0004", None, "0005", True),
    ],
)
def test_versions_are_numbers_not_text(low: str | None, high: str | None, version: str, works: bool) -> None:
    migration = Migration(id="x", kind=MigrationKind.EXPAND, min_app_version=low, max_app_version=high)
    assert migration.works_with(version) is works


@given(VERSIONS, VERSIONS, VERSIONS)
def test_what_works_from_a_version_on_works_with_every_later_one(one: str, other: str, bound: str) -> None:
    migration = Migration(id="x", kind=MigrationKind.CONTRACT, min_app_version=bound)
    older, newer = sorted([one, other], key=lambda text: [*map(int, text.split(".")), 0, 0, 0, 0][:4])
    assert not migration.works_with(older) or migration.works_with(newer)
