"""Failures the services foresee beside those of the runtime."""

from __future__ import annotations

from studyruntime.errors import RuntimeFailure


class UnreadableDocument(RuntimeFailure):
    """No text can be got out of an upload, now or later: trying again is useless."""


class NotEnoughText(RuntimeFailure):
    """A text is too short, or too uniform, to ask anything about it."""


class InvalidToken(RuntimeFailure):
    """A token is malformed, not signed by us, for another purpose, or out of date. Which one is not told to callers."""


class UsageError(RuntimeFailure):
    """The command line names a role or an option that does not exist."""
