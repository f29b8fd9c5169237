from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from studyctl.adapters.specs import SpecFiles
from studyctl.domain.environment import Environment
from studyctl.domain.workspace import Workspace
from studyctl.usecases.render import (
    RenderedFile,
    build_backend,
    build_files,
    build_variables,
    find_differences,
    write_files,
)

REPOSITORY = Path(__file__).resolve().parents[3]
ACCOUNT = "123456789012"


@dataclass
class Memory:
    """Files that exist in memory only."""

    content: dict[Path, str] = field(default_factory=dict)

    def read(self, path: Path) -> str | None:
        return self.content.get(path)

    def write(self, path: Path, content: str) -> None:
        self.content[path] = content


class PlainTemplates:
    """Shows the values a template is given."""

    def render(self, template: str, values: Mapping[str, Any]) -> str:
        return f"{template} {json.dumps(values)}\n"


@pytest.fixture(scope="module")
def prod() -> Environment:
    return SpecFiles(REPOSITORY).load("prod")


def rendered(environment: Environment) -> tuple[RenderedFile, ...]:
    workspace = Workspace.platform(environment.name, Path("/repository"))
    return build_files(environment, workspace, account_id=ACCOUNT, templates=PlainTemplates())


def test_variables_are_the_spec_with_its_identity_gathered(prod: Environment) -> None:
    variables = build_variables(prod, ACCOUNT)
    assert variables["environment"] == {
        "name": "prod",
        "project": "study",
        "region": "us-east-1",
        "backup_region": "us-west-2",
        "account_id": ACCOUNT,
        "owner": "platform",
        "cost_center": "study-prod",
        "can_be_destroyed": False,
    }
    assert variables["network"]["zones"]["c"]["isolated"] == "10.0.23.0/24"
    assert variables["services"]["api"]["scaling"]["backlog_per_task"] is None
    said = set(type(prod).model_fields) - set(variables["environment"]) - {"deployments", "image_signing_key"}
    assert set(variables) == said | {"environment"}


def test_what_only_releases_need_is_not_told_so_that_it_makes_no_plan(prod: Environment) -> None:
    variables = build_variables(prod, ACCOUNT)
    assert all("release" not in service for service in variables["services"].values())
    assert "image_signing_key" not in variables


def test_the_composition_declares_exactly_these_variables(prod: Environment) -> None:
    files = (REPOSITORY / "infra" / "platform").glob("*.tf")
    declared = {name for file in files for name in re.findall(r'^variable "(\w+)"', file.read_text("utf-8"), re.M)}
    assert declared == set(build_variables(prod, ACCOUNT))


def test_the_state_of_an_environment_has_its_own_key_in_the_bucket_of_the_account(prod: Environment) -> None:
    assert build_backend(prod, ACCOUNT) == {
        "bucket": "study-state-123456789012-us-east-1",
        "key": "environments/prod/platform.tfstate",
        "region": "us-east-1",
        "account_id": ACCOUNT,
        "kms_key_id": None,
    }


def test_a_spec_is_not_rendered_into_the_workspace_of_another(prod: Environment) -> None:
    staging = Workspace.platform("staging", Path("/repository"))
    with pytest.raises(ValueError, match="prod does not belong into the workspace of staging"):
        build_files(prod, staging, account_id=ACCOUNT, templates=PlainTemplates())


def test_only_what_differs_is_written(prod: Environment) -> None:
    files = Memory()
    var_file, backend = Path("/repository/.build/prod/prod.tfvars.json"), Path("/repository/.build/prod/backend.hcl")
    assert write_files(rendered(prod), files) == (var_file, backend)
    assert write_files(rendered(prod), files) == ()
    files.content[backend] = "edited"
    assert write_files(rendered(prod), files) == (backend,)


def test_check_tells_what_would_differ_and_writes_nothing(prod: Environment) -> None:
    files = Memory()
    assert [difference.is_missing for difference in find_differences(rendered(prod), files)] == [True, True]
    assert files.content == {}
    write_files(rendered(prod), files)
    assert find_differences(rendered(prod), files) == ()
    bigger = prod.model_copy(update={"cache": prod.cache.model_copy(update={"replicas": 2})})
    [difference] = find_differences(rendered(bigger), files)
    assert difference.path.name == "prod.tfvars.json"
    assert '-    "replicas": 1,' in difference.diff
    assert '+    "replicas": 2,' in difference.diff
