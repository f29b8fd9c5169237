"""Start a service: read its surroundings, set logging up, and let the role run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from studyruntime.logs import configure_logging
from studyservices.fault import FaultKind
from studyservices.surroundings import Surroundings, read_surroundings

EXIT_CRASHED_ON_PURPOSE = 70


class Role(Protocol):
    """A module of this package that serves."""

    def run(self, surroundings: Surroundings) -> int:
        """Serve until SIGTERM; the exit code."""


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Serve until SIGTERM; the exit code.

    Raises:
        ConfigurationError: the environment does not describe a process of this role.
    """
    surroundings = read_surroundings(arguments.role, environ)
    if surroundings.fault.kind is FaultKind.CRASH_AT_START:
        sys.stderr.write("error: crashed at start on purpose: STUDY_FAULT\n")
        return EXIT_CRASHED_ON_PURPOSE
    configure_logging(surroundings.settings)
    role = cast("Role", import_module(f"studyservices.roles.{arguments.role.replace('-', '_')}"))
    return role.run(surroundings)
