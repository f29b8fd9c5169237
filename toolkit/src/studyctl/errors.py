"""Expected failures. Each says what happened, why, and the next command, and carries its exit code.

The exit codes are a contract with scripts and pipelines: docs/exit-codes.md lists them.
"""

from __future__ import annotations

from typing import ClassVar


class StudyctlError(Exception):
    """Something that was foreseen. Anything else that reaches the command line is a bug (exit 1)."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.hint) if part)


class Refused(StudyctlError):
    """A guard or a policy said no; nothing was changed."""

    exit_code = 3


class PreflightFailed(StudyctlError):
    """Credentials, account, region, versions or a tool are not what the operation needs; nothing was changed."""

    exit_code = 4


class Locked(StudyctlError):
    """Somebody else is working on the environment."""

    exit_code = 5


class ApplyFailed(StudyctlError):
    """Terraform failed part-way; its state is saved, so a second run continues from there."""

    exit_code = 6


class OutcomeUnknown(StudyctlError):
    """Nobody can say what was done: the state may not hold everything that exists."""

    exit_code = 7


class ReleaseFailed(StudyctlError):
    """A release was not proven; the last proven one serves again, or still."""

    exit_code = 8


class RollbackFailed(StudyctlError):
    """A release failed and so did the way back; the message and the ledger say what serves."""

    exit_code = 9


class VerificationFailed(StudyctlError):
    """What was applied is not what is there."""

    exit_code = 10


class SmokeFailed(StudyctlError):
    """What is deployed does not do its work, or nobody can say whether it does."""

    exit_code = 10


class RecoveryFailed(StudyctlError):
    """What was recovered is not what was backed up, or it took longer or lost more than it may."""

    exit_code = 10


class StalePlan(StudyctlError):
    """A plan is out of date, was tampered with, or belongs to another environment."""

    exit_code = 11


class ConfirmationNeeded(StudyctlError):
    """A person must say yes and there is no terminal to ask on; nothing was changed."""

    exit_code = 12


class UsageError(StudyctlError):
    """Bad usage or bad input; nothing was changed."""

    exit_code = 64


class Interrupted(StudyctlError):
    """The operator stopped the command (SIGINT)."""

    exit_code = 130


class Terminated(StudyctlError):
    """The machine stopped the command (SIGTERM)."""

    exit_code = 143
