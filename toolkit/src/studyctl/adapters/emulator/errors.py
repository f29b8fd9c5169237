"""What can go wrong with the emulator as a process; each is known before anything was changed."""

from __future__ import annotations

from studyctl.errors import PreflightFailed


class EmulatorPortTaken(PreflightFailed):
    """Another program listens on the port that was asked for."""


class EmulatorDidNotStart(PreflightFailed):
    """The process ended, or was not ready in time; its log says why."""


class EmulatorNotAnswering(PreflightFailed):
    """The process is alive but does not answer its control path."""


class EmulatorRunsElsewhere(PreflightFailed):
    """An emulator of this state directory already runs, on another port than the one asked for."""


class UnsupportedMoto(PreflightFailed):
    """The installed moto is not the version that the extensions mend."""
