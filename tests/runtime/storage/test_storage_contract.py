"""What object storage promises, as S3 and as MinIO: one class, with and without an address of its own."""

from __future__ import annotations

import hashlib
import http.client
import io
import itertools
import uuid
from collections.abc import Iterator
from typing import IO, cast
from urllib.parse import urlsplit

import pytest
from tests.support.servers.moto import MotoServer
from tests.support.servers.process import free_port

from studyruntime.config import Settings, load_settings
from studyruntime.errors import ConfigurationError, NotFound, ObjectNotFound, Unavailable
from studyruntime.storage import ObjectInfo, S3ObjectStorage
from studyruntime.storage.s3 import CHUNK_BYTES, PART_BYTES

PLAIN = "text/plain"


@pytest.fixture(params=["s3", "minio"])
def settings(request: pytest.FixtureRequest, moto: MotoServer) -> Settings:
    """S3 with the task's role, and MinIO with keys of its own."""
    bucket = f"uploads-{uuid.uuid4().hex}"
    moto.client("s3").create_bucket(Bucket=bucket)
    buckets = {"UPLOADS_BUCKET": bucket, "MISSING_BUCKET": f"missing-{bucket}"}
    if request.param == "s3":
        return load_settings(
            {
                "ENVIRONMENT": "cloud",
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": moto.url,
                "STORAGE_TYPE": "s3",
                **buckets,
            }
        )
    return load_settings(
        {
            "STORAGE_TYPE": "minio",
            "STORAGE_ENDPOINT_URL": moto.url,
            "STORAGE_ACCESS_KEY": "access",
            "STORAGE_SECRET_KEY": "secret",
            **buckets,
        }
    )


@pytest.fixture
def storage(settings: Settings) -> Iterator[S3ObjectStorage]:
    made = S3ObjectStorage(settings)
    yield made
    made.close()


