"""The process: one for each state directory, found again, never mistaken for another, stopped in time."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.endpoint import ENDPOINT_FILE, SERVER_LOCK_FILE
from studyctl.adapters.emulator.errors import (
    EmulatorDidNotStart,
    EmulatorNotAnswering,
    EmulatorPortTaken,
    EmulatorRunsElsewhere,
)
from studyctl.adapters.emulator.locks import held_if_free


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "with a space" / "emulator"
    yield folder
    process.stop(folder)


def test_starts_is_found_and_stops(state_dir: Path) -> None:
    assert process.find(state_dir) is None
    assert process.stop(state_dir) is False

    endpoint = process.start(state_dir)

    assert process.find(state_dir) == endpoint
    assert process.start(state_dir) == endpoint
    assert process.start(state_dir, port=endpoint.port) == endpoint
    assert os.getsid(endpoint.pid) == endpoint.pid, "a closing terminal must not take it along"
    assert stat.S_IMODE((state_dir / ENDPOINT_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(state_dir.stat().st_mode) == 0o700
    assert endpoint.log_path.read_text().count("ready at") == 1
    with pytest.raises(EmulatorRunsElsewhere):
        process.start(state_dir, port=endpoint.port + 1)

    started = time.monotonic()
    assert process.stop(state_dir) is True
    assert time.monotonic() - started < 2
    assert process.find(state_dir) is None
    assert not (state_dir / ENDPOINT_FILE).exists()


def test_a_second_life_is_told_from_the_first(state_dir: Path) -> None:
    first = process.start(state_dir)
    process.stop(state_dir)
    second = process.start(state_dir, port=first.port)

    assert second.url == first.url
    assert second.boot_id != first.boot_id


def test_starting_it_many_times_at_once_starts_one(state_dir: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        endpoints = set(pool.map(lambda _: process.start(state_dir), range(4)))

    assert len(endpoints) == 1
    assert endpoints.pop().log_path.read_text().count("ready at") == 1


def test_two_processes_cannot_serve_one_state_directory(state_dir: Path) -> None:
    process.start(state_dir)
    second = subprocess.run(
        [sys.executable, "-m", "studyctl.adapters.emulator", "--state-dir", str(state_dir)],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
        env=process._child_environment(),
    )

    assert second.returncode == 4
    assert "already runs" in second.stderr


def test_killed_it_leaves_a_stale_file_that_is_recognised(state_dir: Path) -> None:
    endpoint = process.start(state_dir)
    os.kill(endpoint.pid, signal.SIGKILL)
    process._children.pop(endpoint.pid).wait()
    assert (state_dir / ENDPOINT_FILE).exists()

    assert process.find(state_dir) is None
    assert not (state_dir / ENDPOINT_FILE).exists()


def test_a_reused_process_id_is_neither_believed_nor_signalled(state_dir: Path) -> None:
    state_dir.mkdir(parents=True)
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    content = {"pid": bystander.pid, "port": 9, "boot_id": "x", "started_at": "2026-01-01T00:00:00", "version": "0"}
    (state_dir / ENDPOINT_FILE).write_text(json.dumps(content))
    try:
        assert process.find(state_dir) is None
        (state_dir / ENDPOINT_FILE).write_text(json.dumps(content))
        assert process.stop(state_dir) is False
        assert bystander.poll() is None
    finally:
        bystander.communicate(b"\n")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"port": "many"}'])
def test_a_garbled_file_is_no_emulator(state_dir: Path, content: str) -> None:
    state_dir.mkdir(parents=True)
    (state_dir / ENDPOINT_FILE).write_text(content)

    assert process.find(state_dir) is None


def test_a_taken_port_is_one_clear_error(state_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(EmulatorPortTaken) as caught:
        process.start(state_dir, port=other.getsockname()[1])

    assert caught.value.exit_code == 4
    assert caught.value.hint
    with held_if_free(state_dir / SERVER_LOCK_FILE) as is_free:
        assert is_free


def test_one_that_is_not_ready_in_time_is_ended(state_dir: Path) -> None:
    with pytest.raises(EmulatorDidNotStart):
        process.start(state_dir, timeout_seconds=0.01)

    with held_if_free(state_dir / SERVER_LOCK_FILE) as is_free:
        assert is_free


def test_a_frozen_one_is_reported_and_can_be_stopped(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = process.start(state_dir)
    os.kill(endpoint.pid, signal.SIGSTOP)
    monkeypatch.setattr(process, "ANSWER_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(EmulatorNotAnswering):
        process.find(state_dir)

    assert process.stop(state_dir, timeout_seconds=0.3) is True
    assert process.find(state_dir) is None


def test_it_can_be_stopped_by_another_process(state_dir: Path) -> None:
    endpoint = process.start(state_dir)
    child = process._children.pop(endpoint.pid)
    reaped: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: reaped.append(child.wait(10)))
        assert process.stop(state_dir) is True

    assert reaped == [0], "SIGTERM is a proper end"


def test_the_environment_is_the_only_difference_from_aws(emulator: process.EmulatorEndpoint) -> None:
    assert process.connection_environment(emulator, region="eu-west-1") == {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{emulator.port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_stray_settings_of_the_caller_do_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "1")
    monkeypatch.setenv("TF_LOG", "trace")

    assert not {"AWS_PROFILE", "MOTO_ACCOUNT_ID", "TF_LOG"} & set(process._child_environment())


def test_nothing_but_the_status_answers_on_the_control_path(emulator: process.EmulatorEndpoint) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=10)
    answers = []
    for method, path in (("GET", "/_studyctl/status"), ("POST", "/_studyctl/status"), ("GET", "/_studyctl/other")):
        connection.request(method, path)
        response = connection.getresponse()
        response.read()
        answers.append(response.status)
        connection.close()

    assert answers == [200, 405, 404]
