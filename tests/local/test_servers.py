"""Every server: started, found by a later command, stopped, killed behind our back, and its data still there."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from psycopg.conninfo import make_conninfo
from redis.backoff import NoBackoff
from redis.retry import Retry
from tests.local.conftest import PASSWORD

from studyctl.adapters.local import record
from studyctl.adapters.local.balancer import BalancerProgram
from studyctl.adapters.local.certificates import Authority
from studyctl.adapters.local.errors import PortTaken, RemainsStillRun, ServerDidNotStart, ServerNotAnswering
from studyctl.adapters.local.postgresql import Postgresql
from studyctl.adapters.local.process_table import ProcessIdentity, identify
from studyctl.adapters.local.program import Program, Running
from studyctl.adapters.local.server import Server, Standing
from studyctl.adapters.local.valkey import Valkey

MakeServer = Callable[[Program], Server]


def valkey_client(running: Running, password: str = PASSWORD, user: str = "study") -> redis.Redis:
    once = Retry(NoBackoff(), 0)
    return redis.Redis(port=running.port, username=user, password=password, socket_timeout=5, retry=once)


def postgresql_client(running: Running, password: str = PASSWORD, **options: Any) -> psycopg.Connection[Any]:
    address = make_conninfo(host="127.0.0.1", port=running.port, user="study", dbname="study", connect_timeout=5)
    return psycopg.connect(address, password=password, autocommit=True, **options)


def keep_in_valkey(running: Running) -> None:
    assert valkey_client(running).set("kept", "yes")


def is_kept_in_valkey(running: Running) -> bool:
    return bool(valkey_client(running).get("kept") == b"yes")


def keep_in_postgresql(running: Running) -> None:
    with postgresql_client(running) as connection:
        connection.execute("CREATE TABLE kept (value text)")
        connection.execute("INSERT INTO kept VALUES ('yes')")


def is_kept_in_postgresql(running: Running) -> bool:
    with postgresql_client(running) as connection:
        return connection.execute("SELECT value FROM kept").fetchall() == [("yes",)]


@dataclass(frozen=True)
class Kind:
    """A kind of server and what a client does with it."""

    make: Callable[[Path], Any]
    keep: Callable[[Running], None]
    is_kept: Callable[[Running], bool]


KINDS = {
    "valkey": Kind(lambda folder: Valkey(folder, PASSWORD), keep_in_valkey, is_kept_in_valkey),
    "postgresql": Kind(lambda folder: Postgresql(folder, PASSWORD), keep_in_postgresql, is_kept_in_postgresql),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def kill(pid: int) -> None:
    """As the kernel does it when memory is short."""
    os.kill(pid, signal.SIGKILL)


def test_it_starts_is_found_and_stops_and_keeps_its_data_and_its_place(
    kind: Kind, folder: Path, server: MakeServer
) -> None:
    ours = server(kind.make(folder))
    assert ours.standing is Standing.STOPPED
    assert ours.find() is None
    assert ours.stop() is False

    first = ours.start()
    kind.keep(first)

    assert str(ours.standing) == str(Standing.RUNNING)
    assert ours.find() == first
    assert Server(kind.make(folder)).start() == first, "the one that runs is the one that is wanted"
    assert os.getsid(first.pid) == first.pid, "a closing terminal must not take it along"
    assert ours.stop() is True
    assert ours.standing is Standing.STOPPED
    assert identify(first.pid) is None

    second = ours.start()
    assert (second.url, second.ports) == (first.url, first.ports), "clients keep their settings"
    assert second.pid != first.pid
    assert kind.is_kept(second)


def test_killed_behind_our_back_it_is_called_dead_and_starts_with_its_data(
    kind: Kind, folder: Path, server: MakeServer
) -> None:
    ours = server(kind.make(folder))
    first = ours.start()
    kind.keep(first)

    kill(first.pid)
    while ours.find() is not None:
        pass  # until the kernel is through with it

    assert ours.standing is Standing.DIED
    second = ours.start()
    assert second.ports == first.ports
    assert kind.is_kept(second)


def test_a_later_command_finds_and_stops_what_an_earlier_one_started(
    kind: Kind, folder: Path, server: MakeServer
) -> None:
    ours = server(kind.make(folder))
    program = repr(kind.make(folder)).partition("(")[0]
    command = (
        "import sys; from pathlib import Path\n"
        "from studyctl.adapters.local.postgresql import Postgresql\n"
        "from studyctl.adapters.local.valkey import Valkey\n"
        "from studyctl.adapters.local.server import Server\n"
        f"print(Server({program}(Path(sys.argv[1]), sys.stdin.read())).start().pid)"
    )
    earlier = subprocess.run(
        [sys.executable, "-c", command, str(folder)], input=PASSWORD, capture_output=True, text=True, check=True
    )

    found = ours.find()
    assert found is not None
    assert found.pid == int(earlier.stdout)
    kind.keep(found)
    assert ours.stop() is True
    assert ours.find() is None


def test_a_password_is_neither_in_the_arguments_nor_readable_by_others(
    kind: Kind, folder: Path, server: MakeServer
) -> None:
    running = server(kind.make(folder)).start()

    arguments = Path(f"/proc/{running.pid}/cmdline").read_bytes()
    assert PASSWORD.encode() not in arguments
    assert PASSWORD not in running.log_path.read_text()
    assert PASSWORD not in repr(kind.make(folder))
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert folder / record.FILE in written
    for path in (*written, folder):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_it_listens_on_one_address_of_this_machine_only(kind: Kind, folder: Path, server: MakeServer) -> None:
    running = server(kind.make(folder)).start()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", running.port), timeout=5)


def test_a_taken_port_that_was_asked_for_is_one_clear_error(folder: Path, server: MakeServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ours = server(Valkey(folder, PASSWORD, port=other.getsockname()[1]))
        with pytest.raises(PortTaken) as caught:
            ours.start()

    assert caught.value.exit_code == 4
    assert caught.value.hint
    assert ours.standing is Standing.STOPPED


def test_a_port_that_another_program_took_meanwhile_is_given_up(kind: Kind, folder: Path, server: MakeServer) -> None:
    ours = server(kind.make(folder))
    first = ours.start()
    kind.keep(first)
    ours.stop()

    with socket.create_server(("127.0.0.1", first.port)):
        second = ours.start()

    assert second.port != first.port
    assert kind.is_kept(second)


def test_another_password_or_port_replaces_the_server_and_keeps_its_data(
    kind: Kind, folder: Path, server: MakeServer
) -> None:
    before = server(kind.make(folder)).start()
    kind.keep(before)
    other_port = before.port + 1
    changed = server(replace(kind.make(folder), password="another one", port=other_port))  # noqa: S106

    after = changed.start()

    assert after.port == other_port
    assert identify(before.pid) is None
    with pytest.raises((redis.AuthenticationError, psycopg.OperationalError, redis.ConnectionError)):
        kind.is_kept(after)
    changed.stop()
    assert kind.is_kept(server(kind.make(folder)).start())


def test_starting_it_many_times_at_once_starts_one(folder: Path, server: MakeServer) -> None:
    ours = server(Valkey(folder, PASSWORD))
    with ThreadPoolExecutor(4) as pool:
        pids = {running.pid for running in pool.map(lambda _: ours.start(), range(4))}

    assert len(pids) == 1


def test_a_reused_process_id_is_neither_believed_nor_signalled(folder: Path, server: MakeServer) -> None:
    ours = server(Valkey(folder, PASSWORD))
    ours.start()
    ours.stop()
    known = record.read(folder)
    assert known is not None
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    try:
        record.write(folder, replace(known, process=ProcessIdentity(bystander.pid, "of another time")))
        assert ours.find() is None
        assert ours.standing is Standing.DIED
        assert ours.stop() is False
        record.write(folder, replace(known, process=ProcessIdentity(bystander.pid, "of another time")))
        assert ours.start().pid != bystander.pid
        assert bystander.poll() is None
    finally:
        bystander.communicate(b"\n")


def test_one_that_hangs_is_reported_and_stopped_by_force(folder: Path, server: MakeServer) -> None:
    ours = server(Valkey(folder, PASSWORD))
    running = ours.start()
    os.kill(running.pid, signal.SIGSTOP)

    with pytest.raises(ServerNotAnswering) as caught:
        ours.start(timeout_seconds=0.2)

    assert str(running.log_path) in caught.value.hint
    assert ours.stop(timeout_seconds=0.2) is True
    assert identify(running.pid) is None


def test_what_the_log_says_of_a_failed_start_is_in_the_error(folder: Path, server: MakeServer) -> None:
    ours = server(Postgresql(folder, PASSWORD, settings={"shared_buffers": "nonsense"}))

    with pytest.raises(ServerDidNotStart) as caught:
        ours.start()

    assert "exit code 1" in caught.value.what
    assert 'invalid value for parameter "shared_buffers": "nonsense"' in caught.value.why
    assert ours.standing is Standing.STOPPED
    assert server(Postgresql(folder, PASSWORD)).start().pid, "a failure leaves nothing in the way"


def test_one_that_is_not_ready_in_time_is_ended(folder: Path, server: MakeServer) -> None:
    ours = server(Postgresql(folder, PASSWORD))

    with pytest.raises(ServerDidNotStart) as caught:
        ours.start(timeout_seconds=0.0)

    assert "was not ready in 0 s" in caught.value.what
    assert ours.find() is None


def test_what_a_dead_server_left_behind_is_named_and_not_signalled(
    folder: Path, server: MakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studyctl.adapters.local.server.REMAINS_TIMEOUT_SECONDS", 0.1)
    ours = server(Valkey(folder, PASSWORD))
    ours.start()
    ours.stop()
    known = record.read(folder)
    assert known is not None
    # a leader that starts a child in its session and dies
    leave = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'input()']).pid)"
    with subprocess.Popen(
        [sys.executable, "-c", leave],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as leader:
        assert leader.stdout is not None
        remains = int(leader.stdout.readline())
        assert leader.wait() == 0
        record.write(folder, replace(known, process=ProcessIdentity(leader.pid, "long ago")))

        with pytest.raises(RemainsStillRun) as caught:
            ours.start()

        assert str(remains) in caught.value.hint
        assert identify(remains) is not None
    # its input has ended with the pipe, and so has it
    monkeypatch.undo()
    assert ours.start().pid


@pytest.mark.parametrize("content", ["", "{", "[]", '{"process": 1}', '{"process": null, "ports": 5}'])
def test_a_garbled_record_is_no_server(content: str, folder: Path, server: MakeServer) -> None:
    folder.mkdir()
    (folder / record.FILE).write_text(content)
    ours = server(Valkey(folder, PASSWORD))

    assert ours.find() is None
    assert ours.stop() is False
    assert ours.start().pid


def test_valkey_lets_in_its_user_and_the_default_user_and_nobody_else(folder: Path, server: MakeServer) -> None:
    running = server(Valkey(folder, PASSWORD)).start()

    assert valkey_client(running).ping()
    assert valkey_client(running, user="default").ping()
    with pytest.raises(redis.AuthenticationError):
        valkey_client(running, password="wrong").ping()  # noqa: S106
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=running.port).ping()


def test_postgresql_does_not_run_as_root_and_its_role_owns_its_database(folder: Path, server: MakeServer) -> None:
    running = server(Postgresql(folder, PASSWORD)).start()

    assert Path(f"/proc/{running.pid}").stat().st_uid != 0
    with postgresql_client(running) as connection:
        rows = connection.execute(
            "SELECT current_user, pg_catalog.pg_get_userbyid(datdba) FROM pg_database "
            "WHERE datname = current_database()"
        ).fetchall()
        assert rows == [("study", "study")]
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        postgresql_client(running, password="wrong")  # noqa: S106


def test_postgresql_with_a_certificate_speaks_tls_that_a_client_can_verify(folder: Path, server: MakeServer) -> None:
    certificate = Authority(folder / "authority").issue("postgresql")
    running = server(Postgresql(folder / "postgresql", PASSWORD, certificate=certificate)).start()

    verified = {"sslmode": "verify-full", "sslrootcert": str(certificate.authority)}
    with postgresql_client(running, **verified) as connection:
        assert connection.pgconn.ssl_in_use
    stranger = Authority(folder / "stranger").issue("postgresql")
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        postgresql_client(running, sslmode="verify-full", sslrootcert=str(stranger.authority))
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        postgresql_client(running, sslmode="disable")


def test_an_authority_signs_for_several_servers_and_once_for_each(folder: Path) -> None:
    first = Authority(folder).issue("one")
    content = first.certificate.read_text()

    second = Authority(folder).issue("two")

    assert Authority(folder).issue("one").certificate.read_text() == content
    assert second.authority == first.authority
    assert second.certificate.read_text() != content
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_erasing_removes_everything(kind: Kind, folder: Path, server: MakeServer) -> None:
    program = kind.make(folder)
    ours = server(program)
    running = ours.start()

    ours.erase()

    assert identify(running.pid) is None
    assert not folder.exists()
    assert program.data is not None
    assert not program.data.exists()
    ours.erase()


def test_the_balancer_is_a_server_like_the_others(folder: Path, server: MakeServer) -> None:
    ours = server(BalancerProgram(folder))
    running = ours.start()

    assert ours.find() == running
    for port in running.ports.values():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)
    assert ours.stop() is True
    assert ours.start().ports == running.ports
