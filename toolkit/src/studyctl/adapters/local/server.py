"""One server as a supervised process: started and awaited, found again by a later command, stopped in time."""

from __future__ import annotations

import contextlib
import enum
import os
import shutil
import signal
import subprocess
from pathlib import Path

import tenacity

from studyctl.adapters.emulator import locks
from studyctl.adapters.local import log_file, record
from studyctl.adapters.local.errors import (
    NotReady,
    PortTaken,
    RemainsStillRun,
    ServerDidNotStart,
    ServerNotAnswering,
)
from studyctl.adapters.local.ports import HOST, free_port, is_free
from studyctl.adapters.local.process_table import ProcessIdentity, identify, is_alive, session_of
from studyctl.adapters.local.program import MAIN, Launch, Ports, Program, Running
from studyctl.adapters.local.record import Record
from studyctl.adapters.private_files import PrivateFolder

START_TIMEOUT_SECONDS = 30.0
STOP_TIMEOUT_SECONDS = 15.0
REMAINS_TIMEOUT_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 0.02
START_LOCK_FILE = "start.lock"
LINES_IN_ERRORS = 12
_LOST_PORT_ATTEMPTS = 3

# What a server may see of the shell that started it; everything else is named by its program.
INHERITED = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER")

# This process's own children, so that ending one also reaps it.
_children: dict[int, subprocess.Popen[bytes]] = {}


class Standing(enum.StrEnum):
    """How a server stands."""

    RUNNING = "running"
    STOPPED = "stopped"
    DIED = "died"
    """It ended by itself, or somebody else ended it."""


class _LostPort(Exception):
    """The program ended because another one was faster in taking its port."""


