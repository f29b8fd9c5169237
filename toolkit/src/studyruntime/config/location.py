"""Where a process runs, as far as its environment tells."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

ECS_VARIABLE = "ECS_CONTAINER_METADATA_URI_V4"
"""ECS gives it to every container: Amazon ECS Developer Guide, 'Task metadata endpoint version 4'."""


class Location(StrEnum):
    """What runs the process."""

    ECS = "ecs"
    PROCESS = "process"


def detect(environ: Mapping[str, str]) -> Location:
    """ECS if it left its mark, else a plain process."""
    return Location.ECS if environ.get(ECS_VARIABLE) else Location.PROCESS
