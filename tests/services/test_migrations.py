"""Migrations on a real database: up, down, to the shape of the models, one at a time, and undone when they fail."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import ProgrammingError

from studyservices.migrations import current_revision, head_revision, migrate, revisions
from studyservices.migrations.migrate import FOLDER, MigrationFailed
from studyservices.models import Base

ORDER = [None, *(revision.id for revision in revisions())]


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_up_and_down_again_leaves_nothing(engine: Engine) -> None:
    assert migrate(engine) == (None, head_revision())
    assert {"documents", "quizzes", "notifications", "outbox_events"} <= tables(engine)

    assert migrate(engine, "base") == (head_revision(), None)
    assert tables(engine) == set()


def test_every_revision_can_be_undone_and_done_again(engine: Engine) -> None:
    for before, after in pairwise(ORDER):
        assert migrate(engine, str(after)) == (before, after)
        assert migrate(engine, before or "base") == (after, before)
        assert migrate(engine, str(after)) == (before, after)


def test_the_migrated_shape_is_the_models_shape(engine: Engine) -> None:
    migrate(engine)

    with engine.connect() as connection:
        ours = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: kind != "table" or name in Base.metadata.tables}
        )
        assert compare_metadata(ours, Base.metadata) == []


def test_doing_it_again_does_nothing(engine: Engine) -> None:
    migrate(engine)

    assert migrate(engine) == (head_revision(), head_revision())


def test_two_migrations_at_once_wait_for_one_another(engine: Engine) -> None:
    outcomes: list[tuple[str | None, str | None]] = []
    both = [threading.Thread(target=lambda: outcomes.append(migrate(engine))) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert sorted(outcomes, key=str) == sorted([(None, head_revision()), (head_revision(), head_revision())], key=str)


def test_a_failing_revision_is_undone_and_those_before_it_stay(engine: Engine, tmp_path: Path) -> None:
    folder = with_revisions(
        tmp_path,
        first="op.create_table('one', sa.Column('id', sa.Integer))",
        second="op.create_table('two', sa.Column('id', sa.Integer)); op.execute('SELECT nothing')",
    )

    with pytest.raises(ProgrammingError, match="nothing"):
        migrate(engine, folder=folder)

    assert tables(engine) == {"one"}
    with engine.connect() as connection:
        assert current_revision(connection) == "first"


def test_a_database_of_a_newer_release_is_left_alone(engine: Engine, tmp_path: Path) -> None:
    folder = with_revisions(tmp_path, first="pass")
    migrate(engine, folder=folder)

    with pytest.raises(MigrationFailed, match="newer"):
        migrate(engine)


def test_an_unknown_target_is_answered_with_those_there_are(engine: Engine) -> None:
    with pytest.raises(MigrationFailed, match="Known: base, 0001"):
        migrate(engine, "9999")


def test_the_next_session_does_not_inherit_what_a_migration_set(engine: Engine) -> None:
    with engine.connect() as connection:
        before = connection.execute(text("SHOW lock_timeout")).scalar_one()
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SHOW lock_timeout")).scalar_one() == before
        assert connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).scalar_one() == 0


def with_revisions(folder: Path, **bodies: str) -> Path:
    """A folder of revisions, one after the other."""
    (folder / "env.py").write_text((FOLDER / "env.py").read_text())
    (folder / "versions").mkdir()
    previous: str | None = None
    for name, body in bodies.items():
        (folder / "versions" / f"{name}.py").write_text(
            "import sqlalchemy as sa\nfrom alembic import op\n"
            f"revision = {name!r}\ndown_revision = {previous!r}\nKIND = 'expand'\n"
            f"def upgrade():\n    {body}\ndef downgrade():\n    pass\n"
        )
        previous = name
    return folder
