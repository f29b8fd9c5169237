"""RabbitMQ, where it is installed: no wheel brings it."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import amqp
from tests.support.servers.process import HOST, ServerProcess, free_port


def find_rabbitmq() -> Path | None:
    """The server's own script. Debian's on PATH asks for root or its own user, which the server does not need."""
    found = shutil.which("rabbitmq-server")
    if found is None:
        return None
    own = Path(found).parent.parent / "lib" / "rabbitmq" / "bin" / "rabbitmq-server"
    return own if own.exists() else Path(found)


class RabbitServer(ServerProcess):
    """A node with a port mapper of its own, both on loopback only."""

    def __init__(self, folder: Path, script: Path) -> None:
        super().__init__(folder)
        self._script = script
        self._mapper_port = free_port()
        self._distribution_port = free_port()
        self._mapper: subprocess.Popen[bytes] | None = None
        (folder / "plugins").write_text("[].\n")

    def command(self) -> Sequence[str]:
        return [str(self._script)]

    def environment(self) -> Mapping[str, str]:
        folder = str(self.folder)
        return {
            "HOME": folder,
            "ERL_EPMD_ADDRESS": HOST,
            "ERL_EPMD_PORT": str(self._mapper_port),
            "RABBITMQ_NODENAME": "test@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": HOST,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": folder,
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": folder,  # the log of upgrades, which is a file whatever RABBITMQ_LOGS says
            "ERL_CRASH_DUMP": str(self.folder / "erl_crash.dump"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def answers(self) -> bool:
        try:
            with amqp.Connection(host=f"{HOST}:{self.port}", connect_timeout=5):
                return True
        except (OSError, amqp.exceptions.AMQPError):
            return False

    def start(self) -> None:
        """Start the port mapper, or the node would start one for everybody and leave it behind; then the node."""
        self._mapper = subprocess.Popen(
            ["epmd", "-port", str(self._mapper_port), "-address", HOST], start_new_session=True
        )
        try:
            super().start()
        except BaseException:
            self._stop_mapper()
            raise

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop the node, then the port mapper."""
        super().stop(number)
        self._stop_mapper()

    def kill(self) -> None:
        """Kill both."""
        super().kill()
        self._stop_mapper()

    def _stop_mapper(self) -> None:
        if self._mapper is not None:
            self._mapper.kill()
            self._mapper.wait()
            self._mapper = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"amqp://guest:guest@{HOST}:{self.port}//"
