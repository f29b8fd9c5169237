"""What every part of a spec has in common: frozen, strict, no unknown keys, and messages that tell the fix."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

type_of_relation = "relation"
type_of_text = "text"


class Spec(BaseModel):
    """A part of an environment file. Values are never converted: `"512"` is not 512 and 1 is not true."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Problem:
    """Something wrong at a key, told so that it can be mended. `path` is relative to the part that reports it."""

    path: tuple[str | int, ...]
    message: str


def refuse(problems: Iterable[Problem]) -> None:
    """Fail validation with all of `problems` at once; do nothing when there are none."""
    found = tuple(problems)
    if found:
        summary = "; ".join(problem.message for problem in found)
        raise PydanticCustomError(type_of_relation, "{summary}", {"summary": summary, "problems": found})


@dataclass(frozen=True)
class Matches:
    """Text that fits a pattern as a whole. `fix` completes the sentence "must be ..."."""

    pattern: str
    fix: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Check after the type."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Tell editors the same pattern."""
        json_schema = handler(schema)
        json_schema["pattern"] = f"^(?:{self.pattern})$" if "|" in self.pattern else f"^{self.pattern}$"
        return json_schema

    def _check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value, flags=re.ASCII):
            raise PydanticCustomError(type_of_text, "must be {fix}", {"fix": self.fix})
        return value


# The provider's default tags reach every service, and IAM, the strictest, accepts only these characters.
TagValue = Annotated[
    str,
    Field(max_length=256),
    Matches(
        r"[A-Za-z0-9_.:/=+@-]([A-Za-z0-9 _.:/=+@-]*[A-Za-z0-9_.:/=+@-])?",
        "letters, digits, inner spaces and . : / = + @ _ - only: AWS refuses other characters in a tag",
    ),
]
Percent = Annotated[int, Field(ge=10, le=95)]
Emails = tuple[
    Annotated[
        str,
        Field(max_length=254),
        Matches(
            r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+",
            "an e-mail address such as platform@study-ai.example",
        ),
    ],
    ...,
]


def repeated(values: Iterable[Any], *path: str) -> Iterable[Problem]:
    """Report each entry of a list that is there already."""
    seen: set[Any] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield Problem((*path, index), f"{value} is listed twice: remove one")
        seen.add(value)
