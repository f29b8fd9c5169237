"""Which program of this machine stands for which server of the account."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from studyctl.adapters.emulator.ecs_agent.cache_program import CacheProgram
from studyctl.adapters.emulator.ecs_agent.data_endpoints import Cache, Database, Server
from studyctl.adapters.emulator.ecs_agent.substitution import URL_SUFFIX
from studyctl.adapters.emulator.ecs_agent.volumes import volume_bytes
from studyctl.adapters.local.certificates import Certificate
from studyctl.adapters.local.postgresql import Postgresql
from studyctl.adapters.local.program import Program
from studyctl.adapters.local.qdrant import Qdrant

API_KEY_SUFFIX = "_API_KEY"
CERTIFICATE_PARAMETER_SUFFIX = "_CA_CERTIFICATE_PARAMETER"


def program_of(server: Server, folder: Path, certificate: Certificate, environment: Mapping[str, str]) -> Program:
    """The program for a server. What only its clients know is read from the environment of the task that asks."""
    if isinstance(server, Database):
        return Postgresql(
            folder,
            password=server.password,
            user=server.user,
            database=server.database,
            certificate=certificate,
        )
    if isinstance(server, Cache):
        return CacheProgram(folder, server.users)
    key = _beside_url(server, environment, API_KEY_SUFFIX)
    return Qdrant(folder, api_key=key, volume_bytes=volume_bytes(server) or None)


def any_program(folder: Path) -> Program:
    """A program of this folder, for ending whatever runs there and removing what it kept."""
    kind = folder.name.partition("-")[0]
    if kind == Database.__name__:
        return Postgresql(folder, password="")
    return CacheProgram(folder, ()) if kind == Cache.__name__ else Qdrant(folder, api_key="")


def certificate_parameter(server: Server, environment: Mapping[str, str]) -> str:
    """The parameter in which the server's authority is published, as the task was told; empty when there is none."""
    return _beside_url(server, environment, CERTIFICATE_PARAMETER_SUFFIX)


def _beside_url(server: Server, environment: Mapping[str, str], suffix: str) -> str:
    """A variable that goes with the one that holds the server's URL."""
    for name, value in environment.items():
        if name.endswith(URL_SUFFIX) and any(f"//{endpoint.host}:" in value for endpoint in server.endpoints):
            return environment.get(name.removesuffix(URL_SUFFIX) + suffix, "")
    return ""
