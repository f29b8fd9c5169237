"""The models told to others: a JSON schema for editors, a page for people."""

from __future__ import annotations

import functools
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studyctl.domain.environment.environment import Environment

Schema = Mapping[str, Any]
GENERATE = "make docs"
LONGEST_EXAMPLE = 40


@functools.cache
def schema() -> Schema:
    """The JSON schema of an environment file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_without_titles(Environment.model_json_schema()),
        "title": "Environment",
    }


def schema_text() -> str:
    """The content of environments/schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def find_schema(path: tuple[str | int, ...]) -> Schema:
    """The schema of the value at a path; empty when the models know no such path."""
    found = schema()
    for part in path:
        inner = _resolved(_without_null(_resolved(found)))
        if isinstance(part, int):
            found = inner.get("items", {})
        else:
            found = inner.get("properties", {}).get(part) or _of_any_name(inner) or {}
    return _resolved(_without_null(_resolved(found)))


@dataclass(frozen=True)
class Key:
    """One line of the reference."""

    path: str
    type: str
    default: str
    meaning: str

    @property
    def section(self) -> str:
        """The top-level key that it belongs to; empty for plain top-level keys."""
        top, dot, _ = self.path.partition(".")
        return top if dot else ""


def keys() -> Iterator[Key]:
    """Every key of an environment file, in the order of the models; `*` stands for a name that the file chooses."""
    yield from _keys_of(schema(), "")


def markdown() -> str:
    """The content of docs/configuration.md."""
    parts = [_INTRODUCTION]
    order = ["", *schema()["properties"]]  # plain top-level keys first
    in_order = sorted(keys(), key=lambda key: order.index(key.section))
    for section, rows in itertools.groupby(in_order, key=lambda key: key.section):
        parts += [f"## {section or 'top level'}\n", "| key | type | default | meaning |\n|---|---|---|---|"]
        parts[-1] += "".join(f"\n| `{row.path}` | {row.type} | {row.default} | {row.meaning} |" for row in rows) + "\n"
    return "\n".join(parts)


_INTRODUCTION = f"""# Configuration: every key of an environment file

All that differs between environments is in `environments/<name>.yaml`. It is YAML 1.2 without anchors, aliases, tags.
Values are never converted: `"512"` is not 512 and `yes` is not true. A key that is unknown, missing or there twice is
refused with file, line, column and the fix. Editors that read `# yaml-language-server: $schema=schema.json` complete
and check the keys.

Beyond single values, parts must agree: subnets lie inside `network.cidr` and do not overlap, CPU and memory are a pair
that Fargate offers, `min` is not above `max`, the backup region is another region, a protected database is not
destroyable.

`*` stands for each key above it that has the same fields, for a zone's letter and for a name that
you choose; `[]` for each entry of a list. A key without default must be there.
This page and `environments/schema.json` are generated from the models: `{GENERATE}`.
"""


def _keys_of(found: Schema, path: str) -> Iterator[Key]:
    properties = found.get("properties", {})
    uses = Counter(child.get("$ref") for child in properties.values())
    shared = {ref for ref, count in uses.items() if ref and count > 1}
    for name, child in properties.items():
        below = f"{path}.{name}" if path else name
        yield from _key(
            child, below, is_required=name in found.get("required", ()), is_listed=child.get("$ref") in shared
        )
    for below in (*({"$ref": ref} for ref in sorted(shared)), _of_any_name(found)):
        if below:
            yield from _keys_of(_resolved(below), f"{path}.*")


def _key(child: Schema, path: str, *, is_required: bool, is_listed: bool) -> Iterator[Key]:
    """The key's own line, unless it only holds others, then the lines below it, unless its siblings share them."""
    whole = _resolved(child)
    inner = _resolved(_without_null(whole))
    if is_listed or inner is not whole or "properties" not in whole:
        meaning = str(whole.get("description", "")).replace("|", "\\|")
        default = "" if is_required else f"`{json.dumps(whole.get('default'))}`"
        yield Key(path=path, type=_type(whole) + _example(whole), default=default, meaning=meaning)
    if not is_listed:
        yield from _keys_of(inner, path)
        yield from _keys_of(_resolved(inner.get("items", {})), f"{path}[]")


def _type(found: Schema) -> str:
    """How a person would name the type: its bounds or choices, and `null` when that is accepted."""
    if "anyOf" in found:
        return " or ".join(_type(_resolved(option)) for option in found["anyOf"])
    if "enum" in found:
        return ", ".join(f"`{choice}`" for choice in found["enum"])
    if found["type"] == "array":
        return f"list of: {_type(_resolved(found['items']))}"
    if found["type"] == "integer":
        return f"{found['minimum']} to {found['maximum']}"
    return {"boolean": "`true`, `false`", "string": "text", "object": "mapping", "null": "null"}[found["type"]]


def _example(found: Schema) -> str:
    first = next(iter(found.get("examples", ())), None)
    return f", such as `{first}`" if isinstance(first, str) and len(first) <= LONGEST_EXAMPLE else ""


def _of_any_name(found: Schema) -> Schema | None:
    """What stands behind a name that the file chooses: any, or one that fits a pattern."""
    patterns: Mapping[str, Schema] = found.get("patternProperties", {})
    return next(iter(patterns.values()), None) or found.get("additionalProperties") or None


def _without_null(found: Schema) -> Schema:
    options = [option for option in found.get("anyOf", ()) if option.get("type") != "null"]
    return options[0] if options else found


def _resolved(found: Schema) -> Schema:
    """Follow a reference; what is said beside it (a description) wins over what it points to."""
    if "$ref" not in found:
        return found
    beside = {key: value for key, value in found.items() if key != "$ref"}
    target: Schema = schema()["$defs"][found["$ref"].rpartition("/")[2]]
    return {**target, **beside}


def _without_titles(part: Any, *, is_schema: bool = True) -> Any:
    """Drop the titles that pydantic derives from names; a key of `properties` is a name, even if it is "title"."""
    if isinstance(part, dict):
        return {
            key: _without_titles(value, is_schema=not (is_schema and key in {"properties", "$defs"}))
            for key, value in part.items()
            if not (is_schema and key == "title")
        }
    return [_without_titles(item) for item in part] if isinstance(part, list) else part
