"""What is wrong with single variables, in words that name the variable and never show a secret."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_core import ErrorDetails

from studyruntime.config.settings import Settings
from studyruntime.config.variables import DescribedField, describe


def field_problems(errors: Sequence[ErrorDetails]) -> list[str]:
    """One line for each error of validation, in the order of the settings."""
    fields = list(describe(Settings))
    return [_problem(error, _field_at(fields, error["loc"])) for error in errors]


def _field_at(fields: Sequence[DescribedField], location: tuple[int | str, ...]) -> DescribedField | None:
    """The field an error lies in or under: an entry of a list belongs to the variable that holds the list."""
    return next((field for field in fields if location[: len(field.path)] == field.path), None)


def _problem(error: ErrorDetails, field: DescribedField | None) -> str:
    message = error["msg"][:1].lower() + error["msg"][1:]
    if field is None:
        return f"{'.'.join(map(str, error['loc']))}: {message}"
    if error["type"] == "missing":
        return f"{field.source.name} is not set: {field.source.meaning}"
    shown = "" if field.is_secret else f", not {error['input']!r}"
    return f"{field.source.name}: {message}{shown} ({field.source.meaning})"
