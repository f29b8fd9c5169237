"""How many rows a dump holds, from its text: values may look like anything but an end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.drill.database import rows_of

# what COPY writes of a value: backslashes are doubled, ends of lines escaped
VALUES = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])).map(
    lambda text: text.replace("\\", "\\\\")
)
TABLES = st.dictionaries(st.from_regex(r"public\.[a-z]{1,8}", fullmatch=True), st.lists(VALUES, max_size=4), max_size=4)


@given(TABLES)
def test_every_row_is_counted_whatever_it_holds(tables: dict[str, list[str]]) -> None:
    lines = ["SET statement_timeout = 0;", ""]
    for name, rows in tables.items():
        lines += [f"COPY {name} (id, text) FROM stdin;", *rows, "\\.", "", "SELECT 1;"]
    assert dict(rows_of("\n".join(lines).split("\n"))) == {name: len(rows) for name, rows in tables.items()}


def test_names_that_need_quotes_are_names() -> None:
    assert dict(rows_of(['COPY public."Odd" (id) FROM stdin;', "1", "\\."])) == {'public."Odd"': 1}
