"""What terraform's errors mean: diagnostics in, one typed failure with the next command out."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Sequence

from studyctl.adapters.terraform.process import Ending
from studyctl.domain.events import Diagnostic
from studyctl.domain.lock import LockInfo, StateLocked
from studyctl.domain.run import Operation
from studyctl.errors import (
    ApplyFailed,
    Interrupted,
    OutcomeUnknown,
    PreflightFailed,
    StalePlan,
    StudyctlError,
    Terminated,
    UsageError,
)

SHOWN_ERRORS = 5

_LOCK_TAKEN = re.compile(r"PreconditionFailed|ConditionalCheckFailed|StatusCode: 412|resource temporarily unavailable")
_LOCKING = re.compile(r"Error acquiring the state lock|Error locking state", re.IGNORECASE)
_UNLOCKING = re.compile(
    r"Error releasing the state lock|Error unlocking|failed to (?:delete|release) .*lock", re.IGNORECASE
)
_STATE_UNSAVED = re.compile(r"Failed to (?:save|persist) state|Failed to create local state file|errored\.tfstate")
_STALE = re.compile(
    r"Saved plan is stale|Saved plan does not match|Failed to load .*plan|can't apply a saved plan|plan file .*different version"
    r"|Inconsistent dependency lock file.*saved plan",
    re.IGNORECASE | re.DOTALL,
)
_NO_BUCKET = re.compile(r"NoSuchBucket|S3 bucket .* does not exist|Bucket.* does not exist", re.IGNORECASE)
_CRASHED = re.compile(
    r"Plugin did not respond|plugin (?:crashed|exited)|failed to respond to the plugin|rpc error: code = Unavailable|connection to plugin"
)
_ANSWER_LOST = re.compile(
    r"unexpected EOF|: EOF\b|connection reset by peer|deserialization failed|i/o timeout|request canceled|context deadline exceeded|StatusCode: 0,(?!.*connection refused)"
)
_SKEW = re.compile(r"RequestTimeTooSkewed|Signature not yet current|Signature expired|RequestExpired")
_CREDENTIALS = re.compile(
    r"ExpiredToken|InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch|AuthFailure"
    r"|No valid credential sources found|failed to refresh cached credentials|token (?:has|is) expired",
    re.IGNORECASE,
)
_DENIED = re.compile(r"AccessDenied|UnauthorizedOperation|is not authorized to perform|StatusCode: 403")
_ACTION_NAMED = re.compile(r"not authorized to perform:? \[?([a-z0-9-]+:[A-Za-z*]+)")
_CALL_NAMED = re.compile(r"operation error ([A-Za-z0-9 ]+): ([A-Za-z0-9]+)")
_UNREACHABLE = re.compile(
    r"connection refused|no such host|network is unreachable|proxyconnect|TLS handshake timeout|dial tcp"
)
_PROVIDERS = re.compile(
    r"Failed to query available provider packages|Failed to install provider|Required plugins are not installed"
    r"|Provider dependency changes detected|Inconsistent dependency lock file|doesn't match any of the checksums|lock file",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"AWS account ID not allowed|Invalid AWS account ID|AWS Account ID not allowed", re.IGNORECASE)
_STATE_BAD = re.compile(
    r"Error loading state|Failed to load state|state snapshot was created by|state data in S3 does not have the expected content|Unsupported state file format",
    re.IGNORECASE,
)
_DISK_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)


def left_lock(ending: Ending) -> str:
    """Return what terraform said when all was applied and stored and only giving the lock back failed; else nothing."""
    errors = ending.progress.errors
    if errors and ending.progress.has_applied and all(_UNLOCKING.search(error.text) for error in errors):
        return errors[0].summary
    return ""


def of(ending: Ending, operation: Operation, environment: str) -> StudyctlError:
    """Return the failure of an operation that did not end well."""
    errors = ending.progress.errors
    joined = "\n".join(error.text for error in errors) or ending.stderr
    result = ending.result
    if operation.changes_things:
        if result is None or result.was_killed:
            how = "terraform was killed" if result else "terraform ended and nobody recorded how"
            return _unknown(f"{how} while it applied to {environment}", ending, environment)
        if result.errored_state is not None or _STATE_UNSAVED.search(joined):
            return _state_unsaved(ending, environment)
        if lost := _answers_lost(errors):
            return _unknown(f"AWS's answer about {_listed(lost)} was lost", ending, environment)
        if _CRASHED.search(joined):
            return _unknown(f"a provider crashed while terraform applied to {environment}", ending, environment)
    if ending.interrupted_by is not None:
        return _interrupted(ending, operation, environment)
    if result is None or result.was_killed:
        return PreflightFailed(
            f"terraform {operation.value} for {environment} was killed",
            why="Nothing was changed. The machine may have run out of memory.",
            hint=f"Run it again; if a lock is left: studyctl lock show {environment}",
        )
    for meets, explain in _EXPLANATIONS:
        if meets(joined, errors):
            return explain(environment, errors or (_from_stderr(joined),), operation)
    if operation.changes_things:
        return _apply_failed(ending, environment)
    return _other(ending, operation, environment)


def _answers_lost(errors: Sequence[Diagnostic]) -> list[str]:
    """Name the resources whose call may have landed: it was sent, and no whole answer came back."""
    return [error.address for error in errors if error.address and _ANSWER_LOST.search(error.text)]


def _unknown(what: str, ending: Ending, environment: str) -> OutcomeUnknown:
    flying = sorted(ending.progress.in_flight)
    why = f"In flight: {_listed(flying)}." if flying else "No call was in flight by the last event that was written."
    return OutcomeUnknown(
        what, why=why, hint=f"Find out what exists, and adopt it, with: studyctl recover {environment}"
    )


def _state_unsaved(ending: Ending, environment: str) -> OutcomeUnknown:
    kept = ending.result.errored_state if ending.result else None
    where = f"It is kept in {kept} (0600; it holds secrets)." if kept else f"See {ending.folder}."
    return OutcomeUnknown(
        f"terraform could not store the state of {environment}",
        why=f"{_reasons(ending.progress.errors)}\n{where}".strip(),
        hint=f"Once the state store works again, run: studyctl recover {environment}",
    )


def _interrupted(ending: Ending, operation: Operation, environment: str) -> StudyctlError:
    progress = ending.progress
    doubtful = sorted({*progress.in_flight, *progress.failed})
    if operation.changes_things and doubtful:
        return OutcomeUnknown(
            f"the apply to {environment} was interrupted with calls in flight",
            why=f"{progress.done} of {progress.total} done. It is not known what came of {_listed(doubtful)}.",
            hint=f"Find out what exists, and adopt it, with: studyctl recover {environment}",
        )
    kind = Terminated if ending.interrupted_by == signal.SIGTERM else Interrupted
    if operation.changes_things:
        why = f"{progress.done} of {progress.total} done, nothing was in flight, and the state is stored."
        return kind(
            f"the apply to {environment} was interrupted",
            why=why,
            hint=f"Go on with: studyctl deploy {environment} --resume",
        )
    return kind(f"terraform {operation.value} for {environment} was interrupted", why="Nothing was changed.")


def _locked(environment: str, errors: Sequence[Diagnostic], _operation: Operation) -> StudyctlError:
    text = "\n".join(error.text for error in errors)
    lock = LockInfo.parse(text)
    if lock is not None:
        return StateLocked(
            f"{environment} is locked by {lock}",
            why=f"Lock {lock.lock_id} on {lock.path}.",
            hint=f"Wait for it with: studyctl deploy {environment} --lock-timeout 10m\nSee who holds it with: studyctl lock show {environment}",
            lock=lock,
        )
    if _LOCK_TAKEN.search(text):
        return StateLocked(
            f"{environment} is locked, and the lock does not say by whom",
            why="The lock file is empty or was cut short, so terraform cannot release it.",
            hint=f"When nobody works on {environment}, run: studyctl recover {environment}",
        )
    if _NO_BUCKET.search(text):
        return _no_bucket(environment, errors, _operation)
    return PreflightFailed(
        f"the state of {environment} cannot be locked",
        why=_reasons(errors),
        hint="Check the target with: studyctl doctor",
    )


def _no_bucket(environment: str, _errors: Sequence[Diagnostic], _operation: Operation) -> StudyctlError:
    return PreflightFailed(
        f"the bucket for the state of {environment} does not exist",
        why="The backend names a bucket that is not in this account and region, or it was deleted.",
        hint="It is made once per account by infra/bootstrap. Check account and region with: studyctl doctor",
    )


def _stale(environment: str, errors: Sequence[Diagnostic], _operation: Operation) -> StudyctlError:
    return StalePlan(
        f"the plan for {environment} can no longer be applied",
        why=_reasons(errors),
        hint=f"Make a new one with: studyctl plan {environment}",
    )


def _no_credentials(environment: str, errors: Sequence[Diagnostic], operation: Operation) -> StudyctlError:
    skewed = any(_SKEW.search(error.text) for error in errors)
    what = (
        "AWS refuses this machine's clock"
        if skewed
        else f"the credentials for {environment} are missing, wrong or expired"
    )
    hint = (
        "Set the clock (for example with: timedatectl set-ntp true) and run it again."
        if skewed
        else "Log in again, check with: studyctl doctor"
    )
    if operation.changes_things:
        hint = f"{hint}\nWhat was applied is in the state; go on with: studyctl deploy {environment} --resume"
        return ApplyFailed(what, why=_reasons(errors), hint=hint)
    return PreflightFailed(what, why=_reasons(errors), hint=hint)


def _denied(environment: str, errors: Sequence[Diagnostic], operation: Operation) -> StudyctlError:
    action = denied_action("\n".join(error.text for error in errors)) or "an action it needs"
    what = f"the role for {environment} may not call {action}"
    if operation.changes_things:
        hint = f"Grant {action} and go on with: studyctl deploy {environment} --resume"
        return ApplyFailed(what, why=_reasons(errors), hint=hint)
    return PreflightFailed(
        what, why=_reasons(errors), hint=f"Grant {action}, or use another role; check with: studyctl doctor"
    )


def denied_action(text: str) -> str:
    """Return the IAM action that was denied (`ec2:CreateVpc`), or the API call when the answer names no action."""
    if named := _ACTION_NAMED.search(text):
        return named.group(1)
    if called := _CALL_NAMED.search(text):
        return f"{called.group(1).replace(' ', '').lower()}:{called.group(2)}"
    return ""


def _wrong_account(environment: str, errors: Sequence[Diagnostic], _operation: Operation) -> StudyctlError:
    return PreflightFailed(
        f"the credentials belong to another account than {environment}'s",
        why=_reasons(errors),
        hint="Choose the right profile or role, check with: studyctl doctor",
    )


def _unreachable(environment: str, errors: Sequence[Diagnostic], operation: Operation) -> StudyctlError:
    what = f"the target of {environment} cannot be reached"
    if operation.changes_things:
        return ApplyFailed(
            what,
            why=_reasons(errors),
            hint=f"Check with: studyctl doctor\nGo on with: studyctl deploy {environment} --resume",
        )
    return PreflightFailed(what, why=_reasons(errors), hint="Check with: studyctl doctor")


def _no_provider(environment: str, errors: Sequence[Diagnostic], _operation: Operation) -> StudyctlError:
    return PreflightFailed(
        f"a provider for {environment} could not be installed as locked",
        why=_reasons(errors),
        hint="Put the locked version into a mirror named by STUDYCTL_PROVIDER_MIRROR, or allow the registry; "
        "if .terraform.lock.hcl was changed by accident: git checkout -- .terraform.lock.hcl",
    )


def _state_unreadable(environment: str, errors: Sequence[Diagnostic], _operation: Operation) -> StudyctlError:
    return PreflightFailed(
        f"the state of {environment} cannot be read",
        why=_reasons(errors),
        hint=f"Nothing was changed. Find the last good version with: studyctl recover {environment}",
    )


def _disk_full(environment: str, errors: Sequence[Diagnostic], operation: Operation) -> StudyctlError:
    kind = ApplyFailed if operation.changes_things else PreflightFailed
    return kind(
        "the disk is full", why=_reasons(errors), hint=f"Make room where .build/{environment} is, then run it again."
    )


def _apply_failed(ending: Ending, environment: str) -> StudyctlError:
    progress = ending.progress
    errors = progress.errors or (_from_stderr(ending.stderr),)
    failed = f" Failed: {_listed(progress.failed)}." if progress.failed else ""
    return ApplyFailed(
        f"the apply to {environment} failed with {progress.done} of {progress.total} done",
        why=f"The state is stored.{failed}\n{_reasons(errors)}",
        hint=f"When the cause is mended, go on with: studyctl deploy {environment} --resume",
    )


def _other(ending: Ending, operation: Operation, environment: str) -> StudyctlError:
    errors = ending.progress.errors or (_from_stderr(ending.stderr),)
    why = _reasons(errors)
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


def _reasons(errors: Sequence[Diagnostic]) -> str:
    lines = [
        " · ".join(part for part in (error.address, error.where, _flat(error)) if part)
        for error in errors[:SHOWN_ERRORS]
    ]
    if len(errors) > SHOWN_ERRORS:
        lines.append(f"and {len(errors) - SHOWN_ERRORS} more")
    return "\n".join(lines)


def _flat(error: Diagnostic) -> str:
    detail = " ".join(error.detail.split())
    return f"{error.summary}: {detail[:600]}" if detail else error.summary


def _from_stderr(text: str) -> Diagnostic:
    return Diagnostic(severity="error", summary=" ".join(text.split())[:600] or "terraform gave no reason")


def _listed(names: Sequence[str], limit: int = 6) -> str:
    rest = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + rest


def _matches(pattern: re.Pattern[str]) -> Callable[[str, Sequence[Diagnostic]], bool]:
    return lambda joined, _errors: pattern.search(joined) is not None


_EXPLANATIONS: Sequence[
    tuple[
        Callable[[str, Sequence[Diagnostic]], bool],
        Callable[[str, Sequence[Diagnostic], Operation], StudyctlError],
    ]
] = (
    (_matches(_LOCKING), _locked),
    (_matches(_STALE), _stale),
    (_matches(_NO_BUCKET), _no_bucket),
    (_matches(_ACCOUNT), _wrong_account),
    (_matches(_SKEW), _no_credentials),
    (_matches(_CREDENTIALS), _no_credentials),
    (_matches(_DENIED), _denied),
    (_matches(_DISK_FULL), _disk_full),
    (_matches(_PROVIDERS), _no_provider),
    (_matches(_STATE_BAD), _state_unreadable),
    (_matches(_UNREACHABLE), _unreachable),
)
