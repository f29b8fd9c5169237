"""The small decisions under supervision: who a process is, what is remembered, what a password is kept as."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.local import record
from studyctl.adapters.local.accounts import Account, data_home, shared_home
from studyctl.adapters.local.log_file import KEPT_BYTES, last_lines, open_for_append
from studyctl.adapters.local.ports import free_port, is_free
from studyctl.adapters.local.postgresql_cluster import scram_verifier
from studyctl.adapters.local.process_table import (
    ProcessIdentity,
    _parse_ps,
    _parse_stat,
    identify,
    is_alive,
    session_of,
)
from studyctl.adapters.local.program import Launch
from studyctl.adapters.local.record import Record

IDENTITIES = st.builds(ProcessIdentity, pid=st.integers(1, 2**22), born=st.text(max_size=20))


@given(st.text(st.characters(exclude_characters="\n"), max_size=15), st.integers(1, 2**22), st.integers(0, 2**40))
def test_a_programs_name_cannot_change_what_is_read(name: str, session: int, ticks: int) -> None:
    fields = ["S", "1", "2", str(session), *["0"] * 15, str(ticks), *["0"] * 30]
    entry = _parse_stat(f"42 ({name}) {' '.join(fields)}", "boot")
    assert (entry.state, entry.session, entry.born) == ("S", session, f"boot/{ticks}")


def test_the_answer_of_ps_where_there_is_no_proc() -> None:
    output = "  501   400 S    Sun Nov 22 19:05:01 2026    \n    7     7 Z+   Mon Nov  2 01:00:00 2026    \n"
    (first_pid, first), (second_pid, second) = _parse_ps(output)
    assert (first_pid, first.session, first.state, first.born) == (501, 400, "S", "Sun Nov 22 19:05:01 2026")
    assert (second_pid, second.session, second.state) == (7, 7, "Z+")


def test_a_process_is_itself_and_is_gone_when_it_has_ended() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    identity = identify(child.pid)
    assert identity is not None
    assert is_alive(identity)
    assert not is_alive(ProcessIdentity(child.pid, "another birth"))
    assert session_of(child.pid) == {child.pid}
    assert identify(os.getpid()) != identity

    assert child.stdin is not None
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert identify(child.pid) is None, "its exit code alone is no process"
    assert session_of(child.pid) == frozenset()
    child.wait()


@given(
    st.none() | IDENTITIES,
    st.dictionaries(st.sampled_from(["main", "control"]), st.integers(1, 65535)),
    st.text(max_size=64),
)
def test_a_record_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory,
    process: ProcessIdentity | None,
    ports: dict[str, int],
    fingerprint: str,
) -> None:
    folder = tmp_path_factory.mktemp("record")
    written = Record(process, ports, fingerprint)
    record.write(folder, written)
    assert record.read(folder) == written
    assert stat.S_IMODE((folder / record.FILE).stat().st_mode) == 0o600


@given(st.text(min_size=1, max_size=40))
def test_a_password_is_kept_so_that_only_it_fits(password: str) -> None:
    verifier = scram_verifier(password)
    assert verifier != scram_verifier(password), "every verifier has a salt of its own"
    kind, iterations_and_salt, keys = verifier.split("$")
    iterations, salt = iterations_and_salt.split(":")
    stored, _server = (base64.b64decode(part) for part in keys.split(":"))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    assert kind == "SCRAM-SHA-256"
    assert hashlib.sha256(client_key).digest() == stored


def test_the_verifier_is_the_one_of_the_standard() -> None:
    # RFC 7677, section 3: user "user", password "pencil"; the proof there follows from this stored key
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    verifier = scram_verifier("pencil", salt)
    stored, server = verifier.rsplit("$", 1)[1].split(":")
    assert stored == "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
    assert server == "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="


def test_what_makes_another_server_changes_the_fingerprint() -> None:
    launch = Launch(("a", "b"), {"K": "v"}, {Path("/f"): "content"}, version="1")
    others = [
        Launch(("a", "c"), {"K": "v"}, {Path("/f"): "content"}, version="1"),
        Launch(("a", "b"), {"K": "w"}, {Path("/f"): "content"}, version="1"),
        Launch(("a", "b"), {"K": "v"}, {Path("/f"): "other"}, version="1"),
        Launch(("a", "b"), {"K": "v"}, {Path("/f"): "content"}, version="2"),
    ]
    assert launch.fingerprint not in {other.fingerprint for other in others}
    assert launch.fingerprint == Launch(("a", "b"), {"K": "v"}, {Path("/f"): "content"}, version="1").fingerprint
    assert "v" not in repr(launch).replace("version", "")


def test_a_port_is_free_until_somebody_listens_there() -> None:
    port = free_port()
    assert is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free(port)
    assert is_free(port)


def test_a_long_log_is_set_aside_and_only_new_lines_are_told(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    assert last_lines(log, 5) == []
    log.write_bytes(b"x" * (KEPT_BYTES + 1))
    os.close(open_for_append(log))
    assert log.stat().st_size == 0
    assert log.with_suffix(".log.1").stat().st_size > KEPT_BYTES

    log.write_text("old\n" + "new 1\nnew 2\nnew 3\n")
    assert last_lines(log, 2) == ["new 2", "new 3"]
    assert last_lines(log, 10, since_bytes=4) == ["new 1", "new 2", "new 3"]
    assert last_lines(log, 10, since_bytes=1000) == []


def test_another_user_keeps_data_outside_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = Account("nobody", 65534, 65534)
    assert data_home(tmp_path, None) == tmp_path / "data"
    assert not data_home(tmp_path, nobody).is_relative_to(tmp_path)
    assert data_home(tmp_path, nobody) != data_home(tmp_path / "other", nobody)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert shared_home(None) == tmp_path / "studyctl"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert shared_home(None) == tmp_path / ".cache" / "studyctl"
