"""Ports on 127.0.0.1."""

from __future__ import annotations

import random
import socket

from studyctl.adapters.local.errors import PortTaken

HOST = "127.0.0.1"

# Below the ports that the kernel gives to outgoing connections (32768 on Linux, 49152 elsewhere): a server that is
# stopped finds its port free again.
FIRST, LAST = 20_000, 31_999
_ATTEMPTS = 200


def is_free(port: int) -> bool:
    """Whether nothing listens there; connections of an earlier server that are still closing do not count."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port on which nothing listens now. Whoever uses it is prepared to lose it to another program.

    Raises:
        PortTaken: hardly any is free.
    """
    for _ in range(_ATTEMPTS):
        port = random.randint(FIRST, LAST)  # noqa: S311  spread, not secret
        if is_free(port):
            return port
    raise PortTaken(
        f"no port between {FIRST} and {LAST} of {HOST} is free",
        why=f"{_ATTEMPTS} were tried.",
        hint="See what listens: ss -ltn",
    )
