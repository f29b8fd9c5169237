"""What an operation that ended badly means: its ending in, one typed failure with the next command out."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence

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


def left_lock(ending: Ending) -> str:
    """Return what terraform said when all was applied and stored and only giving the lock back failed; else nothing."""
    errors = ending.progress.errors
    if errors and ending.progress.has_applied and all(_UNLOCKING.search(error.text) for error in errors):
        return errors[0].summary
    return ""


def of(ending: Ending, operation: Operation, environment: str) -> StudyctlError:
    """Return the failure of an operation that did not end well."""
    if operation.changes_things:
        return _out_of_sight(ending, environment) or _known(ending, operation, environment)
    return _known(ending, operation, environment)


def _known(ending: Ending, operation: Operation, environment: str) -> StudyctlError:
    if ending.interrupted_by is not None:
        return _interrupted(ending, operation, environment)
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
    result, text = ending.result, _text(ending)
    if ending.is_forced and (result is None or result.errored_state is None):
        return _unknown(f"terraform was forced to stop while it applied to {environment}", ending, environment)
    if result is None or result.was_killed:
        how = "terraform was killed" if result else "terraform ended and nobody recorded how"
        return _unknown(f"{how} while it applied to {environment}", ending, environment)
    if result.errored_state is not None or _STATE_UNSAVED.search(text):
        return _state_unsaved(ending, environment)
    if lost := _answers_lost(ending.progress.errors):
        return _unknown(f"AWS's answer about {listed(lost)} was lost", ending, environment)
    if _CRASHED.search(text):
        return _unknown(f"a provider crashed while terraform applied to {environment}", ending, environment)
    return None


def _text(ending: Ending) -> str:
    return "\n".join(error.text for error in ending.progress.errors) or ending.stderr


def _answers_lost(errors: Sequence[Diagnostic]) -> list[str]:
    """Name the resources whose call may have landed: it was sent, and no whole answer came back."""
    return [error.address for error in errors if error.address and _ANSWER_LOST.search(error.text)]


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
    if operation is Operation.PLAN and any(
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
