"""The environment that takes another one's place: the same in everything but what it may not share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.checkout import REPOSITORY

from studyctl.adapters.specs import SpecFiles
from studyctl.domain.disaster.naming import substitute_name
from studyctl.domain.disaster.substitute import substitute_of
from studyctl.domain.environment import Environment
from studyctl.domain.workspace import NAME_PATTERN, Workspace
from studyctl.errors import UsageError
from studyctl.usecases.render import build_backend, build_variables

PROD = SpecFiles(REPOSITORY).load("prod")
LONGEST_TARGET_GROUP = 32
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html, `Name`"""


def test_it_is_a_whole_environment_of_its_own() -> None:
    substitute = substitute_of(PROD)
    assert Environment.model_validate(substitute.model_dump()) == substitute
    assert Workspace.platform(substitute.name, REPOSITORY).build != Workspace.platform("prod", REPOSITORY).build


def test_the_file_that_a_drill_leaves_is_an_environments_file(tmp_path: Path) -> None:
    substitute = substitute_of(PROD)
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / f"{substitute.name}.yaml").write_text(substitute.model_dump_json(indent=2), "utf-8")
    assert SpecFiles(tmp_path).load(substitute.name) == substitute


def test_only_what_may_not_be_shared_differs() -> None:
    def leaves(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
        if not isinstance(value, dict):
            return {path: value}
        return {key: leaf for name in value for key, leaf in leaves(value[name], (*path, name)).items()}

    before, after = (leaves(build_variables(spec, "1")) for spec in (PROD, substitute_of(PROD)))
    assert {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)} == {
        ("environment", "name"),
        ("environment", "region"),
        ("environment", "backup_region"),
        ("environment", "can_be_destroyed"),
        ("domain", "name"),
        ("database", "is_deletion_protected"),
        ("database", "has_backup_region_copies"),
        ("object_storage", "has_backup_region_copies"),
    }


def test_its_state_is_in_the_region_that_is_left() -> None:
    backend, lost = build_backend(substitute_of(PROD), "1"), build_backend(PROD, "1")
    assert (backend["region"], backend["key"]) == (PROD.backup_region, "environments/prod-dr/platform.tfstate")
    assert backend["bucket"] != lost["bucket"]


@given(st.from_regex(NAME_PATTERN, fullmatch=True))
def test_every_name_has_one_that_names_an_environment_and_leaves_room_in_target_groups(name: str) -> None:
    other = substitute_name(name)
    assert NAME_PATTERN.fullmatch(other)
    assert len(f"study-{other}-notification-green") <= LONGEST_TARGET_GROUP


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(UsageError, match="prod-dr takes the place of prod"):
        substitute_of(PROD, taken=("dev", "prod-dr"))


@pytest.mark.parametrize("part", ["database", "object_storage"])
def test_where_nothing_is_kept_there_is_nothing_to_drill(part: str) -> None:
    without = getattr(PROD, part).model_copy(update={"has_backup_region_copies": False})
    with pytest.raises(UsageError, match="keeps no copies in us-west-2") as refused:
        substitute_of(PROD.model_copy(update={part: without}))
    assert f"{part}.has_backup_region_copies: false" in refused.value.why


def test_the_domain_still_fits_into_a_certificate() -> None:
    long = PROD.domain.model_copy(update={"name": f"{'a' * 54}.example"})
    with pytest.raises(UsageError, match="64 characters"):
        substitute_of(PROD.model_copy(update={"domain": long}))
