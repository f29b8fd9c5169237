"""Random but valid events of every type."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from studyruntime.events.catalogue import CATALOGUE, TaskStatus
from studyruntime.events.event import METADATA_FIELDS, Event

identifiers = st.text(min_size=1, max_size=40)
texts = st.text(max_size=200)
moments = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(TaskStatus),
    "progress": st.integers(0, 100),
    "file_size": st.integers(0, 2**40),
}


def _values(name: str, field: FieldInfo) -> st.SearchStrategy[Any]:
    if name in VALUES:
        return VALUES[name]
    if name.endswith("_count"):
        return st.integers(0, 10_000)
    if name.endswith("_id") or name.endswith("_type"):
        return identifiers
    return texts if not field.is_required() else st.text(min_size=1, max_size=200)


def events_of(model: type[Event]) -> st.SearchStrategy[Event]:
    """Events of one type; optional fields are sometimes left out."""
    fields = {name: field for name, field in model.model_fields.items() if name not in METADATA_FIELDS}
    required = {name: _values(name, field) for name, field in fields.items() if field.is_required()}
    optional = {name: _values(name, field) for name, field in fields.items() if not field.is_required()}
    metadata = {"occurred_at": moments, "source": identifiers, "correlation_id": st.none() | identifiers}
    return st.fixed_dictionaries({**required, **metadata}, optional=optional).map(model.model_validate)


events: st.SearchStrategy[Event] = st.sampled_from(list(CATALOGUE.values())).flatmap(events_of)
