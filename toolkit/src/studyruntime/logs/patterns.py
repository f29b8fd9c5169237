"""What in a text says something about a person or opens a door, each pattern with a test of its own.

A pattern finds candidates; where its form alone would hit innocent numbers, a check decides (Luhn for payment cards,
ISO 7064 for IBANs, IANA's registry for addresses of machines). Names of people and where they live cannot be found by
patterns: keep them out of logs.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass


def _always(_match: re.Match[str]) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Pattern:
    """What to look for, and by what to replace it. `prefix` groups of the expression are kept."""

    name: str
    expression: re.Pattern[str]
    is_genuine: Callable[[re.Match[str]], bool] = _always

    def redact(self, text: str) -> str:
        """The text with each genuine find replaced by its name in brackets."""
        return self.expression.sub(self._replace, text)

    def _replace(self, match: re.Match[str]) -> str:
        if not self.is_genuine(match):
            return match[0]
        kept = match.groupdict()
        return f"{kept.get('before') or ''}[{self.name}]{kept.get('after') or ''}"


def has_luhn_checksum(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812-1, annex B)."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004


def has_iban_checksum(iban: str) -> bool:
    """Whether the two digits after the country check the rest (ISO 7064, MOD 97-10)."""
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def _is_card(match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match[0])
    return len(set(digits)) > 1 and has_luhn_checksum(digits)


def _is_iban(match: re.Match[str]) -> bool:
    return has_iban_checksum(re.sub(r"\s", "", match[0]).upper())


def _is_public_address(match: re.Match[str]) -> bool:
    try:
        return ipaddress.IPv4Address(match[0]).is_global
    except ValueError:
        return False


PATTERNS = (
    Pattern("private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*-----|\Z)")),
    Pattern("token", re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*")),
    Pattern("token", re.compile(r"(?P<before>\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/-]{8,}=*", re.IGNORECASE)),
    Pattern(
        "password", re.compile(r"(?P<before>\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,100}:)[^\s/@]{1,200}(?P<after>@)")
    ),
    Pattern(
        "secret",
        re.compile(
            r"(?P<before>\b(?:[\w-]*(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|token)[\w-]*)"
            r"[\"']?\s*[=:]\s*[\"']?)(?!\[)[^\s\"'&,;)}\]]+",
            re.IGNORECASE,
        ),
    ),
    Pattern("access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    Pattern("email", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}")),
    Pattern(
        "iban", re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b", re.IGNORECASE), _is_iban
    ),
    Pattern("card", re.compile(r"(?<![\w.-])[2-6](?:[ -]?\d){12,18}(?![\w-])"), _is_card),
    Pattern("ssn", re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])")),
    Pattern("phone", re.compile(r"(?<![\w.+-])\+[1-9](?:[ ()./-]{0,2}\d){7,14}(?![\w])")),
    Pattern("phone", re.compile(r"(?<![\w.+-])(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}(?![\w-])")),
    Pattern("address", re.compile(r"(?P<before>(?<![\w.])(?:\d{1,3}\.){3})\d{1,3}(?![\w]|\.\d)"), _is_public_address),
)
"""In this order: what is inside a secret must not be taken for a number first."""

SUSPICIOUS = re.compile(r"\d|@|://|eyJ|-----|bearer|basic|pass|pwd|secret|key|token", re.IGNORECASE)
"""Every find of any pattern holds one of these: a text without them needs no closer look."""


def redact_text(text: str) -> str:
    """The text without what any pattern finds."""
    if SUSPICIOUS.search(text) is None:
        return text
    for pattern in PATTERNS:
        text = pattern.redact(text)
    return text
