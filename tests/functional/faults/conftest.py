"""A small environment that reaches its emulator only through a proxy that plays faults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.support.checkout import REPOSITORY
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.small_environment import World, small_environment

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.process import EmulatorEndpoint


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorEndpoint]:
    folder = tmp_path_factory.mktemp("emulator")
    yield process.start(folder)
    process.stop(folder)


@pytest.fixture
def proxy(endpoint: EmulatorEndpoint) -> Iterator[FaultProxy]:
    with fault_proxy(endpoint.port) as found:
        yield found


@pytest.fixture
def world(endpoint: EmulatorEndpoint, proxy: FaultProxy, tmp_path: Path) -> Iterator[World]:
    with small_environment(replace(endpoint, url=proxy.url), tmp_path) as found:
        yield found
        proxy.heals()
        logs = client_of(found, "logs")
        for group in logs.describe_log_groups()["logGroups"]:
            logs.delete_log_group(logGroupName=group["logGroupName"])


def client_of(world: World, service: str) -> Any:
    """A client of the emulator, through the proxy."""
    connection = world.connection
    return boto3.client(
        service,
        region_name=connection["AWS_REGION"],
        endpoint_url=connection["AWS_ENDPOINT_URL"],
        aws_access_key_id=connection["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=connection["AWS_SECRET_ACCESS_KEY"],
    )


LOCK_FILE = ".terraform.lock.hcl"
ROOT = """
terraform {{
  backend "s3" {{}}
  required_providers {{
    aws = {{ source = "hashicorp/aws" }}
  }}
}}

provider "aws" {{
  region      = "us-east-1"
  max_retries = 4
}}

resource "aws_cloudwatch_log_group" "of" {{
  for_each = toset({names})
  name     = "/faults/${{each.key}}"
}}
"""


def on_aws(world: World, *names: str) -> None:
    """Write a root with a log group for each name; a name is what faults look for."""
    world.write(ROOT.format(names=json.dumps(names)))
    lock_file = REPOSITORY / "infra" / "platform" / LOCK_FILE
    (world.workspace.root / LOCK_FILE).write_bytes(lock_file.read_bytes())
