"""The live view of a terminal: drawn anew every few seconds until somebody ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from studyctl.cli.live_text import sections_of
from studyctl.cli.section import Section, Tone
from studyctl.usecases.live import LiveView

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.console import RenderableType

REFRESH_SECONDS = 3.0
_STYLES = {Tone.PLAIN: "", Tone.GOOD: "green", Tone.DOUBT: "yellow", Tone.BAD: "bold red"}


def watch(look: Callable[[], LiveView], terminal: RichConsole, environment: str) -> None:
    """Show one look after the other on the whole screen. Ctrl-C ends it, and is no failure."""
    from rich.live import Live  # noqa: PLC0415  only for a terminal

    try:
        with Live(frame(look(), environment), console=terminal, screen=True, auto_refresh=False) as live:
            while True:
                time.sleep(REFRESH_SECONDS)
                live.update(frame(look(), environment), refresh=True)
    except KeyboardInterrupt:
        return


def frame(view: LiveView, environment: str) -> RenderableType:
    """One look as coloured tables."""
    from rich.console import Group  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    heading = Text(f"{environment} at {view.at}, every {REFRESH_SECONDS:.0f} s; Ctrl-C ends", style="dim")
    return Group(heading, *(part for section in sections_of(view) for part in _drawn(section)))


def _drawn(section: Section) -> Iterator[RenderableType]:
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    yield Text.assemble("\n", (f"{section.title}: ", "bold"), (section.summary, _STYLES[section.tone]))
    if section.hint:
        yield Text(f"  {section.hint}", style="dim")
    if not section.rows:
        return
    drawn = Table(*section.columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in section.rows:
        drawn.add_row(*(Text(cell) for cell in row.cells), style=_STYLES[row.tone])
    yield drawn


def plain_lines(view: LiveView, environment: str) -> str:
    """One look as lines for files and pipes: what it is, then one line a thing."""
    return "\n".join([f"{environment} at {view.at}", *_lines(sections_of(view))])


def _lines(sections: tuple[Section, ...]) -> Iterator[str]:
    for section in sections:
        yield f"{section.title}: {section.summary}"
        if section.hint:
            yield f"  {section.hint}"
        for row in section.rows:
            yield "  " + ", ".join(
                f"{column} {cell}" for column, cell in zip(section.columns, row.cells, strict=True) if cell
            )


def as_json(view: LiveView, environment: str) -> dict[str, Any]:
    """The same for programs."""
    return {
        "environment": environment,
        "at": view.at,
        "sections": [
            {
                "title": section.title,
                "summary": section.summary,
                "tone": section.tone.value,
                "hint": section.hint,
                "rows": [dict(zip(section.columns, row.cells, strict=True)) for row in section.rows],
            }
            for section in sections_of(view)
        ],
    }
