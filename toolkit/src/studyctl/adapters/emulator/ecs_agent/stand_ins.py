"""Real servers in place of the account's databases and caches.

Each is started with the first task that needs it. From then on it is as its resource: a database that RDS stopped is
stopped, and a server that ended by itself is started again on its port, with what it kept.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from studyctl.adapters.emulator.ecs_agent.account import Accounts, Place
from studyctl.adapters.emulator.ecs_agent.addresses import Addresses, remove_addresses, write_addresses
from studyctl.adapters.emulator.ecs_agent.data_endpoints import (
    Cache,
    Database,
    Server,
    VectorDatabase,
    servers_of,
    stopped_databases,
)
from studyctl.adapters.emulator.ecs_agent.data_metrics import RunningServer
from studyctl.adapters.emulator.ecs_agent.stand_in_programs import any_program, certificate_parameter, program_of
from studyctl.adapters.emulator.ecs_agent.substitution import Kind, StandIn, endpoints_of
from studyctl.adapters.emulator.ecs_agent.tls_front import TlsFront
from studyctl.adapters.emulator.ecs_agent.tls_fronts import TlsFronts
from studyctl.adapters.emulator.ecs_agent.volumes import volume_bytes
from studyctl.adapters.local.certificates import Authority
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.process_table import identify, is_alive
from studyctl.adapters.local.program import Program, Running
from studyctl.adapters.local.server import Server as LocalServer
from studyctl.errors import StudyctlError

log = logging.getLogger("studyctl.emulator")

FOLDER = "servers"
_KINDS: Mapping[type, Kind] = {
    Database: Kind.DATABASE,
    Cache: Kind.CACHE,
    VectorDatabase: Kind.VECTOR_DATABASE,
}


@dataclass(frozen=True)
class _Known:
    place: Place
    server: Server
    program: Program
    running: Running
    port: int
    """Where tasks connect: the server's own port, or that of the listener that takes TLS for it."""
    measured: RunningServer | None
    """None when it ended before it could be looked at."""

    @property
    def is_alive(self) -> bool:
        return self.measured is not None and is_alive(self.measured.process)


