from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.local.load_balancer.heads import (
    NO_BODY,
    BadHead,
    Body,
    BodyKind,
    parse_chunk_size,
    parse_request,
    parse_response,
)

NAMES = st.text(st.sampled_from("abcXYZ-_!"), min_size=1, max_size=8).filter(
    lambda name: name.lower() not in {"host", "connection"}
)
VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f\x85\xa0"), max_size=12)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=6)


def request(*headers: str, line: str = "GET /x HTTP/1.1") -> bytes:
    return "\r\n".join([line, "Host: h", *headers, "", ""]).encode("latin-1")


@given(HEADERS)
def test_what_is_not_about_the_connection_passes_unchanged(headers: list[tuple[str, str]]) -> None:
    head = parse_request(request(*(f"{name}:  {value}\t" for name, value in headers)))

    passed = parse_request(head.forwarded("1.2.3.4", 80).encode())

    assert passed.headers[: len(headers) + 1] == (("Host", "h"), *headers)
    response = parse_response(
        "\r\n".join(["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in headers), "", ""]).encode("latin-1")
    )
    returned = parse_response(response.returned(keep=True).encode())
    assert returned.headers == (*headers, ("Connection", "keep-alive"))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_head_or_refused(raw: bytes) -> None:
    for parse in (parse_request, parse_response):
        try:
            head = parse(raw + b"\r\n\r\n")
        except BadHead:
            continue
        assert b"\r\n" not in "".join(value for _, value in head.headers).encode("latin-1")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a/b?c=/d", "/a/b"),
        ("/", "/"),
        ("http://host:80/a?b", "/a"),
        ("HTTP://host", "/"),
        ("http://host?x", "/"),
        ("*", "*"),
        ("//a", "//a"),
        ("/%2e%2e/a", "/%2e%2e/a"),
    ],
)
def test_the_path_of_a_target(target: str, path: str) -> None:
    assert parse_request(request(line=f"GET {target} HTTP/1.1")).path == path


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([], NO_BODY),
        (["Content-Length: 5"], Body(BodyKind.LENGTH, 5)),
        (["Content-Length: 5", "content-length: 5"], Body(BodyKind.LENGTH, 5)),
        (["Transfer-Encoding: Chunked"], Body(BodyKind.CHUNKED)),
    ],
)
def test_where_a_requests_body_ends(headers: list[str], body: Body) -> None:
    assert parse_request(request(*headers)).body == body


@pytest.mark.parametrize(
    ("status", "method", "headers", "body"),
    [
        (200, "GET", "", Body(BodyKind.UNTIL_CLOSE)),
        (200, "GET", "Content-Length: 7", Body(BodyKind.LENGTH, 7)),
        (200, "HEAD", "Content-Length: 7", NO_BODY),
        (204, "GET", "", NO_BODY),
        (304, "GET", "Content-Length: 7", NO_BODY),
        (100, "POST", "", NO_BODY),
        (101, "GET", "Upgrade: websocket", NO_BODY),
    ],
)
def test_where_an_answers_body_ends(status: int, method: str, headers: str, body: Body) -> None:
    raw = f"HTTP/1.1 {status} Reason\r\n{headers}" + ("\r\n\r\n" if headers else "\r\n")
    assert parse_response(raw.encode()).body_for(method) == body


@pytest.mark.parametrize(
    ("line", "headers", "keeps"),
    [
        ("GET / HTTP/1.1", [], True),
        ("GET / HTTP/1.1", ["Connection: Close"], False),
        ("GET / HTTP/1.0", [], False),
        ("GET / HTTP/1.0", ["Connection: Keep-Alive"], True),
    ],
)
def test_whether_a_connection_is_kept(line: str, headers: list[str], keeps: bool) -> None:
    assert parse_request(request(*headers, line=line)).keeps_connection is keeps


def test_an_upgrade_is_passed_on_and_nothing_else_of_the_connection() -> None:
    head = parse_request(request("Connection: keep-alive, Upgrade", "Upgrade: websocket", "Keep-Alive: timeout=5"))

    passed = parse_request(head.forwarded("1.2.3.4", 80).encode())

    assert head.wants_upgrade
    assert passed.wants_upgrade
    assert passed.values("connection") == ["upgrade"]
    assert passed.value("keep-alive") is None
    assert not parse_request(request("Upgrade: websocket")).wants_upgrade


@given(st.integers(0, 2**60 - 1))
def test_a_chunk_says_its_size(size: int) -> None:
    assert parse_chunk_size(f"{size:x}\r\n".encode()) == size
    assert parse_chunk_size(f"{size:X} ; name=value\r\n".encode()) == size


@pytest.mark.parametrize("line", [b"\r\n", b"-1\r\n", b"0x5\r\n", b"5", b"5\n", b"1" * 16 + b"\r\n", b" 5\r\n"])
def test_what_is_no_chunk_size_is_refused(line: bytes) -> None:
    with pytest.raises(BadHead):
        parse_chunk_size(line)
