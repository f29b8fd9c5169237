from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.emulator.ecs_agent.fleet import REPOSITORY, Fleet

from studyctl.adapters.emulator.process import EmulatorEndpoint


@pytest.fixture(scope="session")
def cluster(client: Callable[..., Any]) -> str:
    client("ecr").create_repository(repositoryName=REPOSITORY)
    return str(client("ecs").create_cluster(clusterName="fleet")["cluster"]["clusterName"])


@pytest.fixture
def fleet(
    emulator: EmulatorEndpoint, client: Callable[..., Any], subnets: list[str], security_group: str, cluster: str
) -> Iterator[Fleet]:
    """An account to run services in; what a test leaves is removed."""
    fleet = Fleet(client, emulator.log_path.parent, subnets, security_group, cluster)
    yield fleet
    fleet.close()
