"""Failures the runtime foresees. Each says what happened and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence


class RuntimeFailure(Exception):
    """Something that was foreseen. Anything else that leaves the runtime is a bug."""

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.hint) if part)


class ConfigurationError(RuntimeFailure):
    """The environment does not describe a process that can run; every problem is listed with its fix."""

    def __init__(self, problems: Sequence[str], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems), hint=hint)


class Unavailable(RuntimeFailure):
    """A dependency did not answer, or refused in a way that may pass. What was asked may or may not have happened."""

    def __init__(self, dependency: str, detail: str, *, hint: str = "") -> None:
        super().__init__(f"{dependency} is unavailable: {detail}", hint=hint)
        self.dependency = dependency
        self.detail = detail


class AuthenticationRefused(Unavailable):
    """A dependency does not accept our credentials: they were rotated, or are wrong."""


class MessageRejected(RuntimeFailure):
    """A consumer can never handle this message: it goes to the dead letters instead of being tried again."""


class InvalidEvent(MessageRejected):
    """A message is no event that this version knows."""


class NotFound(RuntimeFailure):
    """What was named does not exist."""


class ObjectNotFound(NotFound):
    """No such object in the bucket."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__(f"no object {key!r} in bucket {bucket!r}")
        self.bucket = bucket
        self.key = key


class SecretNotFound(NotFound):
    """No source holds a secret of this name."""


class TaskNotRegistered(RuntimeFailure):
    """A task was enqueued that this program does not know, so nobody could say which queue takes it."""
