"""A table as text for files and pipes, as rich draws it: to load rich takes longer than a lint of one policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

_BETWEEN = "   "
_ALSO_ONE_COLUMN_WIDE = frozenset("→…—·±≥≤§")


@dataclass(frozen=True, slots=True)
class PlainTable:
    """Header and rows; a cell may have several lines. Wherever rich draws, it is a table of rich."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str | None = None

    def text(self, max_columns: int) -> str | None:
        """Return it drawn; None where that takes rich: it must be folded, or has letters of unusual width."""
        cells = [[cell.split("\n") for cell in row] for row in (self.columns, *self.rows)]
        lines = [line for row in cells for cell in row for line in cell]
        widths = [max(len(line) for row in cells for line in row[place]) for place in range(len(self.columns))]
        whole = sum(widths) + len(_BETWEEN) * (len(widths) - 1) + 2
        if self.title or not widths or not all(widths) or whole > max_columns or not all(map(_is_simple, lines)):
            return None
        head, *rows = (tuple(_drawn(row, widths)) for row in cells)
        blank = " " * whole
        drawn = (blank, *head, f" {'─' * (whole - 2)} ", *(line for row in rows for line in row), blank)
        return "".join(f"{line}\n" for line in drawn)

    def __rich__(self) -> Table:
        """Return what rich draws."""
        from rich import box  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table(box=box.SIMPLE_HEAD, title=self.title, title_justify="left", pad_edge=False)
        for column in self.columns:
            table.add_column(column, overflow="fold")
        for row in self.rows:
            table.add_row(*map(Text, row))
        return table


def _drawn(row: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for number in range(max(map(len, row))):
        parts = (cell[number] if number < len(cell) else "" for cell in row)
        yield f" {_BETWEEN.join(part.ljust(width) for part, width in zip(parts, widths, strict=True))} "


def _is_simple(line: str) -> bool:
    return line.isprintable() and all(letter.isascii() or letter in _ALSO_ONE_COLUMN_WIDE for letter in line)
