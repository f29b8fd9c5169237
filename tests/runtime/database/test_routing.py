from __future__ import annotations

import pytest
from sqlalchemy import ClauseElement, func, insert, literal, select, text, union_all, update
from sqlalchemy.orm import aliased
from tests.runtime.database.tables import Note

from studyruntime.database.routing import only_reads

changed = update(Note).values(text="x").returning(Note.id).cte("changed")
again = aliased(Note)

READS: dict[str, ClauseElement] = {
    "entity": select(Note).where(Note.id == 1),
    "column": select(Note.text).order_by(Note.id).limit(5),
    "count": select(func.count()).select_from(Note),
    "join": select(Note, again).join(again, again.id == Note.id),
    "union": union_all(select(Note.id), select(again.id)),
    "subquery": select(select(Note.id).where(Note.id > 1).subquery()),
    "exists": select(Note.id).where(select(again.id).exists()),
}
WRITES: dict[str, ClauseElement | None] = {
    "insert": insert(Note).values(id=1, text="x"),
    "update": update(Note).values(text="x"),
    "locking": select(Note).with_for_update(),
    "locking for key": select(Note).with_for_update(key_share=True, skip_locked=True),
    "locking inside": select(select(Note).with_for_update().subquery()),
    "writing inside": select(changed.c.id),
    "writing beside": select(Note).add_cte(changed),
    "text": text("SELECT 1 FROM notes"),
    "text inside": select(text("pg_notify('a', 'b')")).select_from(Note),
    "textual select": select(text("SELECT id FROM notes").columns(Note.id).subquery()),
    "text as entity": select(Note).from_statement(text("SELECT * FROM notes")),
    "functions alone": select(func.nextval("notes_id_seq")),
    "constant": select(literal(1)),
    "nothing": None,
}


@pytest.mark.parametrize("name", READS)
def test_a_plain_select_may_go_to_a_replica(name: str) -> None:
    assert only_reads(READS[name])


@pytest.mark.parametrize("name", WRITES)
def test_anything_else_goes_to_the_primary(name: str) -> None:
    assert not only_reads(WRITES[name])
