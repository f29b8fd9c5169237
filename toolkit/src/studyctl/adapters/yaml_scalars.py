"""What a single word of YAML 1.2 means, and which characters are refused anywhere."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

MAX_DIGITS: Final = 100
# The scanner keeps every bracket of a line as a possible key, which takes quadratic time.
MAX_LINE: Final = 1_000
LONGEST_SHOWN: Final = 40


def plain_value(text: str) -> Any:
    """What an unquoted scalar means in YAML 1.2; an error for what would surprise.

    Raises:
        ValueError: telling what to write instead.
    """
    if text in {"", "~", "null", "Null", "NULL"}:
        return None
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    if re.fullmatch(r"[-+]?(0|[1-9][0-9]*)", text, re.ASCII):
        if len(text) > MAX_DIGITS:
            raise ValueError(f"a number of more than {MAX_DIGITS} digits: put it in quotes if it is text")
        return int(text)
    if re.fullmatch(r"[-+]?0[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", text, re.ASCII):
        raise ValueError(
            f"{shorten(text)} means different numbers to different readers:"
            " put it in quotes if it is text, or write it as a decimal number"
        )
    if re.fullmatch(r"[-+]?(\.(inf|Inf|INF)|\.(nan|NaN|NAN))", text, re.ASCII):
        raise ValueError(f"{text} is no number that can be used: write a decimal number")
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text, re.ASCII):
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(f"{shorten(text)} is too large a number: put it in quotes if it is text")
        return number
    return text


def find_strange_characters(text: str) -> Iterator[tuple[int, int, str]]:
    """Line, column and message for characters that an editor hides, the first of each line, and for endless lines.

    Comments are searched too: what is reviewed must be what is read.
    """
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if len(line) > MAX_LINE:
            yield number, MAX_LINE + 1, f"the line is longer than {MAX_LINE} characters: break it"
            continue
        for column, character in enumerate(line, start=1):
            if character == "\t":
                yield number, column, "a tab is refused: use spaces (in quotes, write \\t)"
                break
            if _is_refused(character) or character in "\r\x85\u2028\u2029":
                yield number, column, f"{name_of(character)} is refused: remove it"
                break


def first_refused(text: str) -> str:
    """The first character of a value that is refused, or nothing."""
    return next((character for character in text if character not in "\n\t" and _is_refused(character)), "")


def _is_refused(character: str) -> bool:
    # Cc: control, NUL among them; Cf: invisible, such as right-to-left overrides; Cs: half of a surrogate pair.
    return unicodedata.category(character) in {"Cc", "Cf", "Cs"}


def name_of(character: str) -> str:
    """How people look a character up."""
    name = unicodedata.name(character, "a control character" if ord(character) < 256 else "")  # noqa: PLR2004 - Latin-1
    return f"U+{ord(character):04X} ({name})" if name else f"U+{ord(character):04X}"


def shorten(text: str) -> str:
    """Text for a message."""
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
