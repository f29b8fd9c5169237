from __future__ import annotations

import time

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from tests.runtime.database.conftest import Cluster
from tests.runtime.database.tables import Note
from tests.support.servers.process import HOST
from tests.support.until import until

from studyruntime.database import Database, ReplicaState
from studyruntime.errors import Unavailable

DEADLINE_SECONDS = 60.0


def port_of(session: Session) -> int:
    """The server that answers a plain read of the notes."""
    return int(session.execute(select(func.inet_server_port(), Note.id).select_from(Note)).first()[0])  # type: ignore[index]


def add_note(database: Database, number: int) -> None:
    with database.session() as session:
        session.add(Note(id=number, text="text"))


def test_reads_go_to_the_replica_until_the_session_writes(cluster: Cluster) -> None:
    database = cluster.open()
    add_note(database, 1)
    cluster.wait_for_replay()

    with database.session() as session:
        assert port_of(session) == cluster.standby.port
        session.add(Note(id=2, text="mine"))
        assert session.scalars(select(Note.text).where(Note.id == 2)).one() == "mine"
        assert port_of(session) == cluster.primary.port
    with database.read_session() as session:
        assert port_of(session) == cluster.standby.port
    with database.primary_session() as session:
        assert port_of(session) == cluster.primary.port


def test_a_replica_that_lags_is_left_out_and_taken_back(cluster: Cluster) -> None:
    database = cluster.open(settings={"max_replica_lag_seconds": 0.5}, replica_check_seconds=0.05)
    name = f"{HOST}:{cluster.standby.port}"
    add_note(database, 1)
    cluster.wait_for_replay()
    assert database.replica_lag_seconds()[name] == 0.0

    cluster.standby.pause()
    add_note(database, 2)
    until(lambda: (database.replica_lag_seconds()[name] or 0.0) > 0.5, "the replica is late")
    with database.session() as session:
        assert port_of(session) == cluster.primary.port
    with database.read_session() as session:
        assert session.scalars(select(func.count()).select_from(Note)).one() == 2
    (state,) = database.health().replicas
    assert not state.is_eligible and "behind" in state.problem

    cluster.standby.resume()
    until(lambda: database.replica_lag_seconds()[name] == 0.0, "the replica has caught up")
    with database.session() as session:
        assert port_of(session) == cluster.standby.port


def test_a_process_that_starts_during_a_lag_sees_it_at_once(cluster: Cluster) -> None:
    writer = cluster.open()
    add_note(writer, 1)
    cluster.wait_for_replay()
    cluster.standby.pause()
    time.sleep(0.6)  # a lag is made of time
    add_note(writer, 2)

    newcomer = cluster.open(settings={"max_replica_lag_seconds": 0.5})

    with newcomer.read_session() as session:
        assert port_of(session) == cluster.primary.port
    cluster.standby.resume()


def test_reads_survive_the_death_of_a_replica(cluster: Cluster) -> None:
    database = cluster.open(replica_check_seconds=0.05)
    add_note(database, 1)
    cluster.wait_for_replay()
    with database.read_session() as session:
        assert port_of(session) == cluster.standby.port

    cluster.standby.kill()

    with database.read_session() as session:
        assert port_of(session) == cluster.primary.port
    cluster.standby.start()

    def state() -> ReplicaState:
        (found,) = database.health().replicas
        return found

    until(lambda: state().is_eligible, "the replica serves again")
    with database.read_session() as session:
        assert port_of(session) == cluster.standby.port


def test_the_primary_restarts_and_work_goes_on(cluster: Cluster) -> None:
    database = cluster.open()
    add_note(database, 1)
    cluster.wait_for_replay()

    cluster.primary.kill()
    with pytest.raises(Unavailable):
        add_note(database, 2)
    with database.read_session() as session:
        assert port_of(session) == cluster.standby.port, "reads need no primary"
    cluster.primary.start()
    add_note(database, 2)

    with database.primary_session() as session:
        assert session.scalars(select(func.count()).select_from(Note)).one() == 2


def test_a_transaction_cut_off_by_a_restart_is_done_again(cluster: Cluster) -> None:
    database = cluster.open()
    runs: list[int] = []

    def work(session: Session) -> None:
        runs.append(1)
        session.add(Note(id=1, text="once"))
        session.flush()
        if len(runs) == 1:
            cluster.primary.restart()
        session.execute(text("SELECT 1"))

    database.run(work)

    assert len(runs) == 2
    with database.primary_session() as session:
        assert session.scalars(select(func.count()).select_from(Note)).one() == 1


def test_a_promoted_replica_takes_the_writes(cluster: Cluster) -> None:
    database = cluster.open(fails_over_to_replicas=True, replica_check_seconds=0.05)
    add_note(database, 1)
    cluster.wait_for_replay()

    cluster.primary.stop()
    cluster.standby.promote()
    database.run(lambda session: session.add(Note(id=2, text="after")), attempts=10)

    with database.primary_session() as session:
        assert port_of(session) == cluster.standby.port
        assert session.scalars(select(func.count()).select_from(Note)).one() == 2
    assert database.replica_lag_seconds() == {f"{HOST}:{cluster.standby.port}": None}
    with database.read_session() as session:
        assert session.scalars(select(func.count()).select_from(Note)).one() == 2


def test_a_standby_is_never_taken_for_a_primary(cluster: Cluster) -> None:
    database = Database(
        cluster.open()._settings.model_copy(update={"port": cluster.standby.port, "replicas": ()}),
    )

    with pytest.raises(Unavailable, match="read-only"):
        database.health()
    database.close()
