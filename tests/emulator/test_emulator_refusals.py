"""What the emulator lacks is refused at once, by name, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.calls import Call, error_response, identify
from studyctl.adapters.emulator.process import EmulatorEndpoint


@pytest.mark.parametrize(
    ("service", "operation", "request_"),
    [
        pytest.param("ecs", "DescribeServiceRevisions", {"serviceRevisionArns": ["x"]}, id="json"),
        pytest.param("elasticache", "CreateServerlessCache", {"ServerlessCacheName": "x", "Engine": "x"}, id="query"),
        pytest.param("ec2", "CreateVerifiedAccessInstance", {}, id="ec2"),
        pytest.param("cloudfront", "ListVpcOrigins", {}, id="rest-xml"),
        pytest.param("xray", "ListResourcePolicies", {}, id="rest-json"),
        pytest.param("backup", "ListFrameworks", {}, id="no route"),
        pytest.param("cleanroomsml", "ListTrainingDatasets", {}, id="no service"),
    ],
)
def test_a_missing_operation_is_named_and_counted(
    emulator: EmulatorEndpoint, client: Callable[..., Any], service: str, operation: str, request_: dict[str, Any]
) -> None:
    caller = client(service)
    with pytest.raises(ClientError) as caught:
        caller._make_api_call(operation, request_)

    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501, "the provider retries 500, not 501"
    assert answer["Error"]["Code"] == "NotImplemented"
    assert operation in answer["Error"]["Message"]
    assert operation in {gap.operation for gap in process.status(emulator).unimplemented}


def test_requests_are_counted_by_service(emulator: EmulatorEndpoint, client: Callable[..., Any]) -> None:
    before = process.status(emulator).requests.get("sts", 0)
    for _ in range(3):
        client("sts").get_caller_identity()

    assert process.status(emulator).requests["sts"] == before + 3


def test_forty_callers_at_once_lose_nothing(emulator: EmulatorEndpoint, client: Callable[..., Any]) -> None:
    failures_before = process.status(emulator).failures
    # a client is safe to share between threads, making one is not
    ec2, sqs, ssm, logs, iam = (client(service) for service in ("ec2", "sqs", "ssm", "logs", "iam"))

    def one(number: int) -> str:
        name = f"parallel-{number}"
        match number % 5:
            case 0:
                vpc = ec2.create_vpc(CidrBlock=f"10.{number % 250}.0.0/16")["Vpc"]["VpcId"]
                ec2.describe_vpcs(VpcIds=[vpc])
                ec2.delete_vpc(VpcId=vpc)
            case 1:
                url = sqs.create_queue(QueueName=name)["QueueUrl"]
                sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
                sqs.list_queues()
            case 2:
                ssm.put_parameter(Name=name, Value="x", Type="String")
                ssm.describe_parameters()
            case 3:
                logs.create_log_group(logGroupName=name)
                logs.describe_log_groups()
            case _:
                iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
                iam.list_roles()
        return name

    with ThreadPoolExecutor(40) as pool:
        done = Counter(pool.map(one, range(200)))

    assert len(done) == 200
    assert process.status(emulator).failures == failures_before
    assert len(sqs.list_queues(QueueNamePrefix="parallel-", MaxResults=1000)["QueueUrls"]) == 40


def test_a_call_is_known_by_its_signature() -> None:
    scope = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/SQS/aws4_request, SignedHeaders=host, Signature=0"
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "HTTP_AUTHORIZATION": scope}

    by_header = identify(environ | {"HTTP_X_AMZ_TARGET": "AmazonSQS.SendMessage"})
    body = BytesIO(b"Action=SendMessage&Version=1")
    by_form = identify(environ | {"CONTENT_TYPE": "application/x-www-form-urlencoded", "wsgi.input": body})
    by_path = identify(environ | {"PATH_INFO": "/service/X/operation/SendMessage"})
    presigned = identify(
        {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/bucket/key",
            "QUERY_STRING": "X-Amz-Credential=test%2F20260101%2Fus-east-1%2Fs3%2Faws4_request",
        }
    )
    assert body.read() == b"Action=SendMessage&Version=1", "moto reads it as well"

    assert {(call.service, call.region, call.operation) for call in (by_header, by_form, by_path)} == {
        ("sqs", "eu-west-1", "SendMessage")
    }
    assert (presigned.service, presigned.what) == ("s3", "GET /bucket/key")


def test_an_error_message_cannot_break_out_of_its_document() -> None:
    call = Call("s3", "us-east-1", "", "GET", "/", is_form=False)
    _, body = error_response(call, "NotImplemented", "</Message><Code>Ok</Code>&")

    assert b"&lt;/Message&gt;&lt;Code&gt;Ok&lt;/Code&gt;&amp;" in body