class StandIns:
    """The servers of one life of the emulator. Safe to use from many threads."""

    def __init__(self, state_dir: Path, accounts: Accounts, guard: Callable[[Running, Program], None]) -> None:
        self._state_dir = state_dir
        self._folder = state_dir / FOLDER
        self._accounts = accounts
        self._guard = guard
        """Told of every server, so that it does not outlive the emulator."""
        self._lock = threading.Lock()
        self._running: dict[str, _Known] = {}
        self.running: tuple[RunningServer, ...] = ()
        """Those that were started, for whoever measures them; replaced as a whole, so it is read without the lock."""
        self._authority = Authority(self._folder / "authority")
        self._addresses = Addresses()
        self._fronts = TlsFronts()
        self._follower = ThreadPoolExecutor(1, thread_name_prefix="stand-ins")
        self._following: Future[None] | None = None

    @property
    def _authority_file(self) -> str:
        return str(self._authority.folder / "authority.crt")

    def for_environment(self, place: Place, environment: Mapping[str, str]) -> tuple[StandIn, ...]:
        """The servers that an environment names, running.

        Raises:
            StudyctlError: one of them does not start.
        """
        servers = {
            endpoint.host: server for server in servers_of(self._accounts, place) for endpoint in server.endpoints
        }
        named = endpoints_of(environment, tuple(servers))
        wanted = {server.id: server for host, server in servers.items() if host in named}
        with self._lock:
            found = [each for server in wanted.values() for each in self._stand_in(place, server, environment)]
            if found:
                self._publish(found)
        for server in wanted.values():
            self._publish_authority(place, certificate_parameter(server, environment))
        return tuple(found)

    def follow(self) -> None:
        """Let every server be as its resource is. Returns at once: a start takes its time."""
        if self._following is None or self._following.done():
            self._following = self._follower.submit(self._follow)

    def publish(self, stand_ins: list[StandIn]) -> None:
        """Tell of servers that somebody else runs, such as load balancers."""
        with self._lock:
            self._publish(stand_ins)

    def stop(self) -> None:
        """Stop all, and forget what they kept: the account they belong to is gone."""
        self._follower.shutdown(cancel_futures=True)
        with self._lock:
            for known in self._running.values():
                LocalServer(known.program).erase()
            self._running.clear()
            self.running = ()
        self._fronts.stop()
        remove_addresses(self._state_dir)

    def _publish(self, stand_ins: list[StandIn]) -> None:
        self._addresses = self._addresses.having(stand_ins)
        write_addresses(self._state_dir, self._addresses)

    def _publish_authority(self, place: Place, parameter: str) -> None:
        """The node of a vector database does so once it has made its certificate."""
        if not parameter:
            return
        text = Path(self._authority_file).read_text("ascii")
        with self._accounts.open("ssm", place) as backend:
            known = backend.get_parameters([parameter]).get(parameter)
            if known is not None and known.response_object(True)["Value"] != text:
                backend.put_parameter(
                    parameter,
                    known.description,
                    text,
                    known.parameter_type,
                    known.allowed_pattern,
                    known.keyid,
                    overwrite=True,
                    tags=[],
                    data_type=known.data_type,
                    tier=known.tier,
                    policies=None,
                )

    def _stand_in(self, place: Place, server: Server, environment: Mapping[str, str]) -> list[StandIn]:
        key = f"{type(server).__name__}-{place.account}-{place.region}-{server.id}"
        port = self._port(place, key, server, environment)
        return [
            StandIn(
                kind=_KINDS[type(server)],
                name=server.name,
                host=endpoint.host,
                port=endpoint.port,
                local_host=HOST,
                local_port=port,
                ca_file=self._authority_file,
            )
            for endpoint in server.endpoints
        ]

    def _port(self, place: Place, key: str, server: Server, environment: Mapping[str, str]) -> int:
        if not self._running:
            self._erase_earlier_lives()
        certificate = self._authority.issue("server")
        program = program_of(server, self._folder / key, certificate, environment)
        known = self._running.get(key)
        if known is not None and known.program == program:
            if known.is_alive or server.id in stopped_databases(self._accounts, place):
                return known.port
        elif known is not None:
            LocalServer(known.program).stop()  # another password, key or user: what it keeps stays
        return self._start(place, key, server, program).port

    def _start(self, place: Place, key: str, server: Server, program: Program) -> _Known:
        running = LocalServer(program).start()
        self._guard(running, program)
        # PostgreSQL speaks TLS itself
        port = running.port if isinstance(server, Database) else self._front(self._running.get(key), running)
        process = identify(running.pid)
        measured: RunningServer | None = None
        if process is not None:
            folder = program.data or program.folder
            measured = RunningServer(place, server, folder, running.port, process, volume_bytes(server))
        started = self._running[key] = _Known(place, server, program, running, port, measured)
        self.running = tuple(each.measured for each in self._running.values() if each.measured is not None)
        return started

    def _follow(self) -> None:
        with self._lock:
            places = {known.place for known in self._running.values()}
            stopped = {place: stopped_databases(self._accounts, place) for place in places}
            for key, known in list(self._running.items()):
                is_stopped = known.server.id in stopped[known.place]
                if is_stopped == known.is_alive:
                    self._bring(key, known, is_stopped=is_stopped)

    def _bring(self, key: str, known: _Known, *, is_stopped: bool) -> None:
        try:
            if is_stopped:
                LocalServer(known.program).stop()
            else:
                self._start(known.place, key, known.server, known.program)
        except StudyctlError as error:
            log.warning("the server for %s is not as its resource is: %s", known.server.name, error)
            return
        log.info("the server for %s was %s", known.server.name, "stopped" if is_stopped else "started again")

    def _front(self, known: _Known | None, running: Running) -> int:
        if known is not None and known.running.port == running.port:
            return known.port
        return self._fronts.start(TlsFront(self._authority.issue("server"), running.port))

    def _erase_earlier_lives(self) -> None:
        """What an emulator left that was killed: its account is gone, and nobody can name its servers any more."""
        for kind in _KINDS:
            for folder in self._folder.glob(f"{kind.__name__}-*"):
                LocalServer(any_program(folder)).erase()
