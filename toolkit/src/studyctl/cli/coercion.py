"""Parameters read without pydantic, which Typer loads for every one of them: as long as a lint of one policy takes.

Flags, text, paths and choices that are spelled exactly need nothing of it, nor does a number that was not given.
Whatever else was given goes to Typer, which says what is wrong with it.
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Any, get_args, get_origin

from typer._click import Context
from typer._coercion import RuntimeParam
from typer._param_types import coerce_cli_path
from typer.core import _TyperParameter

_with_pydantic = _TyperParameter.get_runtime_param


def read_plainly() -> None:
    """Let parameters be read without pydantic from now on, where they can. Typer has no setting for it."""
    _TyperParameter.get_runtime_param = _runtime_param  # type: ignore[method-assign]


def _runtime_param(self: _TyperParameter) -> RuntimeParam:
    described = self.type_descriptor
    if described.parameter_info.parser is None and _is_plain(_kind(described.annotation)):
        return _PlainParam(described.parameter_info, described.annotation)
    return _with_pydantic(self)


class _PlainParam(RuntimeParam):
    """What Typer asks for a parameter's value."""

    def _coerce_value(self, value: Any, param: _TyperParameter, ctx: Context) -> Any:
        is_list, kind = _is_list(self.annotation), _kind(self.annotation)
        values = value if is_list else [value]
        if not all(_is_exact(kind, one) for one in values):
            return _with_pydantic(param).coerce(value, param, ctx)
        read = [self._read(kind, one, param, ctx) for one in values]
        return read if is_list else read[0]

    def _read(self, kind: type, value: Any, param: _TyperParameter, ctx: Context) -> Any:
        if kind is Path:
            return coerce_cli_path(Path(value), self.parameter_info, path_type=Path, param=param, ctx=ctx)
        return kind(value)


def _kind(annotation: Any) -> Any:
    """Return the type of one value."""
    return get_args(annotation)[0] if _is_list(annotation) else annotation


def _is_list(annotation: Any) -> bool:
    origin: Any = get_origin(annotation)
    return origin is list


def _is_plain(kind: Any) -> bool:
    return kind in (bool, str, Path, int) or (isinstance(kind, type) and issubclass(kind, enum.StrEnum))


def _is_exact(kind: type, value: Any) -> bool:
    if isinstance(value, kind):
        return True
    return isinstance(value, str) and (kind in (str, Path) or (issubclass(kind, enum.StrEnum) and value in list(kind)))
