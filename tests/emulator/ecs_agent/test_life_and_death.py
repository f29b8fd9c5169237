"""The agent's own life: it costs nothing without services, and nothing of it outlives the emulator."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.emulator.ecs_agent.fleet import REGION, REPOSITORY, Fleet
from tests.support.until import until

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.ecs_agent.addresses import read_addresses
from studyctl.adapters.emulator.endpoint import EmulatorEndpoint, connection_environment
from studyctl.adapters.local.process_table import PROC, identify


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmulatorEndpoint]:
    """An emulator that a test may kill."""
    yield process.start(tmp_path / "emulator")
    process.stop(tmp_path / "emulator")


@pytest.fixture
def serving(own: EmulatorEndpoint) -> Fleet:
    """A service behind a balancer in that emulator, complete."""

    settings = connection_environment(own)

    def client(service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=own.url,
            aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
        )

    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="tests", Description="tests", VpcId=vpc)["GroupId"]
    fleet = Fleet(client, own.log_path.parent, subnets, group, "fleet")
    fleet.ecr.create_repository(repositoryName=REPOSITORY)
    fleet.ecs.create_cluster(clusterName="fleet")
    balanced = fleet.balance("own")
    fleet.serve("own", fleet.define("own", fleet.image("v1")), balanced)
    fleet.await_complete("own")
    return fleet


def descendants(pid: int) -> set[int]:
    """Every process that this one started, and theirs."""
    parents = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry.name)] = int(fields[1])
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in found | {pid}} - found:
        found |= more
    return found


def test_without_a_service_nothing_is_started(own: EmulatorEndpoint) -> None:
    assert descendants(own.pid) == set()
    assert read_addresses(own.log_path.parent).stand_ins == ()


@pytest.mark.parametrize("end", ["down", "killed"])
def test_nothing_outlives_the_emulator(own: EmulatorEndpoint, serving: Fleet, end: str) -> None:
    started = descendants(own.pid)
    assert len(started) >= 3, "a supervisor, a task, a balancer"
    assert read_addresses(serving.state_dir).stand_ins
    if end == "down":
        process.stop(serving.state_dir)
        assert read_addresses(serving.state_dir).stand_ins == ()
    else:
        os.kill(own.pid, signal.SIGKILL)

    until(lambda: all(identify(pid) is None for pid in started), f"the end of {started}")
