from __future__ import annotations

import os
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, InternalError
from sqlalchemy.orm import Session
from tests.runtime.database.conftest import settings_for
from tests.runtime.database.tables import Note
from tests.support.servers.postgres import Database as EmptyDatabase

from studyruntime.config import DatabaseSettings
from studyruntime.database import Database, RotatingPassword
from studyruntime.errors import ConfigurationError, Unavailable


def count_of(database: Database) -> int:
    with database.read_session() as session:
        return session.scalars(select(func.count()).select_from(Note)).one()


def test_a_session_commits_at_its_end(database: Database) -> None:
    with database.session() as session:
        note = Note(id=1, text="kept")
        session.add(note)

    assert note.text == "kept"
    assert count_of(database) == 1


def test_a_session_that_failed_leaves_nothing(database: Database) -> None:
    with pytest.raises(ValueError, match="changed my mind"), database.session() as session:
        session.add(Note(id=1, text="lost"))
        session.flush()
        raise ValueError("changed my mind")

    assert count_of(database) == 0


def test_what_the_data_forbids_is_told_as_it_is(database: Database) -> None:
    with pytest.raises(IntegrityError), database.session() as session:
        session.add_all([Note(id=1, text="a"), Note(id=1, text="b")])


def test_a_read_session_cannot_write_and_leaves_the_pool_as_it_was(database: Database) -> None:
    with pytest.raises(InternalError, match="read-only"), database.read_session() as session:
        session.execute(text("INSERT INTO notes VALUES (1, 'x')"))

    with database.session() as session:
        session.add(Note(id=1, text="x"))
    assert count_of(database) == 1


def test_a_full_pool_says_so(postgres: EmptyDatabase) -> None:
    database = Database(settings_for(postgres.port, postgres.name, pool_max=1, connect_timeout_seconds=1))

    with database.engine.connect(), pytest.raises(Unavailable, match="all 1 connections are in use"):
        database.health()
    database.close()


def test_health_tells_what_the_pool_does(database: Database) -> None:
    with database.engine.connect():
        health = database.health()

    assert (health.connections_in_use, health.connections_max, health.replicas) == (1, 4, ())
    assert health.latency_seconds > 0


def test_a_long_statement_is_stopped_by_the_server(postgres: EmptyDatabase) -> None:
    database = Database(settings_for(postgres.port, postgres.name, statement_timeout_seconds=1))

    with pytest.raises(Unavailable, match="statement timeout"), database.session() as session:
        session.execute(text("SELECT pg_sleep(30)"))
    database.close()


def test_a_transaction_is_repeated_when_others_were_in_its_way(database: Database) -> None:
    with database.session() as session:
        session.add_all([Note(id=1, text="a"), Note(id=2, text="b")])
    both_hold_one = threading.Barrier(2)
    runs: list[str] = []

    def touch(name: str, first: int, second: int) -> None:
        def work(session: Session) -> None:
            runs.append(name)
            session.get_one(Note, first, with_for_update=True).text += name
            session.flush()
            if len(runs) <= 2:
                both_hold_one.wait(30)
            session.get_one(Note, second, with_for_update=True).text += name

        database.run(work)

    other = threading.Thread(target=touch, args=("y", 2, 1))
    other.start()
    touch("x", 1, 2)
    other.join()

    with database.session() as session:
        texts = {note.id: "".join(sorted(note.text)) for note in session.scalars(select(Note))}
    assert texts == {1: "axy", 2: "bxy"}
    assert len(runs) == 3, "one of them was the victim of the deadlock, and came again"


def test_work_that_is_wrong_is_not_repeated(database: Database) -> None:
    runs: list[int] = []

    def work(session: Session) -> None:
        runs.append(1)
        session.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(Exception, match="nowhere"):
        database.run(work)
    assert len(runs) == 1


def test_a_forked_child_has_connections_of_its_own(database: Database) -> None:
    backend = "SELECT pg_backend_pid()"
    with database.engine.connect() as connection:
        parents = connection.execute(text(backend)).scalar_one()
    reader, writer = os.pipe()

    child = os.fork()
    if child == 0:
        with database.engine.connect() as connection:
            os.write(writer, str(connection.execute(text(backend)).scalar_one()).encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert int(os.read(reader, 20)) != parents
    with database.engine.connect() as connection:
        assert connection.execute(text(backend)).scalar_one() == parents


def test_a_database_without_a_password_is_refused(postgres: EmptyDatabase) -> None:
    settings = settings_for(postgres.port, postgres.name, password=None)

    with pytest.raises(ConfigurationError, match="DATABASE_PASSWORD"):
        Database(settings)


class Vault:
    """Where the password lies, and what a process believes it to be."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.believed = content
        self.forgotten = 0

    def forget(self) -> None:
        self.forgotten += 1
        self.believed = self.content

    def rotating(self) -> RotatingPassword:
        return RotatingPassword(read=lambda: self.believed, forget=self.forget)


@pytest.fixture
def guarded(database: Database, postgres: EmptyDatabase) -> DatabaseSettings:
    """The database for a user who needs a password, which is `first`."""
    role = f"guarded_{postgres.name}"
    with database.engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'first'"))
        rules = Path(connection.execute(text("SHOW hba_file")).scalar_one())
    rules.write_text(f"host {postgres.name} {role} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
    with database.engine.begin() as connection:
        connection.execute(text("SELECT pg_reload_conf()"))
    settings = settings_for(postgres.port, postgres.name, user=role)
    while _lets_in(settings, "wrong"):  # the server reads its rules when it gets to it
        pass
    return settings


def _lets_in(settings: DatabaseSettings, password: str) -> bool:
    service = Database(settings, password=Vault(password).rotating())
    try:
        service.raw_connection().close()
    except psycopg.OperationalError:
        return False
    finally:
        service.close()
    return True


def test_a_rotated_password_needs_no_restart(database: Database, guarded: DatabaseSettings) -> None:
    vault = Vault("first")
    service = Database(guarded, password=vault.rotating())
    service.health()
    with database.engine.begin() as connection:
        connection.execute(text(f"ALTER ROLE {guarded.user} PASSWORD 'second'"))
    vault.content = "second"

    service.engine.dispose()
    service.health()

    assert (vault.believed, vault.forgotten) == ("second", 1)
    assert not _lets_in(guarded, "first")
    service.close()


def test_a_password_that_is_wrong_everywhere_is_told(guarded: DatabaseSettings) -> None:
    service = Database(guarded, password=Vault("wrong").rotating())

    with pytest.raises(Unavailable, match="authentication failed"):
        service.health()
    service.close()
