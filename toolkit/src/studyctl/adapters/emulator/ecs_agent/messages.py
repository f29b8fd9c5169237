"""Messages over a socket of this machine: a length, JSON, and sometimes file descriptors."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Any

_LENGTH = struct.Struct("!I")
_MOST_DESCRIPTORS = 1


class Closed(Exception):
    """The other side is gone."""


def send(connection: socket.socket, message: Mapping[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send one whole message.

    Raises:
        OSError: the other side is gone.
    """
    body = json.dumps(message).encode()
    # the descriptors travel with the length, the first byte of a message
    header = _LENGTH.pack(len(body))
    if descriptors:
        socket.send_fds(connection, [header], list(descriptors))
    else:
        connection.sendall(header)
    connection.sendall(body)


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Wait for one whole message.

    Raises:
        Closed: the other side is gone.
    """
    header, descriptors, _, _ = socket.recv_fds(connection, _LENGTH.size, _MOST_DESCRIPTORS)
    if not header:
        raise Closed
    header += _exactly(connection, _LENGTH.size - len(header))
    (length,) = _LENGTH.unpack(header)
    message: dict[str, Any] = json.loads(_exactly(connection, length))
    return message, descriptors


def _exactly(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        chunk = connection.recv(count - len(received))
        if not chunk:
            raise Closed
        received += chunk
    return received
