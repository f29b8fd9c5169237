"""Objects that Firehose writes have the keys that AWS would give them."""

from __future__ import annotations

import gzip
import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.support.servers.process import free_port

from studyctl.adapters.emulator.extensions.firehose_prefixes import InvalidPrefix, Prefixes, formatted

Client = Callable[..., Any]
Settings = Mapping[str, Any]

ROLE = "arn:aws:iam::123456789012:role/delivery"
NAME = r"-1-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
AT = datetime(2018, 8, 7, 22, 5, 9, 40_000, tzinfo=UTC)
FAILED = "failed/!{firehose:error-output-type}/"


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, r"\d{4}/\d\d/\d\d/\d\d/NAME"),
        ({"Prefix": "logs/"}, r"logs/\d{4}/\d\d/\d\d/\d\d/NAME"),
        ({"Prefix": "logs"}, r"logs\d{4}/\d\d/\d\d/\d\d/NAME"),
        ({"Prefix": "logs/!{timestamp:yyyy/MM/dd}/", "ErrorOutputPrefix": FAILED}, r"logs/\d{4}/\d\d/\d\d/NAME"),
        (
            {"Prefix": "!{timestamp:'year='yyyy}/!{firehose:random-string}/", "ErrorOutputPrefix": FAILED},
            r"year=\d{4}/[A-Za-z0-9]{11}/NAME",
        ),
        (
            {"Prefix": "!{firehose:random-string}/", "ErrorOutputPrefix": FAILED},
            r"[A-Za-z0-9]{11}/\d{4}/\d\d/\d\d/\d\d/NAME",
        ),
        ({"Prefix": "logs/", "FileExtension": ".gz"}, r"logs/\d{4}/\d\d/\d\d/\d\d/NAME\.gz"),
    ],
)
def test_a_record_is_written_where_the_prefix_says(client: Client, settings: Settings, key: str) -> None:
    stream = make_stream(client, settings)
    client("firehose").put_record(DeliveryStreamName=stream, Record={"Data": b"a record"})

    (written,) = keys(client, stream)
    assert re.fullmatch(key.replace("NAME", stream + NAME), written)
    assert content(client, stream, written) == b"a record"


def test_a_timestamp_is_in_the_time_zone_of_the_destination_and_else_in_utc(client: Client) -> None:
    settings = {"Prefix": "!{timestamp:yyyy-MM-dd-HH}/", "ErrorOutputPrefix": FAILED}
    here, there = (make_stream(client, {**settings, **zone}) for zone in ({}, {"CustomTimeZone": "Asia/Tokyo"}))
    before = datetime.now(UTC)
    for stream in (here, there):
        client("firehose").put_record(DeliveryStreamName=stream, Record={"Data": b"a record"})
    written = [datetime.strptime(keys(client, stream)[0][:13], "%Y-%m-%d-%H") for stream in (here, there)]
    begun, ended = (
        before.replace(tzinfo=None, minute=0, second=0, microsecond=0),
        datetime.now(UTC).replace(tzinfo=None),
    )
    assert begun <= written[0] <= ended
    assert (written[1] - written[0]).total_seconds() in {9 * 3600, 10 * 3600}, "an hour may have begun in between"


def test_a_changed_prefix_counts_from_then_on(client: Client) -> None:
    stream = make_stream(client, {"Prefix": "old/"})
    firehose = client("firehose")
    change = {"Prefix": "new/!{timestamp:yyyy}/", "ErrorOutputPrefix": FAILED}
    firehose.update_destination(
        DeliveryStreamName=stream,
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate=change,
    )
    firehose.put_record_batch(DeliveryStreamName=stream, Records=[{"Data": b"one\n"}, {"Data": b"two\n"}])

    (written,) = keys(client, stream)
    assert re.fullmatch(rf"new/\d{{4}}/{stream}-2-.*", written), "the version of the configuration is in the name"
    assert content(client, stream, written) == b"one\ntwo\n"


