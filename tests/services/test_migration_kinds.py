"""What a revision of each kind may do, decided from its SQL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyservices.migrations import Kind, Revision, revisions
from studyservices.migrations.migrate import statements
from studyservices.migrations.revisions import InvalidRevision, crosses_contract, parse_kind, violations

EXPANDS = [
    "CREATE TABLE t (id integer NOT NULL)",
    "CREATE INDEX CONCURRENTLY i ON t (a)",
    "ALTER TABLE t ADD COLUMN a text",
    "ALTER TABLE t ADD COLUMN a integer DEFAULT 0 NOT NULL",
    "ALTER TABLE t ADD COLUMN a bigint GENERATED ALWAYS AS IDENTITY NOT NULL",
    "ALTER TABLE t ALTER COLUMN a DROP NOT NULL",
    "ALTER TABLE t ALTER COLUMN a SET DEFAULT 1",
    "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
]
CONTRACTS = [
    "DROP TABLE t",
    "DROP INDEX i",
    "TRUNCATE t",
    "ALTER TABLE t DROP COLUMN a",
    "alter table t\n  drop constraint c",
    "ALTER TABLE t RENAME TO u",
    "ALTER TABLE t RENAME COLUMN a TO b",
    "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
    "ALTER TABLE t ALTER COLUMN a TYPE bigint",
    "ALTER TABLE t ADD COLUMN a text NOT NULL",
    "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
]
BACKFILLS = [
    "UPDATE t SET a = 1 WHERE a IS NULL",
    "INSERT INTO t SELECT * FROM u",
    "DELETE FROM t",
    "WITH w AS (SELECT 1) UPDATE t SET a = 1",
]


@pytest.mark.parametrize("statement", EXPANDS)
def test_an_expand_may_add(statement: str) -> None:
    assert list(violations(Kind.EXPAND, [statement])) == []


@pytest.mark.parametrize("statement", CONTRACTS + BACKFILLS)
def test_an_expand_may_neither_take_away_nor_change_rows(statement: str) -> None:
    assert len(list(violations(Kind.EXPAND, [statement]))) == 1


@pytest.mark.parametrize("statement", EXPANDS + CONTRACTS)
def test_a_backfill_may_not_change_the_shape(statement: str) -> None:
    assert len(list(violations(Kind.BACKFILL, [statement]))) == 1


@pytest.mark.parametrize("statement", BACKFILLS)
def test_a_backfill_may_change_rows(statement: str) -> None:
    assert list(violations(Kind.BACKFILL, [statement])) == []


@given(st.lists(st.sampled_from(EXPANDS + CONTRACTS + BACKFILLS)))
def test_a_contract_may_do_everything(found: list[str]) -> None:
    assert list(violations(Kind.CONTRACT, found)) == []


@pytest.mark.parametrize("value", [None, "", "Expand", "destroy"])
def test_an_unmarked_revision_is_refused(value: object) -> None:
    with pytest.raises(InvalidRevision, match="expand, backfill, contract"):
        parse_kind("0007", value)


def test_every_revision_does_only_what_its_kind_allows() -> None:
    for revision in revisions():
        sql = statements(revision)
        assert sql, revision
        assert list(violations(revision.kind, sql)) == [], revision


HISTORY = [
    Revision("1", None, Kind.EXPAND, ""),
    Revision("2", "1", Kind.BACKFILL, ""),
    Revision("3", "2", Kind.CONTRACT, ""),
    Revision("4", "3", Kind.EXPAND, ""),
]
PLACES = st.sampled_from([None, "1", "2", "3", "4"])


@given(PLACES, PLACES)
def test_a_contract_is_crossed_when_it_lies_between_whichever_way(start: str | None, end: str | None) -> None:
    expected = (int(start or 0) < 3) != (int(end or 0) < 3)

    assert crosses_contract(HISTORY, start, end) is expected
    assert crosses_contract(HISTORY, end, start) is expected
