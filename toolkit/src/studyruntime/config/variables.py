"""How flat environment variables become nested settings; only this module knows which variable feeds which field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource


@dataclass(frozen=True, slots=True)
class Variable:
    """The variable a field is read from, and what it means, for messages and for the reference page."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class VariableFamily:
    """Every variable that ends in `suffix`: `DOCUMENT_QUEUE_URL` is the entry `document` + `key_suffix`."""

    suffix: str
    meaning: str
    key_suffix: str = ""

    @property
    def name(self) -> str:
        """The family's name in messages."""
        return f"*{self.suffix}"

    def read(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The entries that the environment holds."""
        return {
            name.removesuffix(self.suffix).lower() + self.key_suffix: value
            for name, value in sorted(environ.items())
            if name.endswith(self.suffix) and len(name) > len(self.suffix)
        }


@dataclass(frozen=True, slots=True)
class DescribedField:
    """A field that is fed by the environment, where it sits in the settings, and what it is."""

    path: tuple[str, ...]
    source: Variable | VariableFamily
    field: FieldInfo

    @property
    def is_secret(self) -> bool:
        """Whether its value may never be shown."""
        return SecretStr in (self.field.annotation, *get_args(self.field.annotation))


def describe(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[DescribedField]:
    """Every field under `model` that a variable feeds, in the order of declaration."""
    for name, field in model.model_fields.items():
        section = section_of(field)
        if section is not None:
            yield from describe(section, (*path, name))
            continue
        source = source_of(field)
        if source is not None:
            yield DescribedField((*path, name), source, field)


def source_of(field: FieldInfo) -> Variable | VariableFamily | None:
    """The variable or family that feeds a field."""
    return next((item for item in field.metadata if isinstance(item, Variable | VariableFamily)), None)


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """The nested settings a field holds, also where the section may be absent."""
    annotation = field.annotation
    candidates = get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


class FlatVariables(PydanticBaseSettingsSource):
    """Reads a flat environment into the nested shape of the settings. An empty variable counts as absent."""

    def __init__(self, settings_class: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings_class)
        self._environ = {name: value for name, value in environ.items() if value != ""}

    def __call__(self) -> dict[str, Any]:
        """What the environment says, and nothing for what it does not say."""
        return self._read(self.settings_cls)

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The value of one field, or None where no variable sets it."""
        section = section_of(field)
        if section is not None:
            is_required = field.is_required() or field.default is not None
            return self._read(section) or ({} if is_required else None), field_name, False
        match source_of(field):
            case Variable(name=name):
                return self._environ.get(name), field_name, False
            case VariableFamily() as family:
                return family.read(self._environ) or None, field_name, False
            case None:
                return None, field_name, False

    def _read(self, model: type[BaseModel]) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in model.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}
