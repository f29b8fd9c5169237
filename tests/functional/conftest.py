from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from studyctl.adapters.emulator.process import EmulatorEndpoint, connection_environment

AskAws = Callable[..., Any]


@pytest.fixture(scope="session")
def aws(shared_emulator: EmulatorEndpoint) -> AskAws:
    """A client of any service of the session's emulator: `aws("sqs")`, `aws("kms", "us-west-2")`."""
    variables = connection_environment(shared_emulator)
    session = boto3.session.Session(
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"], aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"]
    )

    def client(service: str, region: str = "us-east-1") -> Any:
        return session.client(service, region_name=region, endpoint_url=shared_emulator.url)

    return client
