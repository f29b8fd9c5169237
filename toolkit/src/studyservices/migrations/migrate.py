"""Run revisions on a database, and tell which there are. Several migrations at once wait for one another."""

from __future__ import annotations

import io
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from studyruntime.errors import RuntimeFailure
from studyservices.migrations.revisions import Revision, parse_kind, parse_min_app_version

FOLDER = Path(__file__).parent
LOCK_ID = 0x5354_5544_594D_4947  # "STUDYMIG": an advisory lock that nothing else takes
LOCK_TIMEOUT_SECONDS = 5
EMPTY = "base"


class MigrationFailed(RuntimeFailure):
    """A revision could not be run; its transaction was undone and the database is at the revision before it."""


def revisions(folder: Path = FOLDER) -> tuple[Revision, ...]:
    """Every revision in `folder` with its kind, oldest first.

    Raises:
        InvalidRevision: one is not marked.
    """
    scripts = ScriptDirectory.from_config(_config(folder)).walk_revisions()
    return tuple(_revision(script) for script in reversed(list(scripts)))


def pending_revisions(connection: Connection, folder: Path = FOLDER) -> tuple[Revision, ...]:
    """What `migrate` would run on this database, oldest first; nothing where a newer release has migrated it."""
    known, current = revisions(folder), current_revision(connection)
    ids = [None, *(revision.id for revision in known)]
    return known[ids.index(current) :] if current in ids else ()


def head_revision(folder: Path = FOLDER) -> str | None:
    """The revision that this release is written for."""
    return ScriptDirectory.from_config(_config(folder)).get_current_head()


def current_revision(connection: Connection) -> str | None:
    """The revision a database is at; nothing when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: Engine, target: str = "head", folder: Path = FOLDER) -> tuple[str | None, str | None]:
    """Bring the database to `target`, up or down; "base" is empty. Returns the revisions before and after.

    Each revision has a transaction of its own. A statement that waits longer than `LOCK_TIMEOUT_SECONDS` for a lock is
    given up: behind it every request of the running release would wait too.

    Raises:
        MigrationFailed: a revision failed, or there is no such target.
    """
    config = _config(folder)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:id)"), {"id": LOCK_ID})
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'"))
        connection.execute(text("SET statement_timeout = 0"))  # a backfill may take longer than a request
        connection.commit()
        try:
            before = current_revision(connection)
            connection.rollback()
            config.attributes["connection"] = connection
            _run(config, before, target, folder)
            return before, current_revision(connection)
        finally:
            connection.invalidate()  # closes it: the lock and the settings end with the session, not in the pool


def statements(revision: Revision, folder: Path = FOLDER) -> list[str]:
    """The SQL of one revision, without running it and without the bookkeeping of versions."""
    out = io.StringIO()
    config = _config(folder)
    config.output_buffer = out
    command.upgrade(config, f"{revision.previous or EMPTY}:{revision.id}", sql=True)
    lines = (line for line in out.getvalue().splitlines() if not line.startswith("--"))
    pieces = (piece.strip() for piece in "\n".join(lines).split(";\n"))
    return [piece for piece in pieces if piece and "alembic_version" not in piece and piece not in ("BEGIN", "COMMIT")]


def _revision(script: Script) -> Revision:
    kind = parse_kind(script.revision, getattr(script.module, "KIND", None))
    return Revision(
        id=script.revision,
        previous=str(script.down_revision) if script.down_revision else None,
        kind=kind,
        summary=(script.doc or "").strip(),
        min_app_version=parse_min_app_version(script.revision, kind, getattr(script.module, "MIN_APP_VERSION", None)),
    )


def _run(config: Config, before: str | None, target: str, folder: Path) -> None:
    order = [EMPTY, *(revision.id for revision in revisions(folder))]
    wanted = order[-1] if target == "head" else target
    if wanted not in order:
        raise MigrationFailed(f"there is no revision {target}", hint=f"Known: {', '.join(order)} and head.")
    if (before or EMPTY) not in order:
        raise MigrationFailed(
            f"the database is at revision {before}, which this release does not know",
            hint="A newer release migrated it: run this one's image, or a newer one.",
        )
    try:
        if order.index(wanted) >= order.index(before or EMPTY):
            command.upgrade(config, wanted)
        else:
            command.downgrade(config, wanted)
    except CommandError as error:
        raise MigrationFailed(str(error)) from error


def _config(folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
