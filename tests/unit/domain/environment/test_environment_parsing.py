from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pydantic
import pytest

from studyctl.adapters.yaml_text import read_yaml
from studyctl.domain.environment import Environment, InvalidEnvironment, parse_environment
from studyctl.domain.environment.parsing import dotted
from studyctl.domain.environment.reference import Key, keys, markdown, schema
from studyctl.domain.environment.services import CONSUMED_QUEUES, FARGATE_MEMORY_MIB, Queues, Services
from studyctl.domain.target import TargetKind

FILES = sorted((Path(__file__).resolve().parents[4] / "environments").glob("*.yaml"))
Problems = Callable[..., dict[str, str]]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_committed_environments_are_right_for_the_models_and_for_editors(file: Path) -> None:
    data = read_yaml(file.read_bytes()).value
    assert parse_environment(data, name=file.stem).name == file.stem
    jsonschema.Draft202012Validator(schema()).validate(data)


def test_an_environment_without_account_runs_on_the_emulator(staging: dict[str, Any]) -> None:
    assert parse_environment(staging, name="staging").target is TargetKind.EMULATOR
    with_account = staging | {"account_id": "123456789012"}
    assert parse_environment(with_account, name="staging").target is TargetKind.AWS


def test_an_environment_is_frozen(staging: dict[str, Any]) -> None:
    environment = parse_environment(staging, name="staging")
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        environment.network.cidr = "10.0.0.0/16"  # type: ignore[misc]


def test_f74_an_unknown_key_is_refused_with_a_suggestion(problems: Problems) -> None:
    found = problems(("databse", {}), ("services.api.memory", 1), ("network.zones.b.privat", "x"), ("edge.ttl", 5))
    assert "did you mean database?" in found["databse"]
    assert "did you mean memory_mib?" in found["services.api.memory"]
    assert "did you mean private?" in found["network.zones.b.privat"]
    assert "write one of price_class, requests_per_5_minutes" in found["edge.ttl"]


def test_a_missing_key_is_told_with_its_meaning(staging: dict[str, Any]) -> None:
    data = copy.deepcopy(staging)
    del data["owner"], data["services"]["quiz"]["scaling"]["max"]
    with pytest.raises(InvalidEnvironment) as caught:
        parse_environment(data, name="staging")
    found = {dotted(problem.path): problem.message for problem in caught.value.problems}
    assert found["owner"] == "missing; add owner (Who answers for it: the tag Owner)"
    assert "Tasks that run at most" in found["services.quiz.scaling.max"]


@pytest.mark.parametrize("data", [None, [], "staging", 5, True])
def test_what_is_no_mapping_is_refused(data: Any) -> None:
    with pytest.raises(InvalidEnvironment, match="the file: must be a mapping"):
        parse_environment(data, name="staging")


def test_consumers_and_queues_exist() -> None:
    assert set(CONSUMED_QUEUES) <= set(Services.model_fields)
    assert set(CONSUMED_QUEUES.values()) == set(Queues.model_fields)


def test_fargate_sizes_are_those_of_aws() -> None:
    assert FARGATE_MEMORY_MIB[256] == (512, 1024, 2048)
    assert {cpu: (sizes[0], sizes[-1], len(sizes)) for cpu, sizes in FARGATE_MEMORY_MIB.items()} == {
        256: (512, 2048, 3),
        512: (1024, 4096, 4),
        1024: (2048, 8192, 7),
        2048: (4096, 16384, 13),
        4096: (8192, 30720, 23),
        8192: (16384, 61440, 12),
        16384: (32768, 122880, 12),
    }


def test_every_key_is_described_for_people_and_editors() -> None:
    described = list(keys())
    assert [key.path for key in described if not key.meaning] == []
    assert Key("services.*.scaling.min", "1 to 100", "", "Tasks that always run.") in described
    assert "| `account_id` | text or null, such as `123456789012` |" in markdown()


def test_the_schema_refuses_what_the_models_refuse(staging: dict[str, Any]) -> None:
    editor = jsonschema.Draft202012Validator(schema())
    refused: list[dict[str, Any]] = [
        {"owner": "${x}"},
        {"account_id": "1"},
        {"extra": 1},
        {"name": "PROD"},
        {"budget": {}},
    ]
    for wrong in refused:
        assert not editor.is_valid(staging | wrong)
    assert list(schema()["properties"]) == list(Environment.model_fields)
