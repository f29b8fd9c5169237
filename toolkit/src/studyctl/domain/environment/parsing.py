"""From plain data to an `Environment`, and from what is wrong to sentences that tell the fix.

Where a key stands in a file is not known here: problems carry the path of the key.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from studyctl.domain.environment.base import Problem, type_of_relation
from studyctl.domain.environment.environment import Environment
from studyctl.domain.environment.reference import find_schema

LONGEST_SHOWN_VALUE = 60


class InvalidEnvironment(ValueError):
    """Plain data that is no environment. `problems` holds everything that was found, in the order of the model."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{dotted(problem.path)}: {problem.message}" for problem in problems))
        self.problems = problems


def parse_environment(data: Any, *, name: str) -> Environment:
    """Turn what a file holds into the environment `name`, which is also what the file must call itself.

    Raises:
        InvalidEnvironment: with every problem at once.
    """
    misnamed = tuple(_naming_problems(data, name))
    try:
        # JSON is the only strict input in which a list may become a tuple; nothing else is converted.
        environment = Environment.model_validate_json(json.dumps(data))
    except ValidationError as error:
        found = (problem for details in error.errors() for problem in _translate(details))
        raise InvalidEnvironment((*misnamed, *found)) from None
    if misnamed:
        raise InvalidEnvironment(misnamed)
    return environment


def dotted(path: tuple[str | int, ...]) -> str:
    """The path as people write it: `services.api.cpu`, `alarms.emails[0]`."""
    text = ""
    for part in path:
        word = f"[{part}]" if isinstance(part, int) else part
        if len(word) > LONGEST_SHOWN_VALUE:
            word = word[:LONGEST_SHOWN_VALUE] + "…"
        text += f".{word}" if text and isinstance(part, str) else word
    return text or "the file"


def nearest(word: str, known: Iterator[str] | list[str] | tuple[str, ...]) -> str:
    """A question that suggests the most similar of the known words, or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else ""


def shown(value: Any) -> str:
    """A value for a message: on one line, printable, not too long."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = json.dumps(value)
    return text if len(text) <= LONGEST_SHOWN_VALUE else text[:LONGEST_SHOWN_VALUE] + "…"


def _naming_problems(data: Any, name: str) -> Iterator[Problem]:
    own = data.get("name") if isinstance(data, Mapping) else None
    if isinstance(own, str) and own != name:
        yield Problem(("name",), f"is {shown(own)}, but the file is called {name}.yaml: write name: {name}")


def _translate(details: ErrorDetails) -> Iterator[Problem]:
    kind, context, path = details["type"], details.get("ctx", {}), tuple(details["loc"])
    if kind == type_of_relation:
        for problem in context["problems"]:
            yield Problem((*path, *problem.path), problem.message)
        return
    if path and path[-1] == "[key]":
        *parents, key, _ = path
        told = f"unknown key: write one of {_choices(context)}" if "expected" in context else details["msg"]
        yield Problem((*parents, key), told)
        return
    if kind == "extra_forbidden":
        yield Problem(path, _unknown_key(path))
        return
    if kind == "missing":
        yield Problem(path, _missing_key(path))
        return
    tell = _MESSAGES.get(kind)
    yield Problem(
        path, f"{tell(context) if tell else details['msg']}, not {_found(details['input'], _wanted(kind, context))}"
    )


def _wanted(kind: str, context: Mapping[str, Any]) -> str:
    """Which type was wanted, as far as it matters for advice."""
    if kind == "literal_error" and _choices(context)[:1].isdecimal():
        return "int"
    return {"int_type": "int", "int_parsing": "int", "int_from_float": "int", "bool_type": "bool"}.get(kind, kind)


def _found(value: Any, wanted: str) -> str:
    """What stands there instead, and why it is not what it looks like."""
    if isinstance(value, str) and wanted == "int":
        return f"the text {shown(value)}" + (": remove the quotes" if value.isdecimal() and value.isascii() else "")
    if isinstance(value, str) and wanted == "bool":
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(value.lower())
        return f"the text {shown(value)}" + (f": write {meant}" if meant else "")
    if wanted == "string_type" and isinstance(value, bool | int | float):
        return f"the {'truth value' if isinstance(value, bool) else 'number'} {shown(value)}: put it in quotes"
    return shown(value)


def _unknown_key(path: tuple[str | int, ...]) -> str:
    known = list(find_schema(path[:-1]).get("properties", {}))
    suggestion = nearest(str(path[-1]), known)
    return f"unknown key: {suggestion or 'remove it, or write one of ' + ', '.join(known)}"


def _missing_key(path: tuple[str | int, ...]) -> str:
    schema = find_schema(path)
    meaning = str(schema.get("description", "")).rstrip(".")
    return f"missing; add {path[-1]}{f' ({meaning})' if meaning else ''}"


def _choices(context: Mapping[str, Any]) -> str:
    return str(context["expected"]).replace("'", "")


def _count(context: Mapping[str, Any], bound: str) -> str:
    return f"{context[bound]} {'entry' if context[bound] == 1 else 'entries'}"


_MESSAGES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "int_type": lambda _: "must be a whole number",
    "int_parsing": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "bool_type": lambda _: "must be true or false",
    "string_type": lambda _: "must be text",
    "literal_error": lambda context: f"must be one of {_choices(context)}",
    "greater_than_equal": lambda context: f"must be {context['ge']} or more",
    "less_than_equal": lambda context: f"must be {context['le']} or less",
    "string_too_long": lambda context: f"must be at most {context['max_length']} characters long",
    "too_short": lambda context: f"must have at least {_count(context, 'min_length')}",
    "too_long": lambda context: f"must have at most {_count(context, 'max_length')}",
    "tuple_type": lambda _: "must be a list, such as [a, b]",
    "model_type": lambda _: "must be a mapping of keys to values",
    "mapping_type": lambda _: "must be a mapping of keys to values",
    "dict_type": lambda _: "must be a mapping of keys to values",
}
