"""Real servers in place of the account's databases and caches, each started with the first task that needs it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from studyctl.adapters.emulator.ecs_agent.account import Accounts, Place
from studyctl.adapters.emulator.ecs_agent.addresses import Addresses, remove_addresses, write_addresses
from studyctl.adapters.emulator.ecs_agent.cache_program import CacheProgram
from studyctl.adapters.emulator.ecs_agent.data_endpoints import Cache, Database, Server, VectorDatabase, servers_of
from studyctl.adapters.emulator.ecs_agent.substitution import Kind, StandIn, endpoints_of
from studyctl.adapters.emulator.ecs_agent.tls_front import TlsFront
from studyctl.adapters.local.certificates import Authority
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.postgresql import Postgresql
from studyctl.adapters.local.program import Program, Running
from studyctl.adapters.local.server import Server as LocalServer

FOLDER = "servers"
_KINDS: Mapping[type, Kind] = {
    Database: Kind.DATABASE,
    Cache: Kind.CACHE,
    VectorDatabase: Kind.VECTOR_DATABASE,
}


class StandIns:
    """The servers of one life of the emulator. Safe to use from many threads."""

    def __init__(self, state_dir: Path, accounts: Accounts, guard: Callable[[Running, Program], None]) -> None:
        self._state_dir = state_dir
        self._folder = state_dir / FOLDER
        self._accounts = accounts
        self._guard = guard
        """Told of every server, so that it does not outlive the emulator."""
        self._lock = threading.Lock()
        self._running: dict[str, tuple[LocalServer, int]] = {}
        self._addresses = Addresses()
        self._fronts = _Fronts()

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
            found = [stand_in for server in wanted.values() for stand_in in self._stand_in(place, server)]
            if found:
                self._publish(found)
        return tuple(found)

    def publish(self, stand_ins: list[StandIn]) -> None:
        """Tell of servers that somebody else runs, such as load balancers."""
        with self._lock:
            self._publish(stand_ins)

    def stop(self) -> None:
        """Stop all, and forget what they kept: the account they belong to is gone."""
        with self._lock:
            for server, _ in self._running.values():
                server.erase()
            self._running.clear()
        self._fronts.stop()
        remove_addresses(self._state_dir)

    def _publish(self, stand_ins: list[StandIn]) -> None:
        self._addresses = self._addresses.having(stand_ins)
        write_addresses(self._state_dir, self._addresses)

    def _stand_in(self, place: Place, server: Server) -> list[StandIn]:
        if isinstance(server, VectorDatabase):
            return []
        authority = Authority(self._folder / "authority")
        port = self._port(f"{place.account}-{place.region}-{server.id}", server, authority)
        return [
            StandIn(
                kind=_KINDS[type(server)],
                name=server.name,
                host=endpoint.host,
                port=endpoint.port,
                local_host=HOST,
                local_port=port,
                ca_file=str(authority.folder / "authority.crt"),
            )
            for endpoint in server.endpoints
        ]

    def _port(self, key: str, server: Database | Cache, authority: Authority) -> int:
        if key in self._running:
            return self._running[key][1]
        folder = self._folder / f"{_KINDS[type(server)]}-{key}"
        if not self._running:
            self._erase_earlier_lives()
        certificate = authority.issue("server")
        program: Program
        if isinstance(server, Database):
            program = Postgresql(
                folder,
                password=server.password,
                user=server.user,
                database=server.database,
                certificate=certificate,
            )
        else:
            program = CacheProgram(folder, server.users)
        local = LocalServer(program)
        running = local.start()
        self._guard(running, program)
        port = running.port
        if isinstance(server, Cache):
            port = self._fronts.start(TlsFront(certificate, running.port))
        self._running[key] = (local, port)
        return port

    def _erase_earlier_lives(self) -> None:
        """What an emulator left that was killed: its account is gone, and nobody can name its servers any more."""
        for folder in self._folder.glob(f"{Kind.DATABASE}-*"):
            LocalServer(Postgresql(folder, password="")).erase()
        for folder in self._folder.glob(f"{Kind.CACHE}-*"):
            LocalServer(CacheProgram(folder, ())).erase()


class _Fronts:
    """The event loop of the listeners that take TLS, in a thread of its own; started with the first."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fronts: list[TlsFront] = []

    def start(self, front: TlsFront) -> int:
        """Let a listener begin; its port."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="tls-fronts", daemon=True).start()
        self._fronts.append(front)
        return asyncio.run_coroutine_threadsafe(front.start(), self._loop).result()

    def stop(self) -> None:
        """End all of them."""
        if self._loop is None:
            return
        for front in self._fronts:
            asyncio.run_coroutine_threadsafe(front.stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
