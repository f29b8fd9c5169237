"""Firehose: objects get the keys that AWS gives them.

- The expressions of a prefix stay as they are written, and the default `yyyy/MM/dd/HH/` is appended to every prefix.
- A prefix that AWS refuses is taken.
- The file extension and the time zone of a destination are forgotten.
- `PutRecord(Batch)` crashes when an endpoint over HTTP does not answer; AWS puts what was not delivered into the bucket
  beside it, below `ErrorOutputPrefix`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.firehose.exceptions import InvalidArgumentException
from moto.firehose.models import FirehoseBackend
from moto.firehose.responses import FirehoseResponse
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from studyctl.adapters.emulator.extensions.firehose_prefixes import InvalidPrefix, Prefixes
from studyctl.adapters.emulator.extensions.registry import Extension

EXTENSION = Extension("firehose")

HTTP_FAILED = "http-endpoint-failed"
_OF_S3 = ("S3Destination", "ExtendedS3Destination")
_BESIDE = ("S3Configuration", "S3Update")  # of another destination: where what it does not take goes


@EXTENSION.mend(FirehoseResponse, "create_delivery_stream")
def create_delivery_stream(original: Callable[[FirehoseResponse], Any], response: FirehoseResponse) -> Any:
    """Refuse a prefix that could not be evaluated when a record comes."""
    for name in _OF_S3:
        _require_valid(response._get_param(f"{name}Configuration") or {})
    _require_valid(_beside(response._get_param("HttpEndpointDestinationConfiguration")))
    return original(response)


@EXTENSION.mend(FirehoseResponse, "update_destination")
def update_destination(original: Callable[[FirehoseResponse], Any], response: FirehoseResponse) -> Any:
    """As above, with what an update leaves as it is."""
    backend: FirehoseBackend = response.firehose_backend
    stream = backend.delivery_streams.get(response._get_param("DeliveryStreamName"))
    present: Mapping[str, Any] = stream.destinations[0] if stream else {}
    for name in _OF_S3:
        if change := response._get_param(f"{name}Update"):
            _require_valid({**present.get(name.removesuffix("Destination"), {}), **change})
    if change := _beside(response._get_param("HttpEndpointDestinationUpdate")):
        _require_valid({**present.get("HttpEndpoint", {}).get("S3DestinationDescription", {}), **change})
    return original(response)


@EXTENSION.mend(FirehoseBackend, "put_s3_records")
def put_s3_records(
    _: Callable[..., Any],
    backend: FirehoseBackend,
    delivery_stream_name: str,
    version_id: str,
    s3_destination: Mapping[str, Any],
    records: Sequence[Mapping[str, bytes]],
) -> list[dict[str, str]]:
    """Write records into one object, at once."""
    key = Prefixes.of(s3_destination).key(delivery_stream_name, version_id, datetime.now(UTC))
    _put(backend, s3_destination, key, b"".join(record["Data"] for record in records))
    return _taken(records)


@EXTENSION.mend(FirehoseBackend, "put_record_batch")
def put_record_batch(
    original: Callable[..., dict[str, Any]],
    backend: FirehoseBackend,
    delivery_stream_name: str,
    records: Sequence[Mapping[str, bytes]],
) -> dict[str, Any]:
    """Deliver records, or keep what an endpoint does not take. Whoever sent them hears nothing of it."""
    try:
        return original(backend, delivery_stream_name, records)
    except RuntimeError as failure:
        stream = backend.delivery_streams[delivery_stream_name]
        endpoint = stream.destinations[0].get("HttpEndpoint")
        if endpoint is None:
            raise
        now, bucket = datetime.now(UTC), endpoint["S3DestinationDescription"]
        key = Prefixes.of(bucket).key_of_failed(HTTP_FAILED, delivery_stream_name, stream.version_id, now)
        lines = (json.dumps(_failed(record["Data"], now, failure)) + "\n" for record in records)
        _put(backend, bucket, key, "".join(lines).encode())
        return {"FailedPutCount": 0, "Encrypted": False, "RequestResponses": _taken(records)}


def _beside(destination: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return next((destination[name] for name in _BESIDE if name in destination), {}) if destination else {}


def _require_valid(destination: Mapping[str, Any]) -> None:
    try:
        Prefixes.of(destination)
    except InvalidPrefix as invalid:
        raise InvalidArgumentException(str(invalid)) from invalid


def _put(backend: FirehoseBackend, destination: Mapping[str, Any], key: str, content: bytes) -> None:
    bucket = destination["BucketARN"].rpartition(":")[2]
    s3_backends[backend.account_id][backend.partition].put_object(bucket, key, content)


def _taken(records: Sequence[object]) -> list[dict[str, str]]:
    return [{"RecordId": str(mock_random.uuid4())} for _ in records]


def _failed(data: bytes, at: datetime, failure: Exception) -> dict[str, Any]:
    """A record as AWS keeps it, so that it can be sent again."""
    milliseconds = int(at.timestamp() * 1000)
    return {
        "attemptsMade": 1,
        "arrivalTimestamp": milliseconds,
        "errorCode": "HttpEndpoint.DestinationException",
        "errorMessage": str(failure.__cause__ or failure),
        "attemptEndingTimestamp": milliseconds,
        "rawData": base64.b64encode(data).decode(),
    }
