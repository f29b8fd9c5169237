"""The action that builds an image, or copies it: one build for each commit, and the same digest wherever it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.pipeline.account import EmulatedAccount
from tests.support.pipeline.hosting import Environment, Event
from tests.support.pipeline.lab import Lab
from tests.support.pipeline.results import JobRun, Result
from tests.support.pipeline.runner import Runner

from studyctl.adapters.emulator import process

pytestmark = pytest.mark.emulator

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_SESSION_TOKEN": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
}
WORKFLOW = """\
on: {push: {branches: [main]}}
permissions: {contents: read}
jobs:
  image:
    runs-on: ubuntu-24.04
    environment: registries
    steps:
      - {uses: actions/checkout@a, with: {persist-credentials: false}}
      - uses: $/.github/actions/image
        with:
          registry-url: ${{ vars.TO }}
          source-registry-url: ${{ vars.FROM }}
"""


@dataclass
class Registries:
    """Two repositories of images, and jobs that fill them."""

    lab: Lab
    runner: Runner
    ecr: Any

    def fill(self, to: str, source: str = "") -> JobRun:
        """Run the action for the newest commit."""
        variables = {"TO": f"{HOST}/{to}", "FROM": f"{HOST}/{source}" if source else ""}
        self.runner.github.environments["registries"] = Environment(variables)
        (job,) = self.runner.run("image.yml", Event("push", self.lab.origin.head))
        return job

    def digest(self, name: str, tag: str) -> str:
        """The digest that a tag names."""
        (image,) = self.ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": tag}])["imageDetails"]
        return str(image["imageDigest"])


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registries]:
    lab = Lab(tmp_path_factory.mktemp("registries"), CREDENTIALS)
    endpoint = process.start(lab.emulator_folder)
    ecr = EmulatedAccount(endpoint).client("ecr")
    for name in ("staging/app", "prod/app"):
        ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    lab.origin.commit("An image", {".github/workflows/image.yml": WORKFLOW})
    yield Registries(lab, Runner(lab.github(endpoint)), ecr)
    process.stop(lab.emulator_folder)


def test_a_commit_is_built_once_and_copied_as_it_is(registries: Registries) -> None:
    sha = registries.lab.origin.head
    registries.fill("staging/app").must(Result.SUCCESS)
    again = registries.fill("staging/app").must(Result.SUCCESS)
    assert f"{HOST}/staging/app:{sha} is there already" in again.steps[-1].said
    registries.fill("prod/app", "staging/app").must(Result.SUCCESS)
    assert registries.digest("prod/app", sha) == registries.digest("staging/app", sha)


def test_what_was_not_built_is_not_copied(registries: Registries) -> None:
    registries.lab.origin.commit("Not built")
    failed = registries.fill("prod/app", "staging/app").must(Result.FAILURE)
    assert "not found" in failed.failed.said
