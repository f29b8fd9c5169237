"""Tables of files and pipes look as rich draws them, to the letter."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from studyctl.cli.console import WIDE_COLUMNS, table
from studyctl.cli.plain_table import PlainTable

CELLS = st.text("ab z:/[]→…\n", max_size=60)


def drawn_by_rich(one: PlainTable) -> str:
    console = Console(file=io.StringIO(), highlight=False, soft_wrap=True, width=WIDE_COLUMNS)
    console.print(one)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[CELLS] * width), min_size=1, max_size=4)))
def test_a_plain_table_is_what_rich_draws(rows: list[tuple[str, ...]]) -> None:
    one = table([f"column {number}" for number, _ in enumerate(rows[0])], rows)
    text = one.text(WIDE_COLUMNS)
    assert text is None or text == drawn_by_rich(one)


def test_an_ordinary_table_needs_no_rich() -> None:
    text = table(("severity", "rule"), [("high", "SC102\n→ mend it")]).text(WIDE_COLUMNS)
    assert text is not None
    assert [line.strip() for line in text.splitlines() if line.strip(" ─")] == [
        "severity   rule", "high       SC102", "→ mend it",
    ]  # fmt: skip


def test_what_must_be_folded_or_is_wider_than_it_looks_is_left_to_rich() -> None:
    assert table(("a",), [("x" * WIDE_COLUMNS,)]).text(WIDE_COLUMNS) is None
    assert table(("a",), [("表",)]).text(WIDE_COLUMNS) is None
