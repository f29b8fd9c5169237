"""What an operation that ended badly means: its ending in, one typed failure with the next command out."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Sequence

from studyctl.adapters.terraform.explanations import explain, from_stderr, listed, reasons, resuming
from studyctl.adapters.terraform.process import Ending
from studyctl.domain.events import Diagnostic
from studyctl.domain.run import Operation
from studyctl.errors import (
    ApplyFailed,
    Interrupted,
    OutcomeUnknown,
    PreflightFailed,
    StudyctlError,
    Terminated,
    UsageError,
)

_UNLOCKING = re.compile(
    r"Error releasing the state lock|Error unlocking|failed to (?:delete|release) .*lock", re.IGNORECASE
)
_LOCK_TAKEN_AWAY = re.compile(
    r"does not match the existing lock|(?:releasing the state lock|unlocking|lock info).*(?:NoSuchKey|no such file)",
    re.IGNORECASE | re.DOTALL,
)
"""Terraform finds, when it gives its lock back, that there is none or somebody else's."""
_STATE_UNSAVED = re.compile(r"Failed to (?:save|persist) state|Failed to create local state file|errored\.tfstate")
_CRASHED = re.compile(
    r"Plugin did not respond|plugin (?:crashed|exited)|failed to respond to the plugin|connection to plugin"
    r"|rpc error: code = Unavailable"
)
_ANSWER_LOST = re.compile(
    r"unexpected EOF|: EOF\b|connection reset by peer|deserialization failed|decomposing response"
    r"|use of closed network connection|i/o timeout|request canceled"
    r"|context deadline exceeded|StatusCode: 0,(?!.*(?:connection refused|no such host))"
)

_EXISTS = re.compile(r"AlreadyExists|AlreadyOwnedByYou|already exists", re.IGNORECASE)
_SOMEBODY_ELSES = re.compile(r"\bBucketAlreadyExists\b")
"""Names of buckets are one space for the whole world."""


def left_lock(ending: Ending) -> str:
    """Return what terraform said when all was applied and stored and only giving the lock back failed; else nothing.

    It then leaves out the summary that ends an apply, so what counts is that nothing else failed or is open.
    """
    progress = ending.progress
    is_whole = ending.exit_code is not None and not (progress.in_flight or progress.failed)
    if not is_whole or _lock_was_taken_away(progress.errors):
        return ""
    unlocking = [error for error in progress.errors if _UNLOCKING.search(error.text)]
    return unlocking[0].summary if unlocking and len(unlocking) == len(progress.errors) else ""


def of(ending: Ending, operation: Operation, environment: str) -> StudyctlError:
    """Return the failure of an operation that did not end well."""
    if operation.changes_things:
        return _out_of_sight(ending, environment) or _known(ending, operation, environment)
    return _known(ending, operation, environment)


def _known(ending: Ending, operation: Operation, environment: str) -> StudyctlError:
    if ending.interrupted_by is not None:
        return _interrupted(ending, operation, environment)
    if ending.hung:
        return PreflightFailed(
            f"terraform {operation.value} for {environment} waited for an answer that did not come",
            why="It was asked to stop. Nothing was changed.",
            hint="Check the target with: studyctl doctor",
        )
    if ending.result is None or ending.result.was_killed:
        return PreflightFailed(
            f"terraform {operation.value} for {environment} was killed",
            why="Nothing was changed. The machine may have run out of memory.",
            hint=f"Run it again; if a lock is left: studyctl status {environment}",
        )
    known = explain(_text(ending), ending.progress.errors, operation, environment)
    if known is not None:
        return known
    return _apply_failed(ending, environment) if operation.changes_things else _other(ending, operation, environment)


def _out_of_sight(ending: Ending, environment: str) -> StudyctlError | None:
    """Return the failure when real things may exist that no state names."""
    if died := next(_ends_without_a_word(ending, environment), ""):
        return _unknown(died, ending, environment)
    if (ending.result and ending.result.errored_state) or _STATE_UNSAVED.search(_text(ending)):
        return _state_unsaved(ending, environment)
    if _lock_was_taken_away(ending.progress.errors):
        return _lock_stolen(environment)
    doubt = next(_doubts(ending, environment), "")
    return _unknown(doubt, ending, environment) if doubt else None


def _ends_without_a_word(ending: Ending, environment: str) -> Iterator[str]:
    result = ending.result
    if ending.is_forced and (result is None or result.errored_state is None):
        yield f"terraform was forced to stop while it applied to {environment}"
    if result is None or result.was_killed:
        how = "terraform was killed" if result else "terraform ended and nobody recorded how"
        yield f"{how} while it applied to {environment}"


