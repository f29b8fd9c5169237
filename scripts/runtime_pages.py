"""Pages of the runtime layer, generated from its code: events and their schemas, settings and their variables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from studyruntime.config import Settings
from studyruntime.config.variables import DescribedField, describe
from studyruntime.events.kinds import Channel
from studyruntime.events.schemas import EventSchema, event_schemas

GENERATED = "Generated from the code, checked by `make check`, written anew by `make docs`."


def events_page() -> str:
    """Every event: where it travels, about what, and its data."""
    schemas = event_schemas()
    lines = [
        "# Events",
        "",
        GENERATED,
        "",
        "Services tell each other what happened by events: CloudEvents 1.0 in a Redis stream of each channel,",
        "validated where they are written and where they are read. Each is delivered at least once, and handled once",
        "by every group of consumers; what cannot be handled goes to the stream `<channel>:dead`. A type's meaning",
        "never changes: a change of its data is a new version, and readers bring older versions up to theirs.",
        "",
        "| type | version | channel | about | what it says |",
        "|---|---|---|---|---|",
        *map(_event_row, schemas),
        "",
        "A service may be held to some channels by a prefix of their names: "
        + ", ".join(f"`{channel}`" for channel in Channel)
        + ".",
        "",
    ]
    for one in schemas:
        lines += _event_section(one)
    return "\n".join(lines)


def settings_page() -> str:
    """Every environment variable that a service reads."""
    lines = [
        "# What a service is told by its environment",
        "",
        GENERATED,
        "",
        "The same code runs on a laptop and in an account; these variables alone decide what it talks to. They are",
        "read once, into one frozen object; a combination that cannot work stops the service with every problem and",
        "its fix.",
        "`studyctl env export ENV` writes them for an environment, `studyctl env export ENV --local` for this machine.",
        "",
        "| variable | default | what it means |",
        "|---|---|---|",
        *(f"| `{one.source.name}` | {_default(one)} | {_meaning(one)} |" for one in describe(Settings)),
        "",
    ]
    return "\n".join(lines)


def _event_row(one: EventSchema) -> str:
    link = f"[`{one.event_type}`](#{_anchor(one)})"
    return f"| {link} | {one.version} | `{one.channel}` | `{one.subject}` | {one.summary} |"


def _event_section(one: EventSchema) -> Iterator[str]:
    yield from (f"## {one.event_type}", "", one.summary, "")
    required = set(one.schema["required"])
    yield from ("| field | type | required | meaning |", "|---|---|---|---|")
    for name, field in one.schema["properties"].items():
        meaning = field.get("description", "")
        if name in one.encrypted:
            meaning = f"{meaning}; encrypted in transit and at rest".lstrip("; ")
        yield f"| `{name}` | {_type(field)} | {'yes' if name in required else 'no'} | {meaning} |"
    yield from ("", "<details><summary>JSON Schema</summary>", "", "```json")
    yield json.dumps(one.schema, indent=2)
    yield from ("```", "", "</details>", "")


def _type(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type(option) for option in field["anyOf"])
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    form = f" ({field['format']})" if "format" in field else ""
    return f"{field.get('type', 'any')}{form}"


def _anchor(one: EventSchema) -> str:
    return one.event_type.value.replace(".", "")


def _default(one: DescribedField) -> str:
    if one.field.is_required():
        return "required"
    value = one.field.get_default(call_default_factory=True, validated_data={})
    return "" if value in (None, (), {}, "") else f"`{getattr(value, 'value', value)}`"


def _meaning(one: DescribedField) -> str:
    return one.source.meaning + (" (secret)" if one.is_secret else "")
