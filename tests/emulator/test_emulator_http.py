"""Connections are kept, and no answer runs into the next one."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from studyctl.adapters.emulator.process import EmulatorEndpoint

SCOPE = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
HEADERS = {"Authorization": SCOPE}


@pytest.fixture
def connection(emulator: EmulatorEndpoint) -> Iterator[http.client.HTTPConnection]:
    kept = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=20)
    yield kept
    kept.close()


def test_many_requests_share_one_connection(connection: http.client.HTTPConnection, client: Callable[..., Any]) -> None:
    client("s3").create_bucket(Bucket="kept")
    body = b"x" * 300_000
    exchanges = [
        ("PUT", "/kept/large", body, 200, None),
        ("HEAD", "/kept/large", None, 200, b""),
        ("GET", "/kept/large", None, 200, body),
        ("DELETE", "/kept/large", None, 204, b""),
        ("GET", "/kept/large", None, 404, None),
        ("HEAD", "/kept/large", None, 404, b""),
        ("GET", "/_studyctl/status", None, 200, None),
    ]
    sockets = set()
    for method, path, sent, status, expected in exchanges:
        connection.request(method, path, sent, HEADERS)
        sockets.add(connection.sock)
        response = connection.getresponse()
        received = response.read()
        assert response.status == status, (method, path, received)
        assert expected is None or received == expected

    assert len(sockets) == 1


def test_a_head_says_the_length_it_does_not_send(
    connection: http.client.HTTPConnection, client: Callable[..., Any]
) -> None:
    client("s3").create_bucket(Bucket="heads")
    client("s3").put_object(Bucket="heads", Key="a", Body=b"12345")
    connection.request("HEAD", "/heads/a", headers=HEADERS)

    assert connection.getresponse().getheader("Content-Length") == "5"


def test_a_body_in_chunks_is_read_to_its_end(
    connection: http.client.HTTPConnection, client: Callable[..., Any]
) -> None:
    client("s3").create_bucket(Bucket="chunks")
    for _ in range(2):
        connection.request("PUT", "/chunks/a", iter([b"one", b"two"]), HEADERS, encode_chunked=True)
        response = connection.getresponse()
        assert (response.read(), response.status) == (b"", 200)

    assert client("s3").get_object(Bucket="chunks", Key="a")["Body"].read() == b"onetwo"


def test_a_caller_that_waits_for_permission_gets_it(emulator: EmulatorEndpoint, client: Callable[..., Any]) -> None:
    client("s3").create_bucket(Bucket="expects")
    head = f"PUT /expects/a HTTP/1.1\r\nHost: x\r\nAuthorization: {SCOPE}\r\nContent-Length: 3\r\n"
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=20) as caller:
        caller.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert caller.recv(1024).startswith(b"HTTP/1.1 100")
        caller.sendall(b"abc")
        assert caller.recv(1024).startswith(b"HTTP/1.1 200")


def test_a_caller_that_wants_the_end_gets_it(emulator: EmulatorEndpoint) -> None:
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=20) as caller:
        caller.sendall(b"GET /_studyctl/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = b"".join(iter(lambda: caller.recv(65536), b""))

    assert b"Connection: close" in received


def test_a_caller_that_leaves_disturbs_nobody(emulator: EmulatorEndpoint, client: Callable[..., Any]) -> None:
    for sent in (b"", b"GET", b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nonly this"):
        with socket.create_connection(("127.0.0.1", emulator.port), timeout=20) as caller:
            caller.sendall(sent)

    assert client("sts").get_caller_identity()["Account"] == "123456789012"
