from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from tests.support.checkout import REPOSITORY
from tests.support.plans import Plan, Planner

from studyctl.adapters.emulator.process import EmulatorEndpoint
from studyctl.adapters.memory import available_mib
from studyctl.adapters.specs import SpecFiles
from studyctl.domain.parallelism import plans_at_once

ENVIRONMENTS = SpecFiles(REPOSITORY).names()
AT_ONCE = 2


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that wants a plan runs for each environment, unless it names one itself."""
    names = {"plan", "environment"} & set(metafunc.fixturenames)
    if names and not metafunc.definition.get_closest_marker("parametrize"):
        metafunc.parametrize("environment", ENVIRONMENTS, scope="session")


@pytest.fixture(scope="session")
def planner(shared_emulator: EmulatorEndpoint, tmp_path_factory: pytest.TempPathFactory) -> Planner:
    """Plans in a checkout of its own."""
    return Planner(tmp_path_factory.mktemp("planned"), shared_emulator)


@pytest.fixture(scope="session")
def planned(request: pytest.FixtureRequest, planner: Planner) -> Iterator[Callable[[str], Plan]]:
    """The plan of an environment, made once. All that this session needs are begun at once, two at a time."""
    wanted = {
        item.callspec.params["environment"]: None
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec") and "environment" in item.callspec.params
    }
    with ThreadPoolExecutor(plans_at_once(AT_ONCE, available_mib())) as pool:
        plans: dict[str, Future[Plan]] = {str(name): pool.submit(planner.plan, str(name)) for name in wanted}
        yield lambda name: plans[name].result()


@pytest.fixture(scope="session")
def plan(planned: Callable[[str], Plan], environment: str) -> Plan:
    """The plan of the test's environment."""
    return planned(environment)
