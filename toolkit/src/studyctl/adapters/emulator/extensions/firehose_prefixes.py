"""The keys that Firehose gives to objects: prefixes with expressions, evaluated for one moment.

Rules: Amazon Data Firehose Developer Guide, 'Understand custom prefixes for Amazon S3 objects' and 'Configure Amazon S3
object name format'. Of Java's DateTimeFormatter those letters are known that have one meaning in every locale.
"""

from __future__ import annotations

import re
import secrets
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

EXPRESSION = re.compile(r"!\{(?P<namespace>[^:{}]*):(?P<value>[^{}]*)\}")
ERROR_OUTPUT_TYPE = "!{firehose:error-output-type}"
HOURLY = "!{timestamp:yyyy/MM/dd/HH/}"
"""What is appended to a prefix without a timestamp."""
RANDOM_LENGTH = 11
HALF_A_DAY = 12
_RANDOM_LETTERS = string.ascii_letters + string.digits

_Write = Callable[[datetime, int], str]
_PIECES = re.compile(r"'(?P<quoted>(?:[^']|'')*)'|(?P<letters>[A-Za-z]+)|(?P<plain>[^A-Za-z'\[\]{}#]+)")


class InvalidPrefix(ValueError):
    """Firehose would refuse it, or it needs what is not evaluated here."""


@dataclass(frozen=True)
class Prefixes:
    """Where the records of one destination go: those that were delivered, and those that could not be."""

    delivered: str = ""
    failed: str | None = None
    timezone: str = "UTC"
    extension: str = ""

    @classmethod
    def of(cls, destination: Mapping[str, Any]) -> Prefixes:
        """As a destination of the API says it.

        Raises:
            InvalidPrefix: Firehose makes no stream with it.
        """
        found = cls(
            delivered=destination.get("Prefix") or "",
            failed=destination.get("ErrorOutputPrefix") or None,
            timezone=destination.get("CustomTimeZone") or "UTC",
            extension=destination.get("FileExtension") or "",
        )
        found._require_valid()
        return found

    def key(self, stream: str, version: str, at: datetime) -> str:
        """The key of an object with delivered records. `at` is when its first record came."""
        prefix = self.delivered
        if not any(each["namespace"] == "timestamp" for each in EXPRESSION.finditer(prefix)):
            prefix += HOURLY
        return self._named(prefix, stream, version, at) + self.extension

    def key_of_failed(self, error_output_type: str, stream: str, version: str, at: datetime) -> str:
        """The key of an object with records that could not be delivered, for a reason such as `processing-failed`."""
        prefix = self.failed or f"{self.delivered}{ERROR_OUTPUT_TYPE}/{HOURLY}"
        return self._named(prefix.replace(ERROR_OUTPUT_TYPE, error_output_type), stream, version, at)

    def _named(self, prefix: str, stream: str, version: str, at: datetime) -> str:
        local = at.astimezone(ZoneInfo(self.timezone))
        evaluated = EXPRESSION.sub(lambda found: _evaluated(found["namespace"], found["value"], local), prefix)
        return f"{evaluated}{stream}-{version}-{local:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4()}"

    def _require_valid(self) -> None:
        if ERROR_OUTPUT_TYPE in self.delivered:
            raise InvalidPrefix(f"Prefix cannot contain {ERROR_OUTPUT_TYPE}")
        if self.failed is None and EXPRESSION.search(self.delivered):
            raise InvalidPrefix("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions")
        if self.failed and EXPRESSION.search(self.failed) and ERROR_OUTPUT_TYPE not in self.failed:
            raise InvalidPrefix(f"ErrorOutputPrefix with expressions must contain {ERROR_OUTPUT_TYPE}")
        try:
            moment = datetime.now(ZoneInfo(self.timezone))
        except (KeyError, ValueError) as unknown:  # a zone that is not found is a KeyError
            raise InvalidPrefix(f"CustomTimeZone {self.timezone} is not supported") from unknown
        for prefix in (self.delivered, (self.failed or "").replace(ERROR_OUTPUT_TYPE, "")):
            if "!{" in EXPRESSION.sub("", prefix):
                raise InvalidPrefix(f"!{{ can only begin an expression !{{namespace:value}}: {prefix}")
            for found in EXPRESSION.finditer(prefix):
                _evaluated(found["namespace"], found["value"], moment)


def _evaluated(namespace: str, value: str, at: datetime) -> str:
    if namespace == "timestamp":
        return formatted(value, at)
    if (namespace, value) == ("firehose", "random-string"):
        return "".join(secrets.choice(_RANDOM_LETTERS) for _ in range(RANDOM_LENGTH))
    raise InvalidPrefix(f"!{{{namespace}:{value}}} is no expression that is evaluated here")


def formatted(pattern: str, at: datetime) -> str:
    """A moment, as Java's DateTimeFormatter writes it by a pattern.

    Raises:
        InvalidPrefix: the pattern is none, or has a letter that means another thing in each locale.
    """
    written, end = [], 0
    for piece in _PIECES.finditer(pattern):
        if piece.start() != end:
            break
        end = piece.end()
        if piece["letters"]:
            written += [_field(letter, len(list(run)), at) for letter, run in groupby(piece["letters"])]
        elif piece["plain"]:
            written.append(piece["plain"])
        else:
            written.append(piece["quoted"].replace("''", "'") or "'")
    if end != len(pattern):
        raise InvalidPrefix(f"{pattern!r} is no pattern: {pattern[end]!r} stands for nothing")
    return "".join(written)


def _field(letter: str, count: int, at: datetime) -> str:
    most, write = _FIELDS.get(letter, (0, None))
    if write is None or count > most:
        raise InvalidPrefix(f"{letter * count!r} in a timestamp is not evaluated here")
    return write(at, count)


def _number(of: Callable[[datetime], int]) -> _Write:
    return lambda at, count: f"{of(at):0{count}d}"


def _year(at: datetime, count: int) -> str:
    return f"{at:%y}" if count == len("yy") else f"{at.year:0{count}d}"


def _fraction(at: datetime, count: int) -> str:
    return f"{at.microsecond:06d}000"[:count]


def _half(at: datetime, _count: int) -> str:
    return "AM" if at.hour < HALF_A_DAY else "PM"


_FIELDS: Mapping[str, tuple[int, _Write]] = {
    # letter: how many of it there may be, and what stands for them
    "y": (19, _year),
    "u": (19, _year),
    "M": (2, _number(lambda at: at.month)),
    "L": (2, _number(lambda at: at.month)),
    "d": (2, _number(lambda at: at.day)),
    "D": (3, _number(lambda at: at.timetuple().tm_yday)),
    "a": (1, _half),
    "H": (2, _number(lambda at: at.hour)),
    "k": (2, _number(lambda at: at.hour or 2 * HALF_A_DAY)),
    "K": (2, _number(lambda at: at.hour % HALF_A_DAY)),
    "h": (2, _number(lambda at: at.hour % HALF_A_DAY or HALF_A_DAY)),
    "m": (2, _number(lambda at: at.minute)),
    "s": (2, _number(lambda at: at.second)),
    "S": (9, _fraction),
}
