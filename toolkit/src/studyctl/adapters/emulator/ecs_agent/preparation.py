"""Everything that happens before a task's process exists: pull, log stream, secrets, environment.

May take seconds (a database that starts with the first task that needs it), so it runs beside the agent's loop.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from studyctl.adapters.emulator.ecs_agent.account import Accounts, Place
from studyctl.adapters.emulator.ecs_agent.container import Container
from studyctl.adapters.emulator.ecs_agent.images import ImageStore
from studyctl.adapters.emulator.ecs_agent.pulling import CannotPull, pull
from studyctl.adapters.emulator.ecs_agent.secret_values import SecretMissing, secret_values
from studyctl.adapters.emulator.ecs_agent.substitution import StandIn, substituted
from studyctl.adapters.emulator.ecs_agent.task_logs import LogGroupMissing, create_stream
from studyctl.adapters.local.ports import free_port
from studyctl.errors import StudyctlError

PORT_VARIABLE, METRICS_PORT_VARIABLE = "PORT", "METRICS_PORT"
METRICS_INTERVAL_VARIABLE = "METRICS_INTERVAL_SECONDS"


class CannotStart(Exception):
    """A task cannot start. `is_final`: it cannot until something else is deployed."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final


@dataclass(frozen=True)
class Prepared:
    """What a task's process is made of."""

    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    image_digest: str
    port: int


@dataclass(frozen=True)
class Kitchen:
    """What preparing a task needs. `stand_ins` starts the servers that an environment names, and says where."""

    accounts: Accounts
    images: ImageStore
    connection: Callable[[str], Mapping[str, str]]
    """The variables that lead to this emulator, for a region."""
    stand_ins: Callable[[Place, Mapping[str, str]], tuple[StandIn, ...]]
    minute_seconds: float
    """How long a minute of metrics is here: what a task reports once a minute has to come as often."""

    def prepare(self, place: Place, container: Container, task_id: str) -> Prepared:
        """Get everything ready.

        Raises:
            CannotStart: with the reason that ECS would give.
        """
        try:
            image = pull(self.accounts, self.images, container.image)
            for sidecar in container.sidecars:  # ECS reads these too, and starts no task without them
                secret_values(self.accounts, place, sidecar.secrets)
            secrets = secret_values(self.accounts, place, container.secrets)
            if container.log is not None:
                create_stream(self.accounts, place, container.log, container.log.stream(container.name, task_id))
            own = {**container.environment, **secrets}
            own = substituted(own, self.stand_ins(place, own))
        except CannotPull as error:
            raise CannotStart(str(error), is_final=error.is_placeholder) from error
        except (SecretMissing, LogGroupMissing) as error:
            raise CannotStart(str(error)) from error
        except StudyctlError as error:
            raise CannotStart(f"ResourceInitializationError: {error}") from error
        port = free_port()
        entry_point = container.entry_point or image.entry_point
        # an entry point of one's own does not get the image's arguments
        command = container.command or (() if container.entry_point else image.command)
        return Prepared(
            arguments=(*entry_point, *command),
            folder=image.working_directory,
            environment={
                "PATH": os.environ.get("PATH", os.defpath),
                "LANG": "C.UTF-8",
                "HOME": str(image.working_directory),
                "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
                **image.environment,
                **own,
                **self.connection(place.region),
                # no key is checked here; by this one the recorded calls of a task are those of its role
                **({"AWS_ACCESS_KEY_ID": container.role} if container.role else {}),
                PORT_VARIABLE: str(port),
                METRICS_PORT_VARIABLE: str(free_port()),
                METRICS_INTERVAL_VARIABLE: f"{self.minute_seconds:g}",
            },
            image_digest=image.digest,
            port=port,
        )
