from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.releases.commands import Told
from tests.support.releases.stage import Stage

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.process import EmulatorEndpoint
from studyctl.domain.release.images import ImageReference


@pytest.fixture(scope="session")
def release_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorEndpoint]:
    """One emulator for all of these tests: what belongs to an environment begins with its name."""
    state_dir = tmp_path_factory.mktemp("emulator")
    yield process.start(state_dir)
    process.stop(state_dir)


@pytest.fixture(scope="session")
def shared_stage(release_emulator: EmulatorEndpoint) -> Iterator[Stage]:
    """An environment in which a good release was proven."""
    stage = Stage(release_emulator.url, Path(release_emulator.log_path).parent)
    stage.release(stage.image("first"))
    yield stage
    stage.close()


@pytest.fixture
def stage(shared_stage: Stage) -> Iterator[Stage]:
    """The environment as the test before left it: something proven serves, nothing rings, everything rolls."""
    shared_stage.told, shared_stage.strategies = Told(), {}
    yield shared_stage
    shared_stage.set_alarm("OK")


@pytest.fixture
def good(stage: Stage, request: pytest.FixtureRequest) -> ImageReference:
    """A good image that no other test released."""
    return stage.image(f"good-{zlib.crc32(request.node.name.encode()):08x}")
