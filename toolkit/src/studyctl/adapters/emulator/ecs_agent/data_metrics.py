"""What databases and caches measure of themselves: CPU, the room that is left, whether the node of the vectors serves.

On AWS, RDS, ElastiCache and the node report it (terraform/vector_db/files/qdrant-health.sh); here it is seen in the
processes and folders of the servers that stand for them. One that has ended reports nothing, as there: its silence is
what `database-down` hears.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from studyctl.adapters.emulator.ecs_agent.account import Place
from studyctl.adapters.emulator.ecs_agent.data_endpoints import Cache, Database, Server
from studyctl.adapters.emulator.ecs_agent.metric_store import MetricKey, MetricStore
from studyctl.adapters.emulator.ecs_agent.usage import Consumption, consumption_by_session, cpu_percent
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.local.process_table import ProcessIdentity, is_alive
from studyctl.adapters.local.volume import used_bytes

RDS, CACHE, VECTORS = "AWS/RDS", "AWS/ElastiCache", "VectorDatabase"
GIB = 1024**3
REPLICA = {"ReplicaLag": 0.0}
"""What a replica alone reports. The primary's server stands for it too, so it is never behind."""
ONLY_NODE = {"CacheNodeId": "0001"}
"""A cluster of Valkey has one node. ElastiCache reports clusters with and without it, and never the group of them."""
WEIGHING_SHARE = 0.02
"""How much of the time may go into counting what folders hold."""
ANSWER_SECONDS = 0.5
SHORTEST_LOOK_SECONDS = 0.5
"""The share of less time than this says nothing."""
CORE_UNITS = 1024


@dataclass(frozen=True)
class RunningServer:
    """A server that stands for one of the account's, the folder that it keeps everything in, its port and process.

    `volume_bytes` is how much a server of vectors may keep; 0 when nothing is known of its volume.
    """

    place: Place
    server: Server
    folder: Path
    port: int
    process: ProcessIdentity
    volume_bytes: int = 0


@dataclass(frozen=True)
class _Look:
    at_seconds: float
    seen: Consumption
    cpu_percent: float


@dataclass(frozen=True)
class _Weighed:
    used_bytes: int
    good_until_seconds: float


class DataMetrics:
    """Used by the agent's thread only. A folder in which counting takes long is counted less often."""

    def __init__(self) -> None:
        self._weighed: dict[Path, _Weighed] = {}
        self._looks: dict[int, _Look] = {}

    def measure(self, store: MetricStore, running: Iterable[RunningServer], *, at_seconds: float) -> None:
        """Write what is so now."""
        for each in (each for each in running if is_alive(each.process)):
            for key, value in self._values(each).items():
                store.add(key, value, at_seconds=at_seconds)

    def _values(self, running: RunningServer) -> Mapping[MetricKey, float]:
        server = running.server
        if isinstance(server, Database):
            free = float(max(0, server.storage_gib * GIB - self._used_bytes(running.folder)))
            values = {"FreeStorageSpace": free, "CPUUtilization": self._cpu_percent(running.process.pid)}
            return {
                MetricKey.of(RDS, metric, {"DBInstanceIdentifier": name}): value
                for name in server.instances
                for metric, value in {**values, **({} if name == server.name else REPLICA)}.items()
            }
        if isinstance(server, Cache):
            busy = self._cpu_percent(running.process.pid)
            nodes = [{"CacheClusterId": name} for name in server.nodes]
            return {
                MetricKey.of(CACHE, "EngineCPUUtilization", dimensions): busy
                for node in nodes
                for dimensions in (node, node | ONLY_NODE)
            }
        node = {"AutoScalingGroupName": server.group}
        found = {MetricKey.of(VECTORS, "Ready", node): float(_answers(running.port))}
        if running.volume_bytes:
            used = 100 * self._used_bytes(running.folder) / running.volume_bytes
            found[MetricKey.of(VECTORS, "DataVolumeUsed", node)] = used
        return found

    def _cpu_percent(self, pid: int) -> float:
        """The share of one core that the session of a process took since the last look; nothing at the first."""
        try:
            session = os.getsid(pid)
        except ProcessLookupError:
            return 0.0
        now, last = time.monotonic(), self._looks.get(session)
        if last is not None and now - last.at_seconds < SHORTEST_LOOK_SECONDS:
            return last.cpu_percent
        seen = consumption_by_session({session}).get(session, Consumption())
        percent = 0.0
        if last is not None:
            percent = cpu_percent(last.seen, seen, seconds=now - last.at_seconds, cpu_units=CORE_UNITS)
        self._looks[session] = _Look(now, seen, percent)
        return percent

    def _used_bytes(self, folder: Path) -> int:
        began, last = time.monotonic(), self._weighed.get(folder)
        if last is not None and began < last.good_until_seconds:
            return last.used_bytes
        used, now = used_bytes(folder), time.monotonic()
        self._weighed[folder] = _Weighed(used, now + (now - began) / WEIGHING_SHARE)
        return used


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=ANSWER_SECONDS):
            return True
    except OSError:
        return False