class Server:
    """The server of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.log_path = program.folder / f"{program.name}.log"

    def start(self, *, timeout_seconds: float = START_TIMEOUT_SECONDS) -> Running:
        """Start it and wait until it serves, or return the one that runs. One with other settings is replaced.

        Raises:
            ProgramMissing: it is not installed.
            PortTaken: another program listens on the port that its settings name.
            ServerDidNotStart: it ended, or was not ready in time.
            ServerNotAnswering: it runs already, but does not answer.
            RemainsStillRun: an earlier one left processes behind.
        """
        self.program.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locks.held(self.program.folder / START_LOCK_FILE):
            known = record.read(self.program.folder)
            if known is not None and known.is_running:
                if self._is_current(known):
                    return self._require_answer(known, timeout_seconds)
                self._end(known, STOP_TIMEOUT_SECONDS)
            elif known is not None:
                self._await_remains(known)
            return self._start_anew(known, timeout_seconds)

    def find(self) -> Running | None:
        """The server, if its process lives; it is not asked anything."""
        known = record.read(self.program.folder)
        return self._running(known) if known is not None and known.is_running else None

    @property
    def standing(self) -> Standing:
        """How it stands."""
        known = record.read(self.program.folder)
        if known is not None and known.is_running:
            return Standing.RUNNING
        return Standing.DIED if known is not None and known.has_died else Standing.STOPPED

    def stop(self, *, timeout_seconds: float = STOP_TIMEOUT_SECONDS) -> bool:
        """Stop it: politely, and after `timeout_seconds` by force. False when it did not run. Its data stay."""
        if not self.program.folder.is_dir():
            return False
        with locks.held(self.program.folder / START_LOCK_FILE):
            known = record.read(self.program.folder)
            if known is None:
                return False
            was_running = known.is_running
            if was_running:
                self._end(known, timeout_seconds)
            record.write(self.program.folder, Record(None, known.ports, known.fingerprint))
            return was_running

    def erase(self) -> None:
        """Stop it and remove all that it kept, its log included."""
        self.stop()
        for folder in (self.program.data, self.program.folder):
            if folder is not None and folder.exists():
                shutil.rmtree(folder)

    def last_lines(self, count: int) -> list[str]:
        """The end of its log."""
        return log_file.last_lines(self.log_path, count)

    def _is_current(self, known: Record) -> bool:
        is_where_wanted = self.program.port in (0, known.ports.get(MAIN))
        return is_where_wanted and self.program.launch(known.ports).fingerprint == known.fingerprint

    def _running(self, known: Record) -> Running:
        assert known.process is not None  # noqa: S101  a record without a process does not run
        url = self.program.url(known.ports)
        return Running(self.program.name, known.process.pid, url, self.log_path, dict(known.ports))

    def _require_answer(self, known: Record, timeout_seconds: float) -> Running:
        running = self._running(known)
        try:
            _asking(timeout_seconds)(self.program.probe, running.pid, running.ports)
        except NotReady as lacking:
            raise ServerNotAnswering(
                f"{running.name} (process {running.pid}) runs but does not answer: {lacking}",
                why="\n".join(self.last_lines(LINES_IN_ERRORS)),
                hint=f"Stop it, then start it anew; its log: {running.log_path}",
            ) from lacking
        return running

    def _start_anew(self, known: Record | None, timeout_seconds: float) -> Running:
        self.program.prepare()
        for _ in range(_LOST_PORT_ATTEMPTS):
            ports = self._choose_ports(known.ports if known else {})
            with contextlib.suppress(_LostPort):
                return self._launch(ports, timeout_seconds)
            known = None
        raise PortTaken(
            f"{self.program.name} lost its port to another program {_LOST_PORT_ATTEMPTS} times in a row",
            why="\n".join(self.last_lines(LINES_IN_ERRORS)),
            hint="Start it again.",
        )

    def _choose_ports(self, earlier: Ports) -> dict[str, int]:
        ports: dict[str, int] = {}
        for name in (MAIN, *self.program.other_ports):
            if name == MAIN and self.program.port:
                ports[name] = _require_free(self.program.port, self.program.name)
                continue
            port = earlier.get(name)
            while port is None or port in ports.values() or not is_free(port):
                port = free_port()
            ports[name] = port
        return ports

    def _launch(self, ports: Ports, timeout_seconds: float) -> Running:
        launch = self.program.launch(ports)
        private = PrivateFolder(self.program.folder)
        for path, content in launch.files.items():
            private.write(path, content)
        log = log_file.open_for_append(self.log_path)
        try:
            log_began = os.fstat(log).st_size
            child = _spawn(launch, self.program.folder, log)
        finally:
            os.close(log)
        try:
            self._remember(child, ports, launch)
            self._await_ready(child, ports, timeout_seconds, log_began)
        except BaseException:
            self._abandon(child, ports, launch)
            raise
        return Running(self.program.name, child.pid, self.program.url(ports), self.log_path, dict(ports))

    def _remember(self, child: subprocess.Popen[bytes], ports: Ports, launch: Launch) -> None:
        # None when it is dead already: then the wait below says so
        record.write(self.program.folder, Record(identify(child.pid), ports, launch.fingerprint))

    def _await_ready(
        self, child: subprocess.Popen[bytes], ports: Ports, timeout_seconds: float, log_began: int
    ) -> None:
        def ask() -> None:
            if child.poll() is not None:
                raise self._death(child.returncode, ports, log_began)
            self.program.probe(child.pid, ports)

        try:
            _asking(timeout_seconds)(ask)
        except NotReady as lacking:
            raise ServerDidNotStart(
                f"{self.program.name} was not ready in {timeout_seconds:g} s: {lacking}",
                why=self._words_since(log_began),
                hint=f"Its whole log: {self.log_path}",
            ) from lacking

    def _death(self, exit_code: int, ports: Ports, log_began: int) -> Exception:
        if not self.program.port and not all(is_free(port) for port in ports.values()):
            return _LostPort()
        return ServerDidNotStart(
            f"{self.program.name} ended while it started, with {_exit_words(exit_code)}",
            why=self._words_since(log_began),
            hint=f"Its whole log: {self.log_path}",
        )

    def _words_since(self, log_began: int) -> str:
        lines = log_file.last_lines(self.log_path, LINES_IN_ERRORS, since_bytes=log_began)
        return "\n".join(lines) or "It wrote nothing to its log."

    def _abandon(self, child: subprocess.Popen[bytes], ports: Ports, launch: Launch) -> None:
        """End a child that did not become a server."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        _children.pop(child.pid, None)
        record.write(self.program.folder, Record(None, ports, launch.fingerprint))

    def _end(self, known: Record, timeout_seconds: float) -> None:
        assert known.process is not None  # noqa: S101  called only for one that runs
        with contextlib.suppress(ProcessLookupError):
            os.kill(known.process.pid, self.program.stop_signal)
        if not _is_gone(known.process, timeout_seconds):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(known.process.pid, signal.SIGKILL)
            _is_gone(known.process, timeout_seconds)
        self._await_remains(known)

    def _await_remains(self, known: Record) -> None:
        """Wait for the processes that a dead server had started: they notice its end, but not at once."""
        if known.process is None:
            return
        leader = known.process.pid
        if child := _children.pop(leader, None):
            child.wait()
        if identify(leader) is not None:
            return  # its id was given away, and with it the right to speak of its session
        waiting = tenacity.Retrying(
            retry=tenacity.retry_if_result(bool),
            wait=tenacity.wait_fixed(LOOK_AGAIN_SECONDS),
            stop=tenacity.stop_after_delay(REMAINS_TIMEOUT_SECONDS),
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else frozenset(),
        )
        if remains := waiting(session_of, leader):
            pids = " ".join(str(pid) for pid in sorted(remains))
            raise RemainsStillRun(
                f"{self.program.name} is dead, but what it had started still runs",
                why=f"Processes {pids} of session {leader} may hold its port or its data.",
                hint=f"Look at them, then end them: kill {pids}",
            )


