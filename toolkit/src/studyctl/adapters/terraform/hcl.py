"""The block structure of an HCL file: block kinds, labels and literal strings, nothing evaluated.

Enough to know what a configuration would run or fetch, before terraform reads it. It runs before every command, so it
must cost a fraction of a second for a whole repository; complete HCL parsers for Python cost many.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_SIMPLE = re.compile(r'(?P<word>[^\W\d][\w-]*)|(?P<string>"[^"\\\n$%]*")|(?P<newline>\n)')
_PLAIN = re.compile(r'[^"\\\n$%]+')
_UNTIL_BRACE = re.compile(r'[^"{}]+')
_HEREDOC = re.compile(r"<<-?([^\W\d][\w-]*)[ \t]*\r?\n", re.UNICODE)
_SKIPPED = re.compile(r"[ \t\r]+|(?:#|//)[^\n]*|/\*.*?\*/", re.DOTALL)
_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")
_OPENING, _CLOSING = "{[(", "}])"
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class HclError(ValueError):
    """A file is not HCL as far as it was read; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class _Token(NamedTuple):
    kind: str  # "word", "string" (literal), "template", "newline", "end", or the character itself
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """`value` is the literal string, or None for any other expression; `literals` are the strings inside an object."""

    value: str | None
    literals: tuple[tuple[str, str], ...]
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """One block with everything inside it."""

    kind: str
    labels: tuple[str, ...]
    line: int
    attributes: tuple[tuple[str, Attribute], ...]
    blocks: tuple[Block, ...]

    def attribute(self, name: str) -> Attribute | None:
        """Return an attribute by its name."""
        return dict(self.attributes).get(name)

    def walk(self) -> Iterator[Block]:
        """Yield this block and every one inside it."""
        yield self
        for block in self.blocks:
            yield from block.walk()


def parse(text: str) -> tuple[Block, ...]:
    """Return the top-level blocks of a file.

    Raises:
        HclError: the structure does not close, or is deeper than any configuration is.
    """
    try:
        return _Parser(tuple(_tokens(text))).body(None).blocks
    except RecursionError as error:
        raise HclError("blocks are nested too deeply", 1) from error


def _tokens(text: str) -> Iterator[_Token]:
    position, line = (1 if text.startswith("\ufeff") else 0), 1
    while position < len(text):
        character = text[position]
        if skipped := _SKIPPED.match(text, position):
            end, token = skipped.end(), None
        elif simple := _SIMPLE.match(text, position):
            end, token = simple.end(), _Token(str(simple.lastgroup), simple.group().strip('"'), line)
        elif character == '"':
            end, token = _string(text, position, line)
        elif heredoc := _HEREDOC.match(text, position):
            end, token = _heredoc_end(text, heredoc, line), _Token("template", "", line)
        else:
            end, token = position + 1, _Token(character, character, line)
        if token is not None:
            yield token
        if token is None or token.kind in ("newline", "template"):
            line += text.count("\n", position, end)
        position = end
    yield _Token("newline", "\n", line)
    yield _Token("end", "", line)


def _heredoc_end(text: str, opening: re.Match[str], line: int) -> int:
    closing = re.compile(rf"^[ \t]*{re.escape(opening.group(1))}[ \t]*\r?$", re.MULTILINE)
    found = closing.search(text, opening.end())
    if found is None:
        raise HclError(f"the text that begins with {opening.group().strip()} does not end", line)
    return found.end()


def _string(text: str, start: int, line: int) -> tuple[int, _Token]:
    literal: list[str] = []
    is_literal = True
    position = start + 1
    while position < len(text):
        character = text[position]
        if character == '"':
            token = _Token("string", "".join(literal), line) if is_literal else _Token("template", "", line)
            return position + 1, token
        if character == "\n":
            break
        if character == "\\":
            character, position = _escaped(text, position, line)
            literal.append(character)
        elif text.startswith(("$${", "%%{"), position):
            literal.append(text[position + 1 : position + 3])
            position += 3
        elif text.startswith(("${", "%{"), position):
            is_literal = False
            position = _interpolation_end(text, position + 2, line)
        elif plain := _PLAIN.match(text, position):
            literal.append(plain.group())
            position = plain.end()
        else:
            literal.append(character)
            position += 1
    raise HclError("a string does not end", line)


def _escaped(text: str, position: int, line: int) -> tuple[str, int]:
    if found := _UNICODE_ESCAPE.match(text, position):
        code = int(found.group(1) or found.group(2), 16)
        return (chr(code) if code <= sys.maxunicode else "\ufffd"), found.end()
    escaped = text[position + 1 : position + 2]
    if escaped not in _ESCAPES:
        raise HclError(f"\\{escaped} is not an escape", line)
    return _ESCAPES[escaped], position + 2


def _interpolation_end(text: str, position: int, line: int) -> int:
    depth = 1
    while position < len(text):
        character = text[position]
        if character == '"':
            position, _ = _string(text, position, line)
            continue
        if other := _UNTIL_BRACE.match(text, position):
            position = other.end()
            continue
        depth += {"{": 1, "}": -1}.get(character, 0)
        position += 1
        if depth == 0:
            return position
    raise HclError("an interpolation does not end", line)


class _Parser:
    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def body(self, opened: _Token | None, kind: str = "", labels: tuple[str, ...] = ()) -> Block:
        attributes: list[tuple[str, Attribute]] = []
        blocks: list[Block] = []
        while True:
            token = self._next()
            if token.kind == "newline":
                continue
            if token.kind == ("end" if opened is None else "}"):
                return Block(kind, labels, opened.line if opened else 1, tuple(attributes), tuple(blocks))
            if token.kind == "end":
                raise HclError(f"the block {kind} does not close", opened.line if opened else token.line)
            if token.kind not in ("word", "string"):
                raise HclError(f"unexpected {token.text!r}", token.line)
            if self._peek().kind == "=":
                self._next()
                attributes.append((token.text, self._expression(token.line)))
            else:
                blocks.append(self._block(token))

    def _block(self, kind: _Token) -> Block:
        labels: list[str] = []
        while (token := self._next()).kind in ("word", "string"):
            labels.append(token.text)
        if token.kind != "{":
            raise HclError(f"{kind.text} is neither a block nor an attribute", kind.line)
        return self.body(kind, kind.text, tuple(labels))

    def _expression(self, line: int) -> Attribute:
        taken: list[_Token] = []
        depth = 0
        while True:
            token = self._peek()
            if token.kind == "end":
                raise HclError("an expression does not end", line)
            if depth == 0 and token.kind in ("newline", "}"):
                break
            depth += (token.kind in _OPENING) - (token.kind in _CLOSING)
            if depth < 0:
                raise HclError(f"unexpected {token.text!r}", token.line)
            taken.append(self._next())
        value = taken[0].text if len(taken) == 1 and taken[0].kind == "string" else None
        return Attribute(value, tuple(_pairs(taken)), line)

    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token


def _pairs(tokens: Sequence[_Token]) -> Iterator[tuple[str, str]]:
    for name, equals, value in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if name.kind in ("word", "string") and equals.kind in "=:" and value.kind == "string":
            yield name.text, value.text
