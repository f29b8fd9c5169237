"""What a task definition says: containers, images, secrets, and the builds that stand in for images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.emulator.ecs_agent.container import (
    HealthCommand,
    LogTarget,
    Sidecar,
    UnsupportedTask,
    overridden,
    parse_container,
)
from studyctl.adapters.emulator.ecs_agent.image_reference import ImageReference, parse_image
from studyctl.adapters.emulator.ecs_agent.images import ImageStore, LocalImage, digest_of_folder
from studyctl.adapters.emulator.ecs_agent.secret_reference import (
    ParameterReference,
    SecretReference,
    parse_reference,
)

DEFINITION: dict[str, Any] = {
    "name": "app",
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/study/app@sha256:" + "a" * 64,
    "command": ["api"],
    "environment": [{"name": "LOG_LEVEL", "value": "debug"}],
    "secrets": [{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:us-east-1:123456789012:secret:key-AbCdEf"}],
    "portMappings": [{"containerPort": 8000, "hostPort": 8000}],
    "stopTimeout": 60,
    "healthCheck": {"command": ["CMD-SHELL", "true"], "interval": 15, "retries": 3, "timeout": 5, "startPeriod": 60},
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/ecs/x", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "task"},
    },
}


def test_a_definition_is_read_whole() -> None:
    container = parse_container([DEFINITION], cpu="256", memory="512")

    assert container.command == ("api",)
    assert container.entry_point is None
    assert container.environment == {"LOG_LEVEL": "debug"}
    assert list(container.secrets) == ["KEY"]
    assert (container.port, container.stop_timeout_seconds) == (8000, 60.0)
    assert container.health == HealthCommand(("/bin/sh", "-c", "true"), 15.0, 5.0, 3, 60.0)
    assert container.log == LogTarget("/ecs/x", "us-east-1", "task")
    assert container.log.stream("app", "0123") == "task/app/0123"
    assert (container.cpu_units, container.memory_mib) == (256, 512)


def test_what_is_not_said_has_the_defaults_of_aws() -> None:
    container = parse_container([{"name": "app", "image": "x"}], cpu=None, memory=None)

    assert (container.command, container.port, container.health, container.log) == (None, None, None, None)
    assert container.stop_timeout_seconds == 30.0
    none = parse_container([{"name": "app", "image": "x", "healthCheck": {"command": ["NONE"]}}], cpu=None, memory=None)
    assert none.health is None
    plain = {"name": "app", "image": "x", "healthCheck": {"command": ["CMD", "check", "me"]}}
    assert parse_container([plain], cpu=None, memory=None).health == HealthCommand(("check", "me"))


@pytest.mark.parametrize(("definitions", "count"), [([DEFINITION, DEFINITION], 2), ([], 0)])
def test_tasks_of_several_essential_containers_are_refused(definitions: list[dict[str, Any]], count: int) -> None:
    with pytest.raises(UnsupportedTask, match=f"not of {count}"):
        parse_container(definitions, cpu=None, memory=None)


@pytest.mark.parametrize("is_first", [True, False])
def test_beside_the_essential_container_there_may_be_others(is_first: bool) -> None:
    sidecar = {**DEFINITION, "name": "collector", "image": "x", "essential": False, "cpu": 32, "memory": 64}
    both = [sidecar, DEFINITION] if is_first else [DEFINITION, sidecar]
    container = parse_container(both, cpu="256", memory="512")

    assert container.name == "app"
    assert container.sidecars == (Sidecar("collector", container.secrets),)
    assert (container.cpu_units, container.memory_mib) == (256, 512)


def test_a_one_off_task_overrides_its_definition() -> None:
    container = parse_container([DEFINITION], cpu=None, memory=None)
    own = {"name": "app", "command": ["migrate"], "environment": [{"name": "X", "value": "1"}]}
    changed = overridden(container, {"containerOverrides": [{"name": "other", "command": ["no"]}, own]})

    assert changed.command == ("migrate",)
    assert changed.environment == {"LOG_LEVEL": "debug", "X": "1"}
    assert overridden(container, {}) == container


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("nginx", ImageReference("nginx", "nginx", "latest")),
        ("localhost:5000/a/b:1.2", ImageReference("localhost:5000/a/b:1.2", "localhost:5000/a/b", "1.2")),
        ("localhost:5000/a", ImageReference("localhost:5000/a", "localhost:5000/a", "latest")),
        (
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/study/app:v1@sha256:ab",
            ImageReference(
                "123456789012.dkr.ecr.us-east-1.amazonaws.com/study/app:v1@sha256:ab",
                "study/app",
                "v1",
                "sha256:ab",
                "123456789012",
                "us-east-1",
            ),
        ),
    ],
)
def test_an_image_is_named_by_registry_repository_tag_and_digest(text: str, reference: ImageReference) -> None:
    assert parse_image(text) == reference


SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-1-AbCdEf"  # noqa: S105 - a name


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        (SECRET, SecretReference(SECRET)),
        (f"{SECRET}:password::", SecretReference(SECRET, "password")),
        (f"{SECRET}:password:AWSPREVIOUS:7", SecretReference(SECRET, "password", "AWSPREVIOUS", "7")),
        ("/study/key", ParameterReference("/study/key")),
        (
            "arn:aws:ssm:us-east-1:123456789012:parameter/study/key",
            ParameterReference("/study/key", "us-east-1"),
        ),
        ("arn:aws:ssm:us-east-1:123456789012:parameter/key", ParameterReference("key", "us-east-1")),
    ],
)
def test_a_secret_is_named_by_arn_key_and_version(text: str, reference: object) -> None:
    assert parse_reference(text) == reference


def image(folder: Path, **fields: Any) -> LocalImage:
    settings: dict[str, Any] = {"entry_point": ("python", "-m", "app"), "content": "sha256:" + "1" * 64}
    return LocalImage(working_directory=folder, **{**settings, **fields})


def test_a_build_is_found_by_the_digest_of_its_manifest(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "state")
    assert store.find("sha256:x") is None
    first, second = image(tmp_path, environment={"A": "b"}, description="v1"), image(tmp_path, command=("api",))
    digests = {store.add(first), store.add(second), store.add(first)}

    assert ImageStore(tmp_path / "state").all() == {first.digest: first, second.digest: second}
    assert digests == {first.digest, second.digest}
    assert store.find(first.digest) == first


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.text(max_size=5), max_size=3))
def test_what_makes_a_build_another_one_makes_its_digest_another_one(environment: dict[str, str]) -> None:
    plain = image(Path("/app"))
    changed = replace(plain, environment=environment)

    assert (changed.digest == plain.digest) is (not environment)
    assert replace(plain, content="sha256:" + "2" * 64).digest != plain.digest


def test_the_content_of_a_folder_is_names_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.py").write_text("1")
    before = digest_of_folder(tmp_path)
    (tmp_path / "a" / "__pycache__").mkdir()
    (tmp_path / "a" / "__pycache__" / "x.pyc").write_text("2")
    assert digest_of_folder(tmp_path) == before
    (tmp_path / "a" / "x.py").rename(tmp_path / "a" / "y.py")

    assert digest_of_folder(tmp_path) != before
