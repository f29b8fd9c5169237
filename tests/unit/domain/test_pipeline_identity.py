"""Whose jobs may deploy, as infra/pipeline.yaml names it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.checkout import REPOSITORY

from studyctl.adapters.pipeline_file import read_pipeline_identity
from studyctl.domain.pipeline_identity import PipelineIdentity, Repository, promotions_of, repository_of
from studyctl.errors import UsageError

GOOD = {"owner": "example", "owner_id": "1001", "name": "study", "id": "2002"}


def test_a_repository_becomes_a_variable_of_bootstrap() -> None:
    repository = repository_of({"repository": GOOD})
    assert repository == Repository("example", "1001", "study", "2002")
    assert PipelineIdentity(repository, {"prod": "staging"}).to_variable() == {
        "repository": {**GOOD, "has_ids_in_subject": True},
        "promotions": {"prod": "staging"},
    }


def test_promotions_are_read_and_may_be_none() -> None:
    assert promotions_of({"repository": None, "promotions": {"prod": "staging"}}) == {"prod": "staging"}
    assert promotions_of({"repository": None}) == {}


@pytest.mark.parametrize("value", [["prod"], {"prod": 1}, {"prod": "prod"}])
def test_promotions_that_mean_nothing_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="promotions"):
        promotions_of({"repository": None, "promotions": value})


@pytest.mark.parametrize("promotions", ["{prod: stagin}", "{prd: staging}"])
def test_a_promotion_of_an_environment_that_is_not_there_is_refused(tmp_path: Path, promotions: str) -> None:
    """Bootstrap would make roles that may not read what they are to promote."""
    for folder, name in (("environments", "prod.yaml"), ("environments", "staging.yaml"), ("infra", "pipeline.yaml")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).touch()
    file, repository = tmp_path / "infra" / "pipeline.yaml", json.dumps(GOOD)
    file.write_text(f"repository: {repository}\npromotions: {promotions}\n", "utf-8")
    with pytest.raises(UsageError, match="the environments are prod, staging"):
        read_pipeline_identity(tmp_path)
    file.write_text(f"repository: {repository}\npromotions: {{prod: staging}}\n", "utf-8")
    assert read_pipeline_identity(tmp_path) is not None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"owner": "*"}, "repository.owner"),
        ({"name": "study/*"}, "repository.name"),
        ({"id": 2002}, "digits in quotes"),
        ({"owner_id": ""}, "digits in quotes"),
        ({"branch": "main"}, "repository has"),
        ({"has_ids_in_subject": "yes"}, "true or false"),
    ],
)
def test_what_would_widen_trust_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        repository_of({"repository": {**GOOD, **change}})


def test_the_file_of_this_checkout_is_read_and_a_bad_one_is_told(tmp_path: Path) -> None:
    read_pipeline_identity(REPOSITORY)
    assert read_pipeline_identity(tmp_path) is None
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "pipeline.yaml").write_text("repository: {owner: a}\n", "utf-8")
    with pytest.raises(UsageError, match=r"infra/pipeline.yaml cannot be used: repository has"):
        read_pipeline_identity(tmp_path)
