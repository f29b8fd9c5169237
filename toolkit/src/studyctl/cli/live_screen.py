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
        with Live(frame(look(), environment, terminal), console=terminal, screen=True, auto_refresh=False) as live:
            while True:
                time.sleep(REFRESH_SECONDS)
                live.update(frame(look(), environment, terminal), refresh=True)
    except KeyboardInterrupt:
        return


def frame(view: LiveView, environment: str, terminal: RichConsole) -> RenderableType:
    """One look as coloured tables. Where the screen is too short for all, only what is not good has rows."""
    whole = _frame(view, environment, has_good_rows=True)
    if len(terminal.render_lines(whole)) <= terminal.height:
        return whole
    return _frame(view, environment, has_good_rows=False)


def _frame(view: LiveView, environment: str, *, has_good_rows: bool) -> RenderableType:
    from rich.console import Group  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    left_out = "" if has_good_rows else "; what is good has no rows on a screen as short as this"
    heading = f"{environment} at {view.at}, every {REFRESH_SECONDS:.0f} s; Ctrl-C ends{left_out}"
    sections = sections_of(view)
    return Group(
        Text(heading, style="dim"), *(part for one in sections for part in _drawn(one, has_good_rows=has_good_rows))
    )


def _drawn(section: Section, *, has_good_rows: bool) -> Iterator[RenderableType]:
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    yield Text.assemble("\n", (f"{section.title}: ", "bold"), (section.summary, _STYLES[section.tone]))
    if section.hint:
        yield Text(f"  {section.hint}", style="dim")
    rows = [row for row in section.rows if has_good_rows or row.tone is not Tone.GOOD]
    if not rows:
        return
    drawn = Table(*section.columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
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
