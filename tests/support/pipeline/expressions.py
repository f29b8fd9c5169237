"""GitHub's expressions, as far as our workflows use them. What is not known here is refused, never taken for empty.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

STATUS_FUNCTIONS = ("always", "cancelled", "failure", "success")
"""A condition that names none of them also wants `success()`."""

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?\b)|(?P<path>[A-Za-z_][\w-]*(?:\.(?:[\w-]+|\*))*)"
    r"|(?P<mark>==|!=|&&|\|\||[!(),]))"
)
_INSERTED = re.compile(r"\$\{\{(?P<expression>.*?)\}\}", re.DOTALL)
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}


class NotUnderstood(Exception):
    """The workflow says something that this runner does not know; GitHub may."""


@dataclass(frozen=True)
class Status:
    """How it went so far, for the functions that ask."""

    is_success: bool = True
    is_cancelled: bool = False


@dataclass(frozen=True)
class Scope:
    """What an expression may look at: contexts by name, and how it went."""

    contexts: Mapping[str, Any] = field(default_factory=dict)
    status: Status = Status()

    def evaluate(self, expression: str) -> Any:
        """The value of one expression, without `${{ }}`.

        Raises:
            NotUnderstood: it is no expression, or asks for something that is not there.
        """
        return _Reader(expression, self).whole()

    def holds(self, condition: str) -> bool:
        """Whether an `if:` is met."""
        condition = condition.strip().removeprefix("${{").removesuffix("}}")
        names_status = any(re.search(rf"\b{name}\s*\(", condition) for name in STATUS_FUNCTIONS)
        if not names_status and not (self.status.is_success and not self.status.is_cancelled):
            return False
        return not condition or is_true(self.evaluate(condition))

    def text(self, value: Any) -> str:
        """A string of the workflow with every `${{ }}` filled in."""
        return _INSERTED.sub(lambda found: as_text(self.evaluate(found["expression"])), as_text(value))


def is_true(value: Any) -> bool:
    """Whether GitHub takes a value for true."""
    return value not in (False, None, 0, "")


def as_text(value: Any) -> str:
    """How GitHub writes a value into a string."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise NotUnderstood(f"{value!r} inside a string")


class _Reader:
    """Reads one expression from left to right, as the grammar goes down: or, and, comparison, not, value."""

    def __init__(self, expression: str, scope: Scope) -> None:
        self._expression = expression
        self._scope = scope
        self._tokens = list(self._split())

    def whole(self) -> Any:
        value = self._any()
        if self._tokens:
            raise self._refusal(f"what comes at {self._tokens[0][1]!r}")
        return value

    def _split(self) -> Iterator[tuple[str, str]]:
        text = self._expression.strip()
        while text:
            found = _TOKEN.match(text)
            if found is None or found.lastgroup is None:
                raise self._refusal(f"{text!r}")
            yield found.lastgroup, found[found.lastgroup]
            text = text[found.end() :].strip()

    def _any(self) -> Any:
        value = self._all()
        while self._takes("||"):
            other = self._all()
            value = value if is_true(value) else other
        return value

    def _all(self) -> Any:
        value = self._comparison()
        while self._takes("&&"):
            other = self._comparison()
            value = other if is_true(value) else value
        return value

    def _comparison(self) -> Any:
        value = self._negation()
        for mark, is_wanted in (("==", True), ("!=", False)):
            if self._takes(mark):
                return self._is_same(value, self._negation()) is is_wanted
        return value

    def _negation(self) -> Any:
        return not is_true(self._negation()) if self._takes("!") else self._value()

    def _value(self) -> Any:
        if self._takes("("):
            value = self._any()
            self._must(")")
            return value
        if not self._tokens:
            raise self._refusal("its end")
        kind, word = self._tokens.pop(0)
        if kind == "text":
            return word[1:-1].replace("''", "'")
        if kind == "number":
            return float(word) if "." in word else int(word)
        if kind != "path":
            raise self._refusal(f"{word!r}")
        if self._takes("("):
            return self._call(word)
        return _WORDS[word] if word in _WORDS else self._look_up(word)

    def _call(self, name: str) -> Any:
        arguments: list[Any] = []
        while not self._takes(")"):
            if arguments:
                self._must(",")
            arguments.append(self._any())
        status = self._scope.status
        functions: Mapping[str, Callable[..., Any]] = {
            "always": lambda: True,
            "cancelled": lambda: status.is_cancelled,
            "failure": lambda: not status.is_success and not status.is_cancelled,
            "success": lambda: status.is_success and not status.is_cancelled,
            "contains": self._contains,
        }
        if name not in functions:
            raise self._refusal(f"the function {name}")
        return functions[name](*arguments)

    def _contains(self, where: Any, what: Any) -> bool:
        if isinstance(where, str):
            return as_text(what).lower() in where.lower()
        return any(self._is_same(each, what) for each in where)

    def _is_same(self, one: Any, other: Any) -> bool:
        if isinstance(one, str) and isinstance(other, str):
            return one.lower() == other.lower()
        if type(one) is type(other):
            return bool(one == other)
        raise self._refusal(f"a comparison of {one!r} and {other!r}, which GitHub makes numbers of")

    def _look_up(self, path: str) -> Any:
        root, *rest = path.split(".")
        found: Any = self._scope.contexts.get(root)
        if found is None:
            raise self._refusal(f"the context {root}")
        for name in rest:
            if name == "*":
                found = list(found.values())
            elif isinstance(found, list):
                found = [each[name] for each in found]
            elif isinstance(found, Mapping) and name in found:
                found = found[name]
            else:
                raise self._refusal(f"{path}, there is no {name} in it")
        return found

    def _takes(self, mark: str) -> bool:
        if self._tokens and self._tokens[0] == ("mark", mark):
            self._tokens.pop(0)
            return True
        return False

    def _must(self, mark: str) -> None:
        if not self._takes(mark):
            raise self._refusal(f"what should be {mark!r}")

    def _refusal(self, what: str) -> NotUnderstood:
        return NotUnderstood(f"in the expression {self._expression!r}: {what}")