def test_a_log_group_is_archived_below_the_prefix(client: Client) -> None:
    prefixes = {"Prefix": "app/!{timestamp:yyyy/MM/dd}/", "ErrorOutputPrefix": FAILED, "FileExtension": ".gz"}
    stream = make_stream(client, prefixes)
    logs, group = client("logs"), f"/archived/{stream}"
    described = client("firehose").describe_delivery_stream(DeliveryStreamName=stream)
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="task")
    logs.put_subscription_filter(
        logGroupName=group,
        filterName="archive",
        filterPattern="",
        destinationArn=described["DeliveryStreamDescription"]["DeliveryStreamARN"],
        roleArn=ROLE,
    )
    event = {"timestamp": int(datetime.now(UTC).timestamp() * 1000), "message": "a line"}
    logs.put_log_events(logGroupName=group, logStreamName="task", logEvents=[event])

    written = keys(client, stream)
    assert all(re.fullmatch(rf"app/\d{{4}}/\d\d/\d\d/{stream}{NAME}\.gz", key) for key in written), written
    archived = [json.loads(gzip.decompress(content(client, stream, key))) for key in written]
    lines = [line["message"] for each in archived for line in each.get("logEvents", ()) if each["logGroup"] == group]
    assert "a line" in lines


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"Prefix": "sent/"}, r"sent/http-endpoint-failed/\d{4}/\d\d/\d\d/\d\d/NAME"),
        (
            {"ErrorOutputPrefix": "not/!{firehose:error-output-type}/!{timestamp:yyyy/MM}/"},
            r"not/http-endpoint-failed/\d{4}/\d\d/NAME",
        ),
        ({"ErrorOutputPrefix": "not/"}, r"not/NAME"),
    ],
)
def test_what_an_endpoint_does_not_take_is_kept_below_the_prefix_of_errors(
    client: Client, settings: Settings, key: str
) -> None:
    stream = f"stream-{uuid.uuid4().hex}"
    client("s3").create_bucket(Bucket=stream)
    client("firehose").create_delivery_stream(
        DeliveryStreamName=stream,
        HttpEndpointDestinationConfiguration={
            "EndpointConfiguration": {"Url": f"http://127.0.0.1:{free_port()}"},
            "S3Configuration": destination(stream, settings),
        },
    )
    answer = client("firehose").put_record(DeliveryStreamName=stream, Record={"Data": b"a record"})

    assert answer["RecordId"]
    (written,) = keys(client, stream)
    assert re.fullmatch(key.replace("NAME", stream + NAME), written)
    assert json.loads(content(client, stream, written))["rawData"] == "YSByZWNvcmQ="


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"Prefix": "!{timestamp:yyyy}/"}, "ErrorOutputPrefix cannot be null or empty"),
        ({"Prefix": FAILED, "ErrorOutputPrefix": FAILED}, "Prefix cannot contain"),
        ({"ErrorOutputPrefix": "failed/!{timestamp:yyyy}/"}, "must contain !{firehose:error-output-type}"),
        ({"Prefix": "a!{b/", "ErrorOutputPrefix": FAILED}, "can only begin an expression"),
        ({"Prefix": "!{timestamp:bb}/", "ErrorOutputPrefix": FAILED}, "'bb' in a timestamp"),
        ({"Prefix": "!{timestamp:yyyy'}/", "ErrorOutputPrefix": FAILED}, "stands for nothing"),
        ({"Prefix": "!{firehose:name}/", "ErrorOutputPrefix": FAILED}, "is no expression"),
        ({"Prefix": "!{partitionKeyFromQuery:user}/", "ErrorOutputPrefix": FAILED}, "is no expression"),
        ({"Prefix": "logs/", "CustomTimeZone": "Europe/Nowhere"}, "is not supported"),
    ],
)
def test_a_prefix_that_cannot_be_evaluated_is_refused_when_the_stream_is_made(
    client: Client, settings: Settings, why: str
) -> None:
    with pytest.raises(ClientError, match=re.escape(why)) as refused:
        make_stream(client, settings)
    assert refused.value.response["Error"]["Code"] == "InvalidArgumentException"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy/MM/dd/HH/mm/ss", "2018/08/07/22/05/09"),
        ("y-M-d H:m:s", "2018-8-7 22:5:9"),
        ("yy uu yyyyy", "18 18 02018"),
        ("DDD", "219"),
        ("hh a KK kk", "10 PM 10 22"),
        ("SSS SSSSSS", "040 040000"),
        ("yyyyMMdd'T'HHmm", "20180807T2205"),
        ("'o''clock' ''", "o'clock '"),
    ],
)
def test_a_moment_is_written_as_java_writes_it(pattern: str, text: str) -> None:
    assert formatted(pattern, AT) == text


@pytest.mark.parametrize("pattern", ["MMM", "ddd", "E", "ww", "z", "[yyyy]", "yyyy'", "aa", "q"])
def test_what_would_depend_on_a_locale_or_is_no_pattern_is_no_guess(pattern: str) -> None:
    with pytest.raises(InvalidPrefix):
        formatted(pattern, AT)


def test_each_expression_is_the_same_moment_and_each_random_string_another() -> None:
    twice = "!{firehose:random-string}/!{firehose:random-string}/!{timestamp:yyyy}/!{timestamp:ss}/"
    first, second, year, second_of_minute, _ = Prefixes(twice, FAILED).key("s", "1", AT).split("/")
    assert first != second
    assert (year, second_of_minute) == ("2018", "09")


def make_stream(client: Client, settings: Settings) -> str:
    """A stream with a bucket of its own, both of one name."""
    name = f"stream-{uuid.uuid4().hex}"
    client("s3").create_bucket(Bucket=name)
    client("firehose").create_delivery_stream(
        DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination(name, settings)
    )
    return name


def destination(bucket: str, settings: Settings) -> dict[str, Any]:
    return {"RoleARN": ROLE, "BucketARN": f"arn:aws:s3:::{bucket}", **settings}


def keys(client: Client, bucket: str) -> list[str]:
    return [each["Key"] for each in client("s3").list_objects_v2(Bucket=bucket).get("Contents", ())]


def content(client: Client, bucket: str, key: str) -> bytes:
    read: bytes = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return read
