"""AWS's cron expressions, as Application Auto Scaling reads them: six fields, one of the two days a question mark.

Source: Application Auto Scaling User Guide, "Schedule recurring scaling actions using cron expressions".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
EXAMPLE = "0 7 ? * MON-FRI *"
UNSET = "?"


@dataclass(frozen=True)
class Field:
    """What one field accepts. `names` stand for numbers from `least` on; `special` is what only this field has."""

    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()
    special: str = ""

    def accepts(self, text: str) -> bool:
        """Whether the text is a list of single values, ranges and steps within the bounds."""
        return text == UNSET or all(self._accepts_one(part) for part in text.split(","))

    def _accepts_one(self, part: str) -> bool:
        if self.special and re.fullmatch(self.special, part):
            return True
        whole, slash, step = part.partition("/")
        if slash and not (step.isdecimal() and int(step) > 0):
            return False
        if whole == "*":
            return True
        first, dash, last = whole.partition("-")
        ends = [self._number(each) for each in ((first, last) if dash else (first,))]
        return None not in ends and ends == sorted(ends, key=lambda end: end or 0)

    def _number(self, text: str) -> int | None:
        if text in self.names:
            return self.names.index(text) + self.least
        is_within = text.isdecimal() and text.isascii() and self.least <= int(text[:6]) <= self.most
        return int(text) if is_within and len(text) <= len(str(self.most)) else None


FIELDS = (
    Field("minutes", 0, 59),
    Field("hours", 0, 23),
    Field("day of month", 1, 31, special=r"L|LW|([1-9]|[12][0-9]|3[01])W"),
    Field("month", 1, 12, names=MONTHS),
    Field("day of week", 1, 7, names=WEEKDAYS, special=r"L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5])"),
    Field("year", 1970, 2199),
)
DAY_OF_MONTH, DAY_OF_WEEK = 2, 4


def cron_problems(text: str) -> Iterator[str]:
    """What is wrong with an expression, each told with the fix; nothing when AWS would accept it."""
    if text.startswith("cron("):
        yield f"write the fields alone, without cron(...), such as {EXAMPLE}"
        return
    parts = text.split(" ")
    if len(parts) != len(FIELDS):
        yield (
            f"must have six fields ({', '.join(field.name for field in FIELDS)}) with one space between,"
            f" such as {EXAMPLE}, not {len(parts)}"
        )
        return
    for index, (field, part) in enumerate(zip(FIELDS, parts, strict=True)):
        is_day = index in (DAY_OF_MONTH, DAY_OF_WEEK)
        if not field.accepts(part) or (part == UNSET and not is_day):
            yield f"{field.name} is {part[:20]!r}: write * or numbers from {field.least} to {field.most}"
    if (parts[DAY_OF_MONTH] == UNSET) == (parts[DAY_OF_WEEK] == UNSET):
        yield f"exactly one of day of month and day of week must be ?, such as {EXAMPLE}"
