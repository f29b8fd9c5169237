"""What tests share: one emulator and one checkout a session, and the command line run in it as a person runs it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import settings
from tests.support.checkout import REPOSITORY, Checkout
from tests.support.command_line import CommandLine
from xdist.scheduler import LoadScopeScheduling

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.process import EmulatorEndpoint

# A loaded machine is no failure: properties are about results, and how long a run takes is judged elsewhere.
settings.register_profile("here", deadline=None)
settings.load_profile("here")


def pytest_configure(config: pytest.Config) -> None:
    """A pipeline that cancels sends SIGTERM: then, as after Ctrl-C, what the session started is stopped."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    # A shell lets what it starts in the background ignore Ctrl-C, and programs that are tested would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


HEAVIEST_FIRST = {
    "tests/functional/test_end_to_end.py": "deploy",
    "tests/functional/test_account.py": "deploy",
    "tests/composition": "plans",
    "tests/functional/test_recover.py": "recover",
    "tests/modules": None,
    "tests/functional/pipeline": "pipeline",
    "tests/functional": "",
    "tests/services": "",
    "tests/runtime": "",
    "tests/emulator": "",
}
"""Which tests several workers must leave to one (a name), keep together by file (nothing), or may share (None)."""


def group_of(nodeid: str) -> str:
    """What the test must share a worker with."""
    path = nodeid.split("::", maxsplit=1)[0]
    group = next((group for prefix, group in HEAVIEST_FIRST.items() if path.startswith(prefix)), "")
    return nodeid if group is None else group or path


class GroupsToWorkers(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Hands whole groups to workers."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupsToWorkers:
    """Our groups, not xdist's: its own are told by a mark that pytest 9.2 no longer hands on (xdist 3.8)."""
    return GroupsToWorkers(config, log)


ON_SERVERS = (
    "tests/runtime/",
    "tests/services/",
    "tests/local/",
    "tests/emulator/ecs_agent/",
    "tests/functional/releases/",
)
"""Whose every test is slow: `make test-servers`, a part of `make test-slow`."""


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the rooms of slow tests, and begin with what takes longest: no worker is left alone with it at the end."""
    for item in items:
        if item.nodeid.startswith(ON_SERVERS):
            item.add_marker("slow")
    places = list(HEAVIEST_FIRST)

    def place(item: pytest.Item) -> int:
        return next((number for number, prefix in enumerate(places) if item.nodeid.startswith(prefix)), len(places))

    items.sort(key=place)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout under test. Tests only read it."""
    return REPOSITORY


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A copy with a build folder of its own. Whoever edits it puts it back."""
    return Checkout.copy(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def shared_emulator(checkout: Checkout) -> Iterator[EmulatorEndpoint]:
    """The emulator of the copy, where its commands find it. It lives as long as the session."""
    yield process.start(checkout.emulator_folder)
    process.stop(checkout.emulator_folder)


@pytest.fixture(scope="session")
def studyctl(checkout: Checkout) -> CommandLine:
    """The command line in the copy. Without `shared_emulator` no command may start an emulator."""
    return CommandLine(checkout.folder)
