"""Which values of a resource differ, as text that may be shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from studyctl.domain.plan.model import AttributeChange

Path = tuple[str | int, ...]

SENSITIVE = "(sensitive)"
UNKNOWN = "(known after apply)"
LONGEST_SHOWN = 120
"""Characters of one value; policies are kilobytes and nobody reads them in a summary."""

_ABSENT = object()


def forced_paths(raw: Sequence[Sequence[Any]]) -> tuple[Path, ...]:
    """Return `replace_paths` as paths."""
    return tuple(tuple(part if isinstance(part, int) else str(part) for part in path) for path in raw)


def differences(change: Mapping[str, Any], forced: Sequence[Path]) -> Iterator[AttributeChange]:
    """Yield every leaf that differs, and every path that forces a replacement even if its value is not yet known."""
    hidden = (change.get("before_sensitive"), change.get("after_sensitive"))
    found: set[Path] = set()
    for path, before, after in _differing(
        change.get("before"), change.get("after"), change.get("after_unknown"), hidden, ()
    ):
        found.add(path)
        yield AttributeChange(spell(path), before, after, any(path[: len(root)] == root for root in forced))
    for path in forced:
        if not any(other[: len(path)] == path for other in found):
            yield AttributeChange(spell(path), "", UNKNOWN, forces_replacement=True)


def masked(change: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change without its sensitive values: equal for two plans that do the same."""
    return {
        "actions": change.get("actions"),
        "before": _masked(change.get("before"), change.get("before_sensitive")),
        "after": _masked(change.get("after"), change.get("after_sensitive")),
        "after_unknown": change.get("after_unknown"),
        "replace_paths": change.get("replace_paths"),
        "importing": "importing" in change,
    }


def spell(path: Path) -> str:
    """Return a path as people write it: `rule[0].expiration.days`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _differing(
    before: Any, after: Any, unknown: Any, hidden: tuple[Any, Any], path: Path
) -> Iterator[tuple[Path, str, str]]:
    if unknown is True:
        yield path, _shown(before, is_hidden=_hides(hidden[0])), UNKNOWN
        return
    if isinstance(before, dict | list) and isinstance(after, type(before)) and True not in hidden:
        for key in _keys(before, after, unknown):
            inner = (_get(hidden[0], key, None), _get(hidden[1], key, None))
            yield from _differing(
                _get(before, key, _ABSENT), _get(after, key, _ABSENT), _get(unknown, key, None), inner, (*path, key)
            )
        return
    if before is _ABSENT and after is _ABSENT:
        return
    if _plain(before) == _plain(after) and not _holds_true(unknown):
        return
    is_hidden = _hides(hidden[0]) or _hides(hidden[1])
    yield (
        path,
        _shown(before, is_hidden=is_hidden),
        UNKNOWN if _holds_true(unknown) and after in (None, _ABSENT) else _shown(after, is_hidden=is_hidden),
    )


def _keys(before: Any, after: Any, unknown: Any) -> list[str | int]:
    if isinstance(before, list):
        return list(range(max(len(before), len(after))))
    extra = unknown if isinstance(unknown, dict) else {}
    return sorted({*before, *after, *extra})


def _get(container: Any, key: str | int, default: Any) -> Any:
    if isinstance(container, dict) and isinstance(key, str):
        return container.get(key, default)
    if isinstance(container, list) and isinstance(key, int) and key < len(container):
        return container[key]
    return True if container is True else default


def _masked(value: Any, hidden: Any) -> Any:
    if hidden is True:
        return SENSITIVE
    if isinstance(value, dict) and isinstance(hidden, dict):
        return {key: _masked(inner, hidden.get(key)) for key, inner in value.items()}
    if isinstance(value, list) and isinstance(hidden, list):
        return [_masked(inner, hidden[index] if index < len(hidden) else None) for index, inner in enumerate(value)]
    return SENSITIVE if _holds_true(hidden) else value


def _hides(mark: Any) -> bool:
    """Whether anything below a mark is sensitive; then the whole value is not shown."""
    return _holds_true(mark)


def _holds_true(mark: Any) -> bool:
    if isinstance(mark, dict):
        return any(_holds_true(inner) for inner in mark.values())
    if isinstance(mark, list):
        return any(_holds_true(inner) for inner in mark)
    return mark is True


def _plain(value: Any) -> Any:
    return None if value is _ABSENT else value


def _shown(value: Any, *, is_hidden: bool) -> str:
    if value is _ABSENT or value is None:
        return ""
    if is_hidden:
        return SENSITIVE
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = "".join(character if character.isprintable() else " " for character in text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
