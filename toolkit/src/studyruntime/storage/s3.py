"""Object storage over S3's API: S3 itself, and MinIO, which is S3 at an address of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, NoReturn

import boto3
from boto3.exceptions import Boto3Error, S3UploadFailedError
from boto3.s3.transfer import TransferConfig, TransferManager
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from studyruntime.config import Settings, StorageKind
from studyruntime.errors import AuthenticationRefused, ConfigurationError, NotFound, ObjectNotFound, Unavailable
from studyruntime.storage.objects import ObjectInfo
from studyruntime.storage.spans import InContext, trace_calls

MIB = 1024 * 1024
PART_BYTES = 8 * MIB
"""Streams above this go up in parts of this size: what is held in memory, and what is sent again after an error."""

CHUNK_BYTES = 256 * 1024
ATTEMPTS = 4
PAGE_SIZE = 1000
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
MAX_PRESIGN_SECONDS = 7 * 86_400
"""Amazon S3 User Guide, 'Download and upload objects with presigned URLs': seven days."""

NOT_THERE = {"NoSuchKey", "404", "NotFound"}
REFUSED = {"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}


class S3ObjectStorage:
    """See `ObjectStorage`. Safe for threads."""

    def __init__(self, settings: Settings, *, attempts: int = ATTEMPTS, page_size: int = PAGE_SIZE) -> None:
        self._settings = settings.require_storage()
        self._client = _client(settings, attempts)
        trace_calls(self._client)
        self._pages = {"PageSize": page_size}
        # parts of one upload must not fill the memory of a small task: two at a time
        self._transfer = TransferConfig(
            multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=2, use_threads=True
        )

    def put(
        self,
        bucket: str,
        key: str,
        data: bytes | IO[bytes],
        *,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """See `ObjectStorage.put`."""
        facts = {"ContentType": content_type, "Metadata": dict(metadata or {})}
        name = self._name(bucket)
        with self._translated(bucket, key):
            if isinstance(data, bytes):
                self._client.put_object(Bucket=name, Key=key, Body=data, **facts)
                return
            # what `upload_fileobj` does, in threads that know the trace
            with TransferManager(self._client, self._transfer, executor_cls=InContext) as manager:
                manager.upload(data, name, key, extra_args=facts).result()

    def get(self, bucket: str, key: str) -> bytes:
        """See `ObjectStorage.get`."""
        with self._translated(bucket, key):
            answer = self._client.get_object(Bucket=self._name(bucket), Key=key)
            with answer["Body"] as body:
                return bytes(body.read())

    @contextmanager
    def open(self, bucket: str, key: str) -> Iterator[Iterator[bytes]]:
        """See `ObjectStorage.open`."""
        with self._translated(bucket, key):
            body = self._client.get_object(Bucket=self._name(bucket), Key=key)["Body"]
        try:
            yield self._pieces(bucket, key, body)
        finally:
            body.close()

    def head(self, bucket: str, key: str) -> ObjectInfo:
        """See `ObjectStorage.head`."""
        with self._translated(bucket, key):
            answer = self._client.head_object(Bucket=self._name(bucket), Key=key)
        return ObjectInfo(
            bucket=bucket,
            key=key,
            size_bytes=answer["ContentLength"],
            etag=answer["ETag"].strip('"'),
            modified_at=answer["LastModified"],
            content_type=answer.get("ContentType"),
            metadata=answer.get("Metadata", {}),
        )

    def exists(self, bucket: str, key: str) -> bool:
        """See `ObjectStorage.exists`."""
        try:
            self.head(bucket, key)
        except ObjectNotFound:
            return False
        return True

    def delete(self, bucket: str, key: str) -> None:
        """See `ObjectStorage.delete`."""
        with self._translated(bucket, key):
            self._client.delete_object(Bucket=self._name(bucket), Key=key)

    def list(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
        """See `ObjectStorage.list`."""
        paginator = self._client.get_paginator("list_objects_v2")
        pages = iter(paginator.paginate(Bucket=self._name(bucket), Prefix=prefix, PaginationConfig=self._pages))
        while True:
            with self._translated(bucket, prefix):
                page = next(pages, None)
            if page is None:
                return
            for entry in page.get("Contents", []):
                yield ObjectInfo(
                    bucket=bucket,
                    key=entry["Key"],
                    size_bytes=entry["Size"],
                    etag=entry["ETag"].strip('"'),
                    modified_at=entry["LastModified"],
                )

    def presign_get(self, bucket: str, key: str, *, expires_seconds: int) -> str:
        """See `ObjectStorage.presign_get`."""
        return self._presign("get_object", {"Bucket": self._name(bucket), "Key": key}, expires_seconds)

    def presign_put(self, bucket: str, key: str, *, expires_seconds: int, content_type: str) -> str:
        """See `ObjectStorage.presign_put`."""
        parameters = {"Bucket": self._name(bucket), "Key": key, "ContentType": content_type}
        return self._presign("put_object", parameters, expires_seconds)

    def ping(self, bucket: str) -> None:
        """See `ObjectStorage.ping`."""
        with self._translated(bucket, ""):
            self._client.list_objects_v2(Bucket=self._name(bucket), MaxKeys=1)

    def close(self) -> None:
        """See `ObjectStorage.close`."""
        self._client.close()

    def _name(self, bucket: str) -> str:
        try:
            return self._settings.buckets[bucket]
        except KeyError:
            known = ", ".join(sorted(self._settings.buckets)) or "none"
            raise ConfigurationError(
                [f"there is no bucket {bucket!r} (known: {known}): set {bucket.upper()}_BUCKET"]
            ) from None

    def _presign(self, operation: str, parameters: dict[str, str], expires_seconds: int) -> str:
        if not 1 <= expires_seconds <= MAX_PRESIGN_SECONDS:
            raise ValueError(f"expires_seconds must be 1 to {MAX_PRESIGN_SECONDS}, not {expires_seconds}")
        with self._translated(parameters["Bucket"], parameters["Key"]):
            return str(self._client.generate_presigned_url(operation, Params=parameters, ExpiresIn=expires_seconds))

    def _pieces(self, bucket: str, key: str, body: Any) -> Iterator[bytes]:
        with self._translated(bucket, key):
            yield from body.iter_chunks(CHUNK_BYTES)

    @contextmanager
    def _translated(self, bucket: str, key: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            self._raise(error, bucket, key)
        except S3UploadFailedError as error:
            cause = error.__context__
            if isinstance(cause, ClientError):
                self._raise(cause, bucket, key)
            raise Unavailable(f"storage ({self._settings.kind.value})", str(error)) from error
        except (BotoCoreError, Boto3Error, HTTPClientError) as error:
            raise Unavailable(f"storage ({self._settings.kind.value})", str(error)) from error

    def _raise(self, error: ClientError, bucket: str, key: str) -> NoReturn:
        code = str(error.response.get("Error", {}).get("Code", ""))
        name = f"storage ({self._settings.kind.value})"
        if code == "NoSuchBucket":
            raise NotFound(
                f"bucket {self._settings.buckets[bucket]!r} ({bucket}) does not exist",
                hint=f"Check {bucket.upper()}_BUCKET.",
            ) from error
        if code in NOT_THERE:
            raise ObjectNotFound(bucket, key) from error
        if code in REFUSED:
            raise AuthenticationRefused(name, str(error), hint="Check the role's permissions, or the keys.") from error
        raise Unavailable(name, str(error)) from error


def _client(settings: Settings, attempts: int) -> Any:
    storage = settings.require_storage()
    endpoint_url = storage.endpoint_url or settings.aws.endpoint_url
    has_own_address = endpoint_url is not None
    return boto3.session.Session().client(
        "s3",
        region_name=settings.aws.region or "us-east-1",
        endpoint_url=endpoint_url,
        aws_access_key_id=storage.access_key.get_secret_value() if storage.access_key else None,
        aws_secret_access_key=storage.secret_key.get_secret_value() if storage.secret_key else None,
        config=Config(
            signature_version="s3v4",
            # a bucket's own host name resolves only at AWS
            s3={"addressing_style": "path" if has_own_address else "auto"},
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
            # S3 stores a checksum with every object; other servers know the header only where S3 demands it
            request_checksum_calculation="when_required" if storage.kind is StorageKind.MINIO else "when_supported",
            response_checksum_validation="when_required" if storage.kind is StorageKind.MINIO else "when_supported",
        ),
    )
