"""Takes secrets that are known out of a text, however they were written into it."""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping

REDACTED = "[secret]"
SHORTEST = 8
"""What is shorter would take half of any text away with it, and protects nothing."""

_SECRET_NAME = re.compile(r"SECRET|TOKEN|PASSWORD|PASSWD|PRIVATE|CREDENTIAL|API_?KEY|ACCESS_KEY", re.IGNORECASE)
_BETWEEN = r"[\s\\\"'+,]{0,8}"
"""What wrapping, quoting or adding up a text puts between two of its characters."""


def secrets_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of a process's variables whose names say that they are secret; of several lines, each line."""
    values = {value for name, value in environ.items() if _SECRET_NAME.search(name)}
    return tuple(sorted({part for value in values for part in _parts(value)}, key=lambda part: (-len(part), part)))


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return the text without the secrets: plain, wrapped, as JSON, URL-encoded or in base64."""
    for secret in secrets:
        for form in sorted(set(_forms(secret)), key=len, reverse=True):
            text = re.sub(_BETWEEN.join(map(re.escape, form)), REDACTED, text)
    return text


def _parts(value: str) -> Iterator[str]:
    """Each line of a key is a secret of its own; its first and last line say nothing."""
    for line in value.splitlines():
        stripped = line.strip()
        if len(stripped) >= SHORTEST and not stripped.startswith("-----"):
            yield stripped


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    for quote in (urllib.parse.quote, urllib.parse.quote_plus):
        encoded = quote(secret, safe="")
        yield encoded
        yield re.sub("%..", lambda match: match.group().lower(), encoded)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield from _base64(secret.encode(), encode)


def _base64(secret: bytes, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """What of base64 depends on the secret alone, wherever it begins in what was encoded."""
    for before in range(3):
        text = encode(b"\0" * before + secret).decode()
        begin = (0, 2, 3)[before]
        whole = (before + len(secret)) % 3
        end = len(text) if not whole else len(text) - {1: 3, 2: 2}[whole]
        if end - begin >= SHORTEST:
            yield text[begin:end]
