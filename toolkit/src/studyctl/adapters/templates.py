"""Renders the toolkit's text templates with jinja2, and knows how a value becomes a literal of another language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

import studyctl

FOLDER = Path(studyctl.__file__).parent / "templates"


class PackagedTemplates:
    """The templates that come with the package. A value that is not given is an error, never an empty text."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._environment = jinja2.Environment(  # noqa: S701 - no HTML here; each template escapes for its own language
            loader=jinja2.FileSystemLoader(folder, followlinks=False),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            finalize=_refuse_none,
        )
        self._environment.filters["hcl"] = hcl_literal

    def render(self, template: str, values: Mapping[str, Any]) -> str:
        """Fill a template.

        Raises:
            jinja2.UndefinedError: the template names a value that is not given.
        """
        return self._environment.get_template(template).render(values)


def hcl_literal(value: Any) -> str:
    """Return `value` as an HCL expression that terraform reads back as exactly this value.

    Its escapes are JSON's without `\\/`, `\\b` and `\\f`; unlike JSON it interpolates `${` and `%{`.
    """
    if isinstance(value, jinja2.Undefined):
        raise jinja2.UndefinedError(f"{value._undefined_name} is not given")
    if isinstance(value, str):
        return '"' + "".join(map(_hcl_character, value)) + '"'
    if isinstance(value, bool | int):
        return json.dumps(value)
    raise TypeError(f"no HCL literal for {type(value).__name__}")


def _hcl_character(character: str) -> str:
    named = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    if character in named:
        return named[character]
    # As code points they cannot begin an interpolation, whatever stands before or after them.
    if character in "$%" or not character.isprintable():
        code = ord(character)
        return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"  # noqa: PLR2004 - four digits end there
    return character


def _refuse_none(value: Any) -> Any:
    """None would be printed as the word None."""
    if value is None:
        raise jinja2.UndefinedError("a value of the template is None")
    return value