def fetch(method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """What a browser would do with a URL."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request(method, f"{parts.path}?{parts.query}", body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def test_what_was_put_is_got_with_its_facts(storage: S3ObjectStorage, settings: Settings) -> None:
    storage.ping("uploads")
    storage.put("uploads", "a/one.txt", b"content", content_type=PLAIN, metadata={"owner": "user-1"})
    assert storage.get("uploads", "a/one.txt") == b"content"
    info = storage.head("uploads", "a/one.txt")
    assert info == ObjectInfo(
        bucket="uploads",
        key="a/one.txt",
        size_bytes=7,
        etag=hashlib.md5(b"content", usedforsecurity=False).hexdigest(),
        modified_at=info.modified_at,
        content_type=PLAIN,
        metadata={"owner": "user-1"},
    )
    storage.put("uploads", "a/one.txt", b"")
    assert storage.get("uploads", "a/one.txt") == b""


@pytest.mark.parametrize("key", ["a b+c&d=e?f#g", "ümläut/文書.pdf", "a//b/../c", "%41"])
def test_keys_may_hold_any_character(storage: S3ObjectStorage, key: str) -> None:
    storage.put("uploads", key, key.encode())
    assert storage.get("uploads", key) == key.encode()
    assert [info.key for info in storage.list("uploads")] == [key]


@pytest.mark.parametrize("size", [0, 1, PART_BYTES - 1, 2 * PART_BYTES + 1])
def test_streams_of_any_size_go_up_and_come_down_piece_by_piece(storage: S3ObjectStorage, size: int) -> None:
    content = bytes(itertools.islice(itertools.cycle(b"0123456789abcdef\n"), size))
    storage.put("uploads", "large", io.BytesIO(content), content_type=PLAIN)
    assert storage.head("uploads", "large").content_type == PLAIN
    with storage.open("uploads", "large") as pieces:
        received = list(pieces)
    assert b"".join(received) == content
    assert max(map(len, received), default=0) <= CHUNK_BYTES


def test_what_is_not_there_says_so(storage: S3ObjectStorage) -> None:
    assert not storage.exists("uploads", "nothing")
    for read in (storage.get, storage.head):
        with pytest.raises(ObjectNotFound, match="no object 'nothing' in bucket 'uploads'"):
            read("uploads", "nothing")
    with pytest.raises(ObjectNotFound), storage.open("uploads", "nothing"):
        pass
    storage.delete("uploads", "nothing")


def test_what_was_deleted_is_gone(storage: S3ObjectStorage) -> None:
    storage.put("uploads", "key", b"content")
    assert storage.exists("uploads", "key")
    storage.delete("uploads", "key")
    assert not storage.exists("uploads", "key")


def test_lists_are_complete_sorted_and_narrowed_by_prefix(settings: Settings) -> None:
    storage = S3ObjectStorage(settings, page_size=3)
    keys = [f"many/{number:02}" for number in range(10)]
    for key in reversed(keys):
        storage.put("uploads", key, b"")
    storage.put("uploads", "other", b"content")
    assert [info.key for info in storage.list("uploads", "many/")] == keys
    assert [(info.key, info.size_bytes) for info in storage.list("uploads", "other")] == [("other", 7)]
    assert list(storage.list("uploads", "none")) == []
    storage.close()


def test_a_signed_url_gives_and_takes_an_object(storage: S3ObjectStorage) -> None:
    upload = storage.presign_put("uploads", "by url", expires_seconds=60, content_type=PLAIN)
    assert fetch("PUT", upload, b"from a browser", {"Content-Type": PLAIN})[0] == 200
    assert storage.head("uploads", "by url").content_type == PLAIN
    download = storage.presign_get("uploads", "by url", expires_seconds=60)
    assert fetch("GET", download) == (200, b"from a browser")
    assert "X-Amz-Expires=60" in download
    assert "X-Amz-SignedHeaders=content-type%3Bhost" in upload


@pytest.mark.parametrize("seconds", [0, 604_801])
def test_a_signed_url_lives_as_long_as_s3_allows(storage: S3ObjectStorage, seconds: int) -> None:
    with pytest.raises(ValueError, match="expires_seconds"):
        storage.presign_get("uploads", "key", expires_seconds=seconds)


def test_buckets_without_a_name_or_without_existence_are_told_apart(storage: S3ObjectStorage) -> None:
    with pytest.raises(ConfigurationError, match="set PROCESSED_BUCKET"):
        storage.get("processed", "key")
    with pytest.raises(NotFound, match="does not exist") as raised:
        storage.ping("missing")
    assert not isinstance(raised.value, ObjectNotFound)
    with pytest.raises(NotFound, match="does not exist"):
        storage.put("missing", "key", io.BytesIO(b"x" * (PART_BYTES + 1)))
    with pytest.raises(NotFound, match="does not exist"):
        list(storage.list("missing"))


class Broken(io.RawIOBase):
    """A stream that fails in its second part."""

    def __init__(self) -> None:
        self._given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._given > PART_BYTES:
            raise OSError("the disk is gone")
        self._given += size
        return b"x" * size


def test_an_upload_that_fails_half_way_leaves_nothing(storage: S3ObjectStorage, moto: MotoServer) -> None:
    with pytest.raises(OSError, match="the disk is gone"):
        storage.put("uploads", "half", cast("IO[bytes]", Broken()))
    assert not storage.exists("uploads", "half")
    assert "Uploads" not in moto.client("s3").list_multipart_uploads(Bucket=storage._name("uploads"))


def test_a_server_that_is_not_there_is_unavailable() -> None:
    storage = S3ObjectStorage(
        load_settings(
            {
                "STORAGE_TYPE": "minio",
                "STORAGE_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
                "STORAGE_ACCESS_KEY": "access",
                "STORAGE_SECRET_KEY": "secret",
                "UPLOADS_BUCKET": "uploads",
            }
        ),
        attempts=1,
    )
    for call in (
        lambda: storage.get("uploads", "key"),
        lambda: storage.put("uploads", "key", b"content"),
        lambda: storage.put("uploads", "key", io.BytesIO(b"x" * (PART_BYTES + 1))),
        lambda: list(storage.list("uploads")),
        lambda: storage.ping("uploads"),
    ):
        with pytest.raises(Unavailable, match=r"storage \(minio\) is unavailable"):
            call()