def inherited_environment() -> dict[str, str]:
    """What a process of this room sees of the shell."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


def _asking(timeout_seconds: float) -> tenacity.Retrying:
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(NotReady),
        wait=tenacity.wait_fixed(LOOK_AGAIN_SECONDS),
        stop=tenacity.stop_after_delay(timeout_seconds),
        reraise=True,
    )


def _spawn(launch: Launch, folder: Path, log: int) -> subprocess.Popen[bytes]:
    account = launch.account
    child = subprocess.Popen(
        launch.arguments,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env={**inherited_environment(), **launch.environment},
        # its own folder may be closed to another account
        cwd="/" if account else folder,
        user=account.user_id if account else None,
        group=account.group_id if account else None,
        extra_groups=[] if account else None,
        umask=0o077,
        start_new_session=True,
    )
    _children[child.pid] = child
    return child


def _is_gone(process: ProcessIdentity, timeout_seconds: float) -> bool:
    child = _children.get(process.pid)
    if child is not None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout_seconds)
            del _children[process.pid]
            return True
        return False
    waiting = tenacity.Retrying(
        retry=tenacity.retry_if_result(bool),
        wait=tenacity.wait_fixed(LOOK_AGAIN_SECONDS),
        stop=tenacity.stop_after_delay(timeout_seconds),
        retry_error_callback=lambda _: True,
    )
    return not waiting(is_alive, process)


def _require_free(port: int, name: str) -> int:
    if is_free(port):
        return port
    raise PortTaken(
        f"port {port} is taken by another program, so {name} cannot have it",
        why=f"Something listens on {HOST}:{port}.",
        hint="Leave the port out to take a free one, or see what listens: ss -ltnp",
    )


def _exit_words(exit_code: int) -> str:
    return f"signal {signal.Signals(-exit_code).name}" if exit_code < 0 else f"exit code {exit_code}"
