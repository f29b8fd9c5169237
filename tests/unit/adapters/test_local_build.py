"""The image of this checkout: the same content is the same image, under whatever tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studyctl.adapters.emulator.ecs_agent.images import ImageStore
from studyctl.adapters.local_build import PACKAGES, build_services, push_known, push_services

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/study-dev/app"


class Registry:
    """Keeps tags as ECR does where they are immutable."""

    def __init__(self) -> None:
        self.tags: dict[tuple[str, str], str] = {}

    def put_image(self, **fields: Any) -> dict[str, Any]:
        name = (fields["repositoryName"], fields["imageTag"])
        assert name not in self.tags, "a tag is never moved"
        self.tags[name] = fields["imageDigest"]
        return {}

    def list_images(self, **fields: Any) -> dict[str, Any]:
        found = [(tag, digest) for (name, tag), digest in self.tags.items() if name == fields["repositoryName"]]
        return {"imageIds": [{"imageTag": tag, "imageDigest": digest} for tag, digest in found]}


def test_a_build_is_a_copy_that_can_be_started(tmp_path: Path) -> None:
    image = build_services(tmp_path)
    assert {each.name for each in image.working_directory.iterdir()} == set(PACKAGES)
    assert image.entry_point[-2:] == ("-m", "studyservices")
    written = {path.with_suffix("").name for path in image.working_directory.rglob("*.py")}
    compiled = {path.name.partition(".")[0] for path in image.working_directory.rglob("*.pyc")}
    assert compiled == written, "started by many at once, and compiled by none of them"
    assert build_services(tmp_path) == image


def test_the_same_content_is_pushed_once_and_carries_every_tag(tmp_path: Path) -> None:
    registry = Registry()
    digest = push_services(tmp_path, registry, REGISTRY)
    assert push_services(tmp_path, registry, REGISTRY, tags=["v1"]) == digest
    assert push_services(tmp_path, registry, REGISTRY, tags=["v1"]) == digest
    assert set(registry.tags.values()) == {digest}
    assert {tag for _, tag in registry.tags} > {"v1"}
    assert ImageStore(tmp_path).find(digest) == build_services(tmp_path)


def test_another_environment_gets_the_same_build_and_no_unknown_one(tmp_path: Path) -> None:
    registry = Registry()
    digest = push_services(tmp_path, registry, REGISTRY)
    assert push_known(digest, tmp_path, registry, REGISTRY.replace("dev", "staging"))
    assert {name for name, _ in registry.tags} == {"study-dev/app", "study-staging/app"}
    assert not push_known("sha256:" + "9" * 64, tmp_path, registry, REGISTRY)
