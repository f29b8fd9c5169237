"""Filters of the REST API as the engine's filters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import qdrant_edge as edge

from studyctl.adapters.local.qdrant_standin.faults import unsupported, wrong_input

CLAUSES = ("must", "should", "must_not", "min_should")
RANGE_BOUNDS = frozenset({"gte", "gt", "lte", "lt"})


class _Truth:
    """A truth value for the engine. It takes Python's own for the numbers 1 and 0, but knows numpy's by their type."""

    def __init__(self, value: bool) -> None:
        self._value = value

    def __bool__(self) -> bool:
        return self._value


# the binding looks at the name alone, so numpy itself is not needed
_Truth.__module__, _Truth.__qualname__, _Truth.__name__ = "numpy", "bool", "bool"


def _match_value(value: Any) -> edge.MatchValue:
    return edge.MatchValue(_Truth(value) if isinstance(value, bool) else value)  # type: ignore[arg-type]


_MATCHES: Mapping[str, Callable[[Any], Any]] = {
    "value": _match_value,
    "text": edge.MatchText,
    "text_any": edge.MatchTextAny,
    "phrase": edge.MatchPhrase,
    "any": edge.MatchAny,
    "except": edge.MatchExcept,
}


def read_filter(document: Any) -> edge.Filter | None:
    """A filter, or nothing where none is given."""
    return None if document is None else _filter(document)


def without(points: Collection[Any], chosen: edge.Filter | None) -> edge.Filter | None:
    """What a filter chooses, less these points."""
    if not points:
        return chosen
    return edge.Filter(must=None if chosen is None else [chosen], must_not=[edge.HasIdCondition(set(points))])


def _filter(document: Any) -> edge.Filter:
    clauses = _mapping(document, "a filter")
    if unknown := set(clauses) - set(CLAUSES):
        raise wrong_input(f"a filter has no {', '.join(sorted(unknown))}")
    minimum = clauses.get("min_should")
    return edge.Filter(
        must=_conditions(clauses.get("must")),
        should=_conditions(clauses.get("should")),
        must_not=_conditions(clauses.get("must_not")),
        min_should=None
        if minimum is None
        else edge.MinShould(_conditions(minimum.get("conditions")) or [], int(minimum["min_count"])),
    )


def _conditions(document: Any) -> list[Any] | None:
    if document is None:
        return None
    return [_condition(one) for one in (document if isinstance(document, list) else [document])]


def _condition(document: Any) -> Any:
    condition = _mapping(document, "a condition")
    if "key" in condition:
        return _field(condition)
    for kind, read in _CONDITIONS.items():
        if kind in condition:
            return read(condition[kind])
    return _filter(condition)


def _field(condition: Mapping[str, Any]) -> edge.FieldCondition:
    known = {"key", "match", "range", "values_count", "is_empty", "is_null"}
    if unknown := {name for name, value in condition.items() if value is not None} - known:
        raise unsupported(f"the condition {', '.join(sorted(unknown))}")
    given: dict[str, Any] = {
        "match": _given(condition.get("match"), _match),
        "range": _given(condition.get("range"), _range),
        "values_count": _given(condition.get("values_count"), lambda bounds: edge.ValuesCount(**_bounds(bounds))),
        "is_empty": condition.get("is_empty"),
        "is_null": condition.get("is_null"),
    }
    return edge.FieldCondition(condition["key"], **given)


_CONDITIONS: Mapping[str, Callable[[Any], Any]] = {
    "has_id": lambda ids: edge.HasIdCondition(set(ids)),
    "has_vector": edge.HasVectorCondition,
    "is_empty": lambda field: edge.IsEmptyCondition(field["key"]),
    "is_null": lambda field: edge.IsNullCondition(field["key"]),
    "nested": lambda nested: edge.NestedCondition(nested["key"], _filter(nested["filter"])),
}


def _given(value: Any, read: Callable[[Any], Any]) -> Any:
    return None if value is None else read(value)


def _match(document: Any) -> Any:
    match = {name: value for name, value in _mapping(document, "a match").items() if value is not None}
    if len(match) != 1:
        raise wrong_input(f"a match is one of {', '.join(_MATCHES)}")
    [(kind, value)] = match.items()
    if kind not in _MATCHES:
        raise unsupported(f"the match {kind}")
    return _MATCHES[kind](value)


def _range(document: Any) -> Any:
    bounds = _bounds(document)
    if any(isinstance(bound, str) for bound in bounds.values()):
        return edge.RangeDateTime(**bounds)
    return edge.RangeFloat(**bounds)


def _bounds(document: Any) -> dict[str, Any]:
    bounds = {name: value for name, value in _mapping(document, "a range").items() if value is not None}
    if unknown := set(bounds) - RANGE_BOUNDS:
        raise wrong_input(f"a range has no {', '.join(sorted(unknown))}")
    return bounds


def _mapping(document: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise wrong_input(f"{what} is an object, not {document!r}")
    return document