def _doubts(ending: Ending, environment: str) -> Iterator[str]:
    errors = ending.progress.errors
    if ending.hung:
        yield f"{listed(ending.hung)} waited in vain for an answer, and terraform was asked to stop"
    if lost := _answers_lost(errors):
        yield f"AWS's answer about {listed(lost)} was lost"
    if there := _there_already(errors):
        yield f"{listed(there)} exists already: made by a call whose answer was lost, or by hand"
    if _CRASHED.search(_text(ending)):
        yield f"a provider crashed while terraform applied to {environment}"


def _text(ending: Ending) -> str:
    return "\n".join(error.text for error in ending.progress.errors) or ending.stderr


def _answers_lost(errors: Sequence[Diagnostic]) -> list[str]:
    """Name the resources whose call may have landed: it was sent, and no whole answer came back."""
    return [error.address for error in errors if error.address and _ANSWER_LOST.search(error.text)]


def _there_already(errors: Sequence[Diagnostic]) -> list[str]:
    """Name what was refused because it exists: the provider's own retry of a call that had landed looks like this."""
    return [
        error.address
        for error in errors
        if error.address and _EXISTS.search(error.text) and not _SOMEBODY_ELSES.search(error.text)
    ]


def _lock_was_taken_away(errors: Sequence[Diagnostic]) -> bool:
    return any(_UNLOCKING.search(error.text) and _LOCK_TAKEN_AWAY.search(error.text) for error in errors)


def _lock_stolen(environment: str) -> StudyctlError:
    return OutcomeUnknown(
        f"the lock of {environment} was taken away while this run held it",
        why="Whoever applied meanwhile wrote the same state: of two writers the later one's is stored, and what the "
        "other one made is in no state.",
        hint=f"See who else deployed with: studyctl status {environment}\n"
        f"Then, here and there, run: studyctl recover {environment}",
    )


def _unknown(what: str, ending: Ending, environment: str) -> OutcomeUnknown:
    flying = sorted(ending.progress.in_flight)
    why = f"In flight: {listed(flying)}." if flying else "No call was in flight by the last event that was written."
    return OutcomeUnknown(
        what, why=why, hint=f"Find out what exists, and adopt it, with: studyctl recover {environment}"
    )


def _state_unsaved(ending: Ending, environment: str) -> OutcomeUnknown:
    kept = ending.result.errored_state if ending.result else None
    where = f"It is kept in {kept} (0600; it holds secrets)." if kept else f"See {ending.folder}."
    return OutcomeUnknown(
        f"terraform could not store the state of {environment}",
        why=f"{reasons(ending.progress.errors)}\n{where}".strip(),
        hint=f"Once the state store works again, run: studyctl recover {environment}",
    )


def _interrupted(ending: Ending, operation: Operation, environment: str) -> StudyctlError:
    progress = ending.progress
    doubtful = sorted({*progress.in_flight, *progress.failed})
    if operation.changes_things and doubtful:
        return OutcomeUnknown(
            f"the apply to {environment} was interrupted with calls in flight",
            why=f"{progress.done} of {progress.total} done. It is not known what came of {listed(doubtful)}.",
            hint=f"Find out what exists, and adopt it, with: studyctl recover {environment}",
        )
    kind = Terminated if ending.interrupted_by == signal.SIGTERM else Interrupted
    if operation.changes_things:
        why = f"{progress.done} of {progress.total} done, nothing was in flight, and the state is stored."
        return kind(
            f"the apply to {environment} was interrupted",
            why=why,
            hint=f"Go on with: {resuming(environment)}",
        )
    return kind(f"terraform {operation.value} for {environment} was interrupted", why="Nothing was changed.")


def _apply_failed(ending: Ending, environment: str) -> StudyctlError:
    progress = ending.progress
    errors = progress.errors or (from_stderr(ending.stderr),)
    failed = f" Failed: {listed(progress.failed)}." if progress.failed else ""
    return ApplyFailed(
        f"the apply to {environment} failed with {progress.done} of {progress.total} done",
        why=f"The state is stored.{failed}\n{reasons(errors)}",
        hint=f"When the cause is mended, go on with: {resuming(environment)}",
    )


def _other(ending: Ending, operation: Operation, environment: str) -> StudyctlError:
    errors = ending.progress.errors or (from_stderr(ending.stderr),)
    why = reasons(errors)
    if operation in (Operation.INIT, Operation.PLAN) and any(
        error.filename and not error.address.startswith("data.") for error in errors
    ):
        return UsageError(
            f"the configuration of {environment} is not valid",
            why=why,
            hint="Nothing was changed. Mend it and run it again.",
        )
    return PreflightFailed(
        f"terraform {operation.value} for {environment} failed",
        why=why,
        hint="Nothing was changed. Check with: studyctl doctor",
    )
