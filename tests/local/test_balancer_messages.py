"""HTTP as it passes through the balancer: bodies of every kind, early answers, targets and clients that fail."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from studyctl.adapters.local.balancer import Balancer, BalancerProgram
from studyctl.adapters.local.routing import HealthCheck, Route, TargetGroup
from studyctl.adapters.local.server import Server

DEADLINE_SECONDS = 60.0
NEVER = HealthCheck(interval_seconds=3600, timeout_seconds=0.01)
Talk = Callable[[socket.socket, bytes], None]


@pytest.fixture(scope="module")
def balancer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balancer]:
    folder: Path = tmp_path_factory.mktemp("balancer")
    yield Balancer.start(folder)
    Server(BalancerProgram(folder)).erase()


@contextmanager
def target(balancer: Balancer, talk: Talk) -> Iterator[list[bytes]]:
    """A target that does exactly what a test says once it has read a head; yields the heads of requests it got."""
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DEADLINE_SECONDS)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(DEADLINE_SECONDS)
                    received = b""
                    while b"\r\n\r\n" not in received and (block := connection.recv(65536)):
                        received += block
                    head, _, rest = received.partition(b"\r\n\r\n")
                    if b"ELB-HealthChecker" in head or not head:
                        continue
                    heads.append(head)
                    talk(connection, rest)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        balancer.apply([Route.to(TargetGroup("t", (listener.getsockname()[1],), NEVER), "/*")])
        yield heads
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(DEADLINE_SECONDS)


@contextmanager
def client(balancer: Balancer) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", balancer.running.port, timeout=DEADLINE_SECONDS)
    with closing(connection):
        yield connection


def send_raw(balancer: Balancer, *pieces: bytes) -> bytes:
    """Send bytes as they are and return all that comes back until the connection ends."""
    with socket.create_connection(("127.0.0.1", balancer.running.port), timeout=DEADLINE_SECONDS) as connection:
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        while block := connection.recv(65536):
            received += block
        return received


def read_exactly(connection: socket.socket, length: int, received: bytes) -> bytes:
    while len(received) < length:
        block = connection.recv(65536)
        assert block, "the body ended early"
        received += block
    return received


def read_until(connection: socket.socket, end: bytes, received: bytes) -> bytes:
    while not received.endswith(end):
        block = connection.recv(65536)
        assert block, "the body ended early"
        received += block
    return received


def answering(response: bytes) -> Talk:
    return lambda connection, _: connection.sendall(response)


def test_what_the_target_learns_of_the_client(balancer: Balancer) -> None:
    with target(balancer, answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as heads, client(balancer) as connection:
        connection.request(
            "GET",
            "/a%20b?c=d",
            headers={
                "X-Forwarded-For": "10.0.0.1",
                "X-Forwarded-Proto": "https",
                "Connection": "keep-alive, X-Mine",
                "X-Mine": "1",
                "X-Other": "2",
            },
        )
        assert connection.getresponse().status == 204

    [head] = heads
    lines = head.decode().split("\r\n")
    assert lines[0] == "GET /a%20b?c=d HTTP/1.1"
    assert "X-Forwarded-For: 10.0.0.1, 127.0.0.1" in lines
    assert "X-Forwarded-Proto: http" in lines
    assert f"X-Forwarded-Port: {balancer.running.port}" in lines
    assert f"Host: 127.0.0.1:{balancer.running.port}" in lines
    assert "X-Other: 2" in lines
    assert not any(line.startswith("X-Mine") for line in lines), "what Connection names ends here"
    assert lines.count("Connection: close") == 1


def test_a_connection_serves_many_requests_with_bodies_of_every_kind(balancer: Balancer) -> None:
    size = 300_000
    response = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n"
    )
    received: list[bytes] = []

    def talk(connection: socket.socket, rest: bytes) -> None:
        # whole, also the chunks' own bytes: a close with something unread resets the connection under the answer
        is_chunked = b"Transfer-Encoding" in heads[-1]
        received.append(
            read_until(connection, b"0\r\n\r\n", rest) if is_chunked else read_exactly(connection, size, rest)
        )
        connection.sendall(response)

    with target(balancer, talk) as heads, client(balancer) as connection:
        for number in range(3):
            connection.request("POST", f"/{number}", body=bytes([number]) * size)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"abcde")
        first = connection.sock
        connection.request("POST", "/4", body=iter([b"x" * 200_000, b"y" * 100_000]), encode_chunked=True)
        assert connection.getresponse().read() == b"abcde"
        assert connection.sock is first, "one connection for all"

    assert len(heads) == 4
    assert received[:3] == [bytes([number]) * size for number in range(3)]
    assert b"y" * 99_000 in received[3]


def test_an_answer_that_ends_with_the_connection_ends_the_clients_too(balancer: Balancer) -> None:
    with target(balancer, answering(b"HTTP/1.0 200 OK\r\n\r\nuntil the end")), client(balancer) as connection:
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.getheader("Connection") == "close"
        assert answer.read() == b"until the end"


def test_a_head_alone_has_no_body(balancer: Balancer) -> None:
    with (
        target(balancer, answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")),
        client(balancer) as connection,
    ):
        for _ in range(2):
            connection.request("HEAD", "/")
            answer = connection.getresponse()
            assert (answer.getheader("Content-Length"), answer.read()) == ("5", b"")


def test_an_answer_cut_off_in_the_middle_is_cut_off_for_the_client_as_well(balancer: Balancer) -> None:
    with (
        target(balancer, answering(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nonly this")),
        client(balancer) as connection,
    ):
        connection.request("GET", "/")
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            connection.getresponse().read()


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
    ],
    ids=["nothing", "no HTTP", "two lengths", "two ends", "unasked upgrade", "endless head"],
)
def test_what_is_no_answer_becomes_a_502_and_the_connection_goes_on(response: bytes, balancer: Balancer) -> None:
    with target(balancer, answering(response)), client(balancer) as connection:
        for _ in range(2):
            connection.request("GET", "/")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (502, b"502 Bad Gateway\n")


def test_an_early_answer_reaches_the_client_that_is_still_sending(balancer: Balancer) -> None:
    too_large = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"
    with target(balancer, answering(too_large)):
        answer = send_raw(balancer, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n", b"x" * 10)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"\r\nConnection: close\r\n\r\nno")


def test_a_client_that_waits_to_be_asked_for_the_body_is_asked(balancer: Balancer) -> None:
    def talk(connection: socket.socket, rest: bytes) -> None:
        assert rest == b""
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert read_exactly(connection, 4, b"") == b"body"
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    with (
        target(balancer, talk),
        socket.create_connection(("127.0.0.1", balancer.running.port), timeout=DEADLINE_SECONDS) as connection,
    ):
        connection.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"body")
        answer = b""
        while not answer.endswith(b"ok"):
            answer += connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_its_target_in_no_doubt(balancer: Balancer) -> None:
    ended = threading.Event()

    def talk(connection: socket.socket, rest: bytes) -> None:
        try:
            while connection.recv(65536):
                pass
        except ConnectionError:
            pass
        ended.set()

    with target(balancer, talk):
        with socket.create_connection(("127.0.0.1", balancer.running.port), timeout=DEADLINE_SECONDS) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nnot all")
        assert ended.wait(DEADLINE_SECONDS)


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nFolded: a\r\n b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_a_request_that_could_be_read_in_two_ways_is_refused(request_head: bytes, balancer: Balancer) -> None:
    with target(balancer, answering(b"HTTP/1.1 200 OK\r\n\r\n")) as heads:
        assert send_raw(balancer, request_head).startswith(b"HTTP/1.1 400 ")
    assert heads == []


def test_a_head_without_end_is_refused(balancer: Balancer) -> None:
    assert send_raw(balancer, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000).startswith(b"HTTP/1.1 431 ")
