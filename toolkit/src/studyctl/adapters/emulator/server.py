"""The emulator's process, seen from inside: bind, load moto, say where it is, serve, stop on a signal."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import studyctl
from studyctl.adapters.emulator import locks
from studyctl.adapters.emulator.ecs_agent.addresses import remove_addresses
from studyctl.adapters.emulator.ecs_agent.agent import Agent
from studyctl.adapters.emulator.ecs_agent.pace import Pace, pace_of
from studyctl.adapters.emulator.endpoint import (
    HOST,
    LOG_FILE,
    SERVER_LOCK_FILE,
    EmulatorEndpoint,
    connection_environment,
    remove_endpoint,
    write_endpoint,
)
from studyctl.adapters.emulator.process import ALREADY_RUNS, PORT_TAKEN, READY
from studyctl.errors import UsageError

if TYPE_CHECKING:
    from werkzeug.serving import BaseWSGIServer

    from studyctl.adapters.emulator.application import EmulatorApplication

log = logging.getLogger("studyctl.emulator")

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
EXIT_CANNOT_SERVE = 4

# moto reads these once, while it is imported
MOTO_SETTINGS = {
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",  # roles attach AWS-managed policies by their ARN
    "MOTO_ACM_VALIDATION_WAIT": "0",  # a certificate is valid at once instead of after 60 s
    "MOTO_DISABLE_GLOBAL_CORS": "true",  # no web page has business here
}


def serve(state_dir: Path, *, port: int, ready_fd: int | None = None) -> int:
    """Serve until a signal says stop; the exit code of the process."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    _configure_logging(state_dir / LOG_FILE, is_child=ready_fd is not None)
    if not locks.take_for_life(state_dir / SERVER_LOCK_FILE):
        log.error("an emulator of %s already runs", state_dir)
        _tell(ready_fd, ALREADY_RUNS)
        return EXIT_CANNOT_SERVE
    try:
        pace = pace_of()
    except UsageError as error:
        log.error("%s", error)  # noqa: TRY400 - foreseen
        _tell(ready_fd, "")
        return EXIT_CANNOT_SERVE
    # what an earlier life left: from here on, whoever finds a file and the lock held may trust the file
    remove_endpoint(state_dir)
    remove_addresses(state_dir)
    try:
        listener = _listen(port)
    except OSError as error:
        log.error("cannot listen on %s:%d: %s", HOST, port, error.strerror)  # noqa: TRY400 - foreseen
        _tell(ready_fd, PORT_TAKEN if error.errno in (errno.EADDRINUSE, errno.EACCES) else "")
        return EXIT_CANNOT_SERVE
    os.environ.update(MOTO_SETTINGS)
    _serve_on(listener, state_dir, ready_fd, pace)
    return 0


def _catch_stop_signals() -> int:
    """The descriptor on which a signal that says stop shows up, one byte each, whichever thread it finds.

    They are not blocked: what is started from here would inherit that, and could not be stopped any more.
    """
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end)
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: None)
    return read_end


def _serve_on(listener: socket.socket, state_dir: Path, ready_fd: int | None, pace: Pace) -> None:
    signals = _catch_stop_signals()
    # moto costs a second to import: only here, after everything that can fail at once
    from studyctl.adapters.emulator.application import EmulatorApplication  # noqa: PLC0415

    endpoint = _endpoint(listener, state_dir)
    application = EmulatorApplication(boot_id=endpoint.boot_id, started_at=endpoint.started_at)

    def connection(region: str) -> dict[str, str]:
        return connection_environment(endpoint, region=region)

    agent = Agent(state_dir, application.exclusively, connection, pace)
    web_server = _web_server(listener, application)
    serving = threading.Thread(target=web_server.serve_forever, args=(0.1,), name="serve", daemon=True)
    serving.start()
    write_endpoint(state_dir, endpoint)
    agent.start()
    _tell(ready_fd, READY)
    log.info("ready at %s, boot %s, process %d", endpoint.url, endpoint.boot_id, endpoint.pid)
    threading.Thread(target=application.warm_up, name="warm-up", daemon=True).start()
    [received] = os.read(signals, 1)
    log.info("stopping on %s", signal.Signals(received).name)
    remove_endpoint(state_dir)
    agent.stop()  # its tasks may still want to say goodbye to a queue or a bucket
    web_server.shutdown()
    web_server.server_close()
    log.info("stopped")


def _endpoint(listener: socket.socket, state_dir: Path) -> EmulatorEndpoint:
    port: int = listener.getsockname()[1]
    return EmulatorEndpoint(
        url=f"http://{HOST}:{port}",
        pid=os.getpid(),
        port=port,
        boot_id=uuid.uuid4().hex,
        started_at=datetime.now(UTC),
        log_path=state_dir / LOG_FILE,
        version=studyctl.__version__,
    )


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # a port whose last connections are in TIME_WAIT is free
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


def _web_server(listener: socket.socket, application: EmulatorApplication) -> BaseWSGIServer:
    from werkzeug.serving import make_server  # noqa: PLC0415 - as above

    from studyctl.adapters.emulator.http_server import RequestHandler  # noqa: PLC0415

    return make_server(
        HOST,
        listener.getsockname()[1],
        application,
        threaded=True,
        request_handler=RequestHandler,
        fd=listener.fileno(),
    )


def _tell(ready_fd: int | None, word: str) -> None:
    if ready_fd is not None:
        os.write(ready_fd, f"{word}\n".encode())
        os.close(ready_fd)


def _configure_logging(path: Path, *, is_child: bool) -> None:
    """The log is always in the state directory; a child's stderr is that file already."""
    handlers: list[logging.Handler] = [logging.FileHandler(path, encoding="utf-8")]
    if not is_child:
        handlers.append(logging.StreamHandler())
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname).1s %(name)s %(message)s", handlers=handlers
    )
    log.setLevel(logging.INFO)
