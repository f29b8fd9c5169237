from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.process import EmulatorEndpoint, connection_environment
from studyctl.adapters.terraform import cli_config as cli_config_file

REGION = "us-east-1"
ClientFactory = Callable[..., Any]


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorEndpoint]:
    """One emulator for every test that does not stop it. Each test uses names of its own."""
    state_dir = tmp_path_factory.mktemp("emulator")
    yield process.start(state_dir)
    process.stop(state_dir)


@pytest.fixture(scope="session")
def client(emulator: EmulatorEndpoint) -> ClientFactory:
    """A client of any service: `client("sqs")`."""

    def make(service: str, *, region: str = REGION) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=emulator.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the emulator checks no signature
            config=Config(retries={"total_max_attempts": 1}),
        )

    return make


@pytest.fixture(scope="session")
def subnets(client: ClientFactory) -> list[str]:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    return [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]


@pytest.fixture(scope="session")
def security_group(client: ClientFactory, subnets: list[str]) -> str:
    ec2 = client("ec2")
    vpc = ec2.describe_subnets(SubnetIds=subnets[:1])["Subnets"][0]["VpcId"]
    return str(ec2.create_security_group(GroupName="tests", Description="tests", VpcId=vpc)["GroupId"])


@pytest.fixture(scope="session")
def cli_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the toolkit writes it: providers from a mirror where there is one."""
    folder = tmp_path_factory.mktemp("terraform")
    content = cli_config_file.text(cli_config_file.find_mirrors(os.environ), folder / "plugins", {})
    return cli_config_file.write(folder, folder / "plugins", content)


@pytest.fixture
def terraform(emulator: EmulatorEndpoint, cli_config: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run terraform in a folder against the emulator."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    ours = {"TF_CLI_CONFIG_FILE": str(cli_config), "TF_IN_AUTOMATION": "1"}

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments],
            cwd=folder,
            env=clean | connection_environment(emulator) | ours,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
