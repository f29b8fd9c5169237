"""The boundary of an environment's roles, as infra/bootstrap makes it where the environment is alone in its account."""

from __future__ import annotations

import json
from collections.abc import Sequence

import boto3
from botocore.exceptions import ClientError
from tests.support.checkout import REPOSITORY

from studyctl.adapters.emulator.process import EmulatorEndpoint, connection_environment
from studyctl.domain.policy.capabilities.limits import FILE

POLICIES = REPOSITORY / "iam-policies"
PATH = "/boundaries/"
_OF_OTHERS = ("elasticache:Connect", "secretsmanager:*", "sqs:*", "ssm:*Parameter*")
"""As infra/bootstrap/workloads.tf denies it."""


def boundary_text(state_bucket: str, others: Sequence[str] = ()) -> str:
    """The policy's text. `others` are ARNs of what is other environments'."""
    bucket = f"arn:aws:s3:::{state_bucket}"
    places = {
        "actions": json.loads((POLICIES / "generated" / FILE).read_text("utf-8")),
        "denied": ["s3:*", *(_OF_OTHERS if others else ())],
        "out_of_reach": [bucket, f"{bucket}/*", *others],
    }
    text = (POLICIES / "workload_boundary.json.tftpl").read_text("utf-8")
    for name, value in places.items():
        text = text.replace(f"${{jsonencode({name})}}", json.dumps(value))
    return json.dumps(json.loads(text), separators=(",", ":"))


def make_boundary(emulator: EmulatorEndpoint, name: str, state_bucket: str) -> None:
    """Make it in an emulated account that nobody bootstraps; once is enough."""
    variables = connection_environment(emulator)
    iam = boto3.client(
        "iam",
        region_name="us-east-1",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )
    try:
        iam.create_policy(PolicyName=name, Path=PATH, PolicyDocument=boundary_text(state_bucket))
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
