"""How large the volume of the vector database is here. Only its server keeps to it: see qdrant_standin."""

from __future__ import annotations

import os
from collections.abc import Mapping

from studyctl.adapters.emulator.ecs_agent.data_endpoints import Server, VectorDatabase
from studyctl.errors import UsageError

VOLUME_VARIABLE = "STUDYCTL_EMULATOR_VECTOR_VOLUME_MIB"
"""In place of the account's GiB, so that somebody can fill it: nobody has a hundred GiB to spare for that."""

MIB, GIB = 1024**2, 1024**3


def volume_bytes(server: Server, environ: Mapping[str, str] = os.environ) -> int:
    """How much a server may keep; 0 for one whose volume is not known.

    Raises:
        UsageError: the variable holds no whole number above 0.
    """
    if not isinstance(server, VectorDatabase):
        return 0
    text = environ.get(VOLUME_VARIABLE, "")
    if not text:
        return server.storage_gib * GIB
    if not text.isdecimal() or int(text) == 0:
        raise UsageError(f"{VOLUME_VARIABLE} is {text!r}", hint="Set it to a whole number of MiB, or leave it out.")
    return int(text) * MIB
