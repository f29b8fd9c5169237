"""Where text goes: data to stdout, everything else to stderr, in colour only for a terminal."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from studyctl.cli.options import GlobalOptions
from studyctl.cli.plain_table import PlainTable
from studyctl.errors import ConfirmationNeeded, Interrupted

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.console import RenderableType


WIDE_COLUMNS = 220


class Console:
    """One command's way of talking to the person or the program that ran it."""

    def __init__(self, options: GlobalOptions) -> None:
        self.options = options

    @functools.cached_property
    def err(self) -> RichConsole:
        """What writes to stderr; made when something is written, because rich costs as much as a small lint."""
        return _made(sys.stderr.isatty(), no_color=self.options.no_color, stderr=True)

    @functools.cached_property
    def _out(self) -> RichConsole:
        return _made(sys.stdout.isatty(), no_color=self.options.no_color)

    @property
    def is_live(self) -> bool:
        """Whether progress may redraw lines: a terminal, and nobody asked for quiet."""
        return self.err.is_terminal and not self.options.quiet

    @property
    def terminal(self) -> RichConsole | None:
        """The terminal that data goes to, for what redraws it; None where it is a file, a pipe or for a program."""
        return self._out if self._out.is_terminal and not self.options.as_json else None

    def say(self, text: str, *, style: str | None = None) -> None:
        """Progress and explanations: stderr, silent with --quiet."""
        if not self.options.quiet:
            self.err.print(text, style=style, markup=False)

    def warn(self, text: str) -> None:
        """Something the reader must see even with --quiet."""
        self.err.print(f"warning: {text}", style="yellow", markup=False)

    def show(self, renderable: RenderableType) -> None:
        """A picture made of text, such as a table, among the progress."""
        if not self.options.quiet:
            self.err.print(renderable)

    def data(self, value: Any, renderable: RenderableType | None = None) -> None:
        """The result: JSON with --json, else the table or text made for people."""
        if self.options.as_json or renderable is None:
            sys.stdout.write(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
        elif isinstance(renderable, str):
            sys.stdout.write(renderable if renderable.endswith("\n") else renderable + "\n")
        elif isinstance(renderable, PlainTable) and (plain := _plain(renderable)):
            sys.stdout.write(plain)
        else:
            self._out.print(renderable)
        sys.stdout.flush()

    def confirm(self, question: str, *, expected: str | None = None, rerun: str = "") -> None:
        """Go on only after a yes, or after the exact word `expected` was typed.

        Raises:
            ConfirmationNeeded: there is nobody to ask.
            Interrupted: the answer was no.
        """
        if self.options.yes and expected is None:
            return
        if self.options.no_input or not sys.stdin.isatty():
            raise ConfirmationNeeded(
                f"{question} needs an answer and there is no terminal to ask on",
                why="Nothing was changed.",
                hint=f"Confirm beforehand: {rerun}" if rerun else "Confirm beforehand with --yes.",
            )
        prompt = f"{question} Type {expected!r} to go on: " if expected else f"{question} [y/N] "
        self.err.print(prompt, end="", style="bold", markup=False)
        answer = sys.stdin.readline().strip()
        if answer != expected if expected else answer.lower() not in {"y", "yes"}:
            raise Interrupted("Not confirmed; nothing was changed.")


def _plain(drawn: PlainTable) -> str | None:
    """The text of a table, where nothing colours or folds it."""
    return None if sys.stdout.isatty() else drawn.text(WIDE_COLUMNS)


def _made(is_terminal: bool, **settings: Any) -> RichConsole:
    """A console that wraps nothing by itself; without a terminal it is wide, because files and pipes have no edge.

    Words between colons stay words: to rich the `:secret:` of an ARN is the name of a picture.
    """
    from rich.console import Console as RichConsole  # noqa: PLC0415  rich costs more than --help may

    width = None if is_terminal else WIDE_COLUMNS
    return RichConsole(highlight=False, emoji=False, soft_wrap=True, width=width, **settings)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None) -> PlainTable:
    """A plain table: header, rows, no vertical lines, nothing cut off."""
    return PlainTable(tuple(columns), tuple(map(tuple, rows)), title)
