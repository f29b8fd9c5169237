"""What can go wrong with a local server; each is known before anything else was changed."""

from __future__ import annotations

from studyctl.errors import PreflightFailed


class ProgramMissing(PreflightFailed):
    """The server's program is neither on this machine nor installed as a package."""


class PortTaken(PreflightFailed):
    """Another program listens on the port that was asked for."""


class ServerDidNotStart(PreflightFailed):
    """The process ended, or was not ready in time; its log says why."""


class ServerNotAnswering(PreflightFailed):
    """The process lives but does not answer as it should."""


class RemainsStillRun(PreflightFailed):
    """A server is dead, but processes that it had started live on and hold what a new one needs."""


class NotReady(Exception):
    """What a server lacks to be ready, in words: the ordinary answer of one that is still starting."""
