"""YAML 1.2 as plain data, with the line and column of every key: a strict part of the language, read in one pass.

ruamel.yaml finds the structure; what a scalar means is decided here, so that nothing is converted by surprise.
No anchors, aliases, tags or several documents: a few lines of these can stand for gigabytes or for code.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from studyctl.adapters.yaml_scalars import find_strange_characters, first_refused, name_of, plain_value, shorten

MAX_DEPTH: Final = 32
MAX_NODES: Final = 5_000
MAX_FLAWS: Final = 50

Path = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Position:
    """A place in a file, counted from 1 as editors do."""

    line: int
    column: int


@dataclass(frozen=True)
class Flaw:
    """Something wrong at a place, told so that it can be mended."""

    position: Position
    message: str


@dataclass(frozen=True)
class Document:
    """What a file holds, and where each key (or entry of a list) of it stands."""

    value: Any
    positions: dict[Path, Position]


class UnreadableYaml(ValueError):
    """A file that is not the YAML that is accepted here."""

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__("; ".join(flaw.message for flaw in flaws))
        self.flaws = flaws


def read_yaml(content: bytes) -> Document:
    """Turn a file into plain data. Text is normalised to NFC once, here.

    Raises:
        UnreadableYaml: with what was found before reading on made no sense.
    """
    text = _decode(content)
    if flaws := [Flaw(Position(line, column), message) for line, column, message in find_strange_characters(text)]:
        raise UnreadableYaml(*flaws[:MAX_FLAWS])
    reader = _Reader()
    try:
        # ruamel's events come one by one, so a bomb is refused before it is read to its end.
        for event in YAML(typ="safe", pure=True).parse(text):
            reader.take(event)
    except MarkedYAMLError as error:
        raise UnreadableYaml(*reader.flaws, _syntax_flaw(error)) from None
    except YAMLError as error:
        raise UnreadableYaml(*reader.flaws, Flaw(Position(1, 1), f"is not YAML: {error}")) from None
    except (OverflowError, ValueError) as error:
        if isinstance(error, UnreadableYaml):
            raise
        raise UnreadableYaml(*reader.flaws, _bad_escape(text)) from None
    return reader.finish()


@dataclass
class _Collection:
    """A mapping or list whose end was not met yet."""

    path: Path
    value: dict[str, Any] | list[Any]
    key: str | None = None
    """The key whose value comes next."""
    is_skipped: bool = False
    """The key is there twice: its value is read, to find its end, and dropped."""


@dataclass
class _Reader:
    flaws: list[Flaw] = field(default_factory=list)
    positions: dict[Path, Position] = field(default_factory=dict)
    _open: list[_Collection] = field(default_factory=list)
    _roots: list[Any] = field(default_factory=list)
    _nodes: int = 0
    _documents: int = 0

    def take(self, event: Event) -> None:
        """Add one event of the parser."""
        position = _position(event.start_mark)
        match event:
            case DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise UnreadableYaml(Flaw(position, "a second document begins here: remove the line ---"))
            case AliasEvent():
                raise UnreadableYaml(Flaw(position, f"the alias *{event.anchor} is refused: write the value out"))
            case ScalarEvent():
                self._check_node(event, position)
                self._take_scalar(event, position)
            case MappingStartEvent():
                self._check_node(event, position)
                self._begin({}, position)
            case SequenceStartEvent():
                self._check_node(event, position)
                self._begin([], position)
            case MappingEndEvent() | SequenceEndEvent():
                self._end()
            case _:
                pass

    def finish(self) -> Document:
        """The data, unless something was wrong with it."""
        if self.flaws:
            raise UnreadableYaml(*self.flaws)
        if not self._roots or not isinstance(self._roots[0], dict):
            raise UnreadableYaml(Flaw(Position(1, 1), "must be a mapping of keys to values"))
        return Document(self._roots[0], self.positions)

    def _check_node(self, event: Any, position: Position) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise UnreadableYaml(
                Flaw(position, f"the file has more than {MAX_NODES} values: an environment has about 150")
            )
        if event.anchor:
            raise UnreadableYaml(
                Flaw(position, f"the anchor &{event.anchor} is refused: write values out where they belong")
            )
        if event.ctag is not None:
            self._add(position, f"the tag {event.ctag} is refused: write the plain value, in quotes if it is text")

    def _take_scalar(self, event: ScalarEvent, position: Position) -> None:
        text = unicodedata.normalize("NFC", event.value)
        if refused := first_refused(text):
            self._add(position, f"{name_of(refused)} is refused, also when it is escaped: remove it")
        parent = self._open[-1] if self._open else None
        if parent is not None and isinstance(parent.value, dict) and parent.key is None:
            self._take_key(parent, text, is_plain=event.style is None, position=position)
            return
        value: Any = text
        if event.style is None:
            try:
                value = plain_value(text)
            except ValueError as error:
                self._add(position, str(error))
        self._place(value, position)

    def _take_key(self, parent: _Collection, key: str, *, is_plain: bool, position: Position) -> None:
        if is_plain and key == "<<":
            raise UnreadableYaml(Flaw(position, "the merge key << is refused: write the keys out"))
        parent.key = key
        parent.is_skipped = key in parent.value
        if parent.is_skipped:
            first = self.positions[(*parent.path, key)]
            self._add(position, f"{shorten(key)} is there already, on line {first.line}: remove one of the two")
        else:
            self.positions[(*parent.path, key)] = position

    def _begin(self, value: dict[str, Any] | list[Any], position: Position) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise UnreadableYaml(Flaw(position, f"more than {MAX_DEPTH} levels: an environment has four"))
        parent = self._open[-1] if self._open else None
        if parent is not None and isinstance(parent.value, dict) and parent.key is None:
            raise UnreadableYaml(Flaw(position, "a key must be a plain word, not a list or a mapping"))
        path = self._place(value, position)
        self._open.append(_Collection(path, value))

    def _end(self) -> None:
        self._open.pop()

    def _place(self, value: Any, position: Position) -> Path:
        """Put a value where it belongs; return its path."""
        if not self._open:
            self._roots.append(value)
            self.positions.setdefault((), position)
            return ()
        parent = self._open[-1]
        if isinstance(parent.value, list):
            path: Path = (*parent.path, len(parent.value))
            parent.value.append(value)
            self.positions[path] = position
            return path
        key, parent.key = parent.key or "", None
        if not parent.is_skipped:
            parent.value[key] = value
        return (*parent.path, key)

    def _add(self, position: Position, message: str) -> None:
        self.flaws.append(Flaw(position, message))
        if len(self.flaws) >= MAX_FLAWS:
            raise UnreadableYaml(*self.flaws)


def _decode(content: bytes) -> str:
    try:
        # Some editors begin a file with a byte order mark: it says nothing in UTF-8.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(errors="replace")
        raise UnreadableYaml(
            Flaw(_position_after(before), f"byte 0x{content[error.start]:02x} is not UTF-8: save the file as UTF-8")
        ) from None


def _bad_escape(text: str) -> Flaw:
    """Where the code point is that Unicode does not have; ruamel.yaml fails on it without telling."""
    for found in re.finditer(r"\\U([0-9a-fA-F]{8})", text):
        if int(found[1], 16) > sys.maxunicode:
            return Flaw(_position_after(text[: found.start()]), f"{found[0]} is no character: remove it")
    return Flaw(Position(1, 1), "an escape in double quotes is no character: remove it")


def _syntax_flaw(error: MarkedYAMLError) -> Flaw:
    problem = str(error.problem or error.context or "is not YAML").replace("\n", " ")
    position = _position(error.problem_mark or error.context_mark)
    for part, fix in _FIXES.items():
        if part in problem:
            return Flaw(position, f"is not YAML: {problem}: {fix}")
    return Flaw(position, f"is not YAML: {problem}")


_FIXES: Final = {
    "mapping values are not allowed": "put a value that contains ': ' in quotes, or check the indentation",
    "cannot start any token": "put the value in quotes",
    "found unexpected end of stream": "a quote is not closed",
    "expected ',' or": "a bracket is not closed",
    "could not find expected ':'": "a key needs a colon and a space after it",
    "expected <block end>": "indent keys of one mapping by the same number of spaces",
    "did not find expected": "check the indentation and the brackets above",
}


def _position(mark: StringMark | None) -> Position:
    return Position(mark.line + 1, mark.column + 1) if mark is not None else Position(1, 1)


def _position_after(text: str) -> Position:
    return Position(text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1)
