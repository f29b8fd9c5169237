"""A state in the bucket that is none is refused, and its last good version is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.small_environment import KEY

from studyctl.adapters.aws.session import AwsSession
from studyctl.adapters.aws.state_bucket import StateBucket
from studyctl.adapters.emulator.process import EmulatorEndpoint, connection_environment
from studyctl.domain.target import EMULATED_ACCOUNT_ID, Connection, TargetKind
from studyctl.errors import OutcomeUnknown

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def bucket(endpoint: EmulatorEndpoint) -> StateBucket:
    variables = connection_environment(endpoint)
    connection = Connection(TargetKind.EMULATOR, EMULATED_ACCOUNT_ID, "us-east-1", variables, endpoint_url=endpoint.url)
    session = AwsSession(connection)
    session.client("s3").create_bucket(Bucket="versions")
    session.client("s3").put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    return StateBucket(session, "versions", "dev")


def put(bucket: StateBucket, content: bytes) -> str:
    answer: dict[str, Any] = bucket.session.client("s3").put_object(Bucket=bucket.name, Key=KEY, Body=content)
    return str(answer["VersionId"])


def state(attributes: object, mode: str = "managed") -> bytes:
    instance = {"attributes": attributes}
    resource = {"mode": mode, "type": "aws_vpc", "name": "main", "instances": [instance]}
    head = {"version": 4, "serial": 7, "lineage": "one", "terraform_version": "1.11.4", "outputs": {}}
    return json.dumps({**head, "resources": [resource]}).encode()


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"", id="f27-empty"),
        pytest.param(b"<html>busy</html>", id="f26-html"),
        pytest.param(b"\x00\xff", id="f26-binary"),
        pytest.param(state({"id": "vpc-1"})[:-40], id="f26-cut-short"),
        pytest.param(state({"id": None, "arn": None}), id="f28-blanked"),
        pytest.param(state({}), id="f28-blank"),
        pytest.param(state(None), id="f28-null"),
    ],
)
def test_f26_f27_f28_what_is_no_state_is_refused_and_its_last_good_version_named(
    bucket: StateBucket, broken: bytes
) -> None:
    good = put(bucket, state({"id": "vpc-1"}))
    found = bucket.state_version()
    assert found is not None
    assert (found.serial, found.version_id) == (7, good)
    put(bucket, b"torn before")
    put(bucket, broken)
    with pytest.raises(OutcomeUnknown, match="is not a terraform state") as refused:
        bucket.state_version()
    assert f"last good version is {good}, serial 7" in refused.value.hint
    assert f"{KEY}?versionId={good}" in refused.value.hint


def test_what_is_only_read_may_be_empty(bucket: StateBucket) -> None:
    put(bucket, state({}, mode="data"))
    assert bucket.state_version() is not None
