"""Terraform's and AWS's error texts, and what each means for the operator: one table, first match wins."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from studyctl.domain.events import Diagnostic
from studyctl.domain.lock import LockInfo, StateLocked
from studyctl.domain.run import Operation
from studyctl.domain.workspace import BOOTSTRAP
from studyctl.errors import ApplyFailed, PreflightFailed, StalePlan, StudyctlError

SHOWN_ERRORS = 5

_LOCK_TAKEN = re.compile(r"PreconditionFailed|ConditionalCheckFailed|StatusCode: 412|resource temporarily unavailable")
_LOCKING = re.compile(r"Error acquiring the state lock|Error locking state", re.IGNORECASE)
_STALE = re.compile(
    r"Saved plan is stale|Saved plan does not match|Failed to load .*plan|can't apply a saved plan"
    r"|plan file .*different version"
    r"|Inconsistent dependency lock file.*saved plan",
    re.IGNORECASE | re.DOTALL,
)
_NO_BUCKET = re.compile(r"NoSuchBucket|S3 bucket .* does not exist|Bucket.* does not exist", re.IGNORECASE)
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
    r"connection refused|connection reset by peer|use of closed network connection|no such host"
    r"|network is unreachable|proxyconnect|TLS handshake timeout|dial tcp"
)
_PROVIDERS = re.compile(
    r"Failed to query available provider packages|Failed to install provider|Required plugins are not installed"
    r"|Provider dependency changes detected|Inconsistent dependency lock file|doesn't match any of the checksums"
    r"|dependency lock file",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"AWS account ID not allowed|Invalid AWS account ID|AWS Account ID not allowed", re.IGNORECASE)
_STATE_BAD = re.compile(
    r"Error loading state|Failed to load state|state snapshot was created by|Unsupported state file format"
    r"|state data in S3 does not have the expected content",
    re.IGNORECASE,
)
_NO_BOUNDARY = re.compile(r"reading IAM Policy \(arn:[^)]*:policy/boundaries/[^)]+\)")
_DISK_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)

_Explanation = Callable[[str, Sequence[Diagnostic], Operation], StudyctlError]


def explain(text: str, errors: Sequence[Diagnostic], operation: Operation, environment: str) -> StudyctlError | None:
    """Return what is known about errors with this text; None when it is nothing known."""
    for pattern, explanation in _EXPLANATIONS:
        if pattern.search(text):
            return explanation(environment, errors or (from_stderr(text),), operation)
    return None


def _locked(environment: str, errors: Sequence[Diagnostic], _operation: Operation) -> StudyctlError:
    text = "\n".join(error.text for error in errors)
    lock = LockInfo.parse(text)
    if lock is not None:
        return StateLocked(
            f"{environment} is locked by {lock}",
            why=f"Lock {lock.lock_id} on {lock.path}.",
            hint=f"Wait for it with: studyctl deploy {environment} --lock-timeout 10m\n"
            f"When its holder is gone, release it where it was taken with: studyctl recover {environment}",
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
        why=reasons(errors),
        hint="Check the target with: studyctl doctor",
    )


def _no_bucket(environment: str, _errors: Sequence[Diagnostic], _operation: Operation) -> StudyctlError:
    return PreflightFailed(
        f"the bucket for the state of {environment} does not exist",
        why="The backend names a bucket that is not in this account and region, or it was deleted.",
        hint="It is made once per account by infra/bootstrap. Check account and region with: studyctl doctor",
    )


def _no_boundary(environment: str, errors: Sequence[Diagnostic], _operation: Operation) -> StudyctlError:
    return PreflightFailed(
        f"the limit of what roles of {environment} may do is not there, or may not be read",
        why=reasons(errors),
        hint=f"Nothing was changed. It is made with: studyctl bootstrap {environment}",
    )


def _stale(environment: str, errors: Sequence[Diagnostic], _operation: Operation) -> StudyctlError:
    return StalePlan(
        f"the plan for {environment} can no longer be applied",
        why=reasons(errors),
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
        hint = f"{hint}\nWhat was applied is in the state; go on with: {resuming(environment)}"
        return ApplyFailed(what, why=reasons(errors), hint=hint)
    return PreflightFailed(what, why=reasons(errors), hint=hint)


def _denied(environment: str, errors: Sequence[Diagnostic], operation: Operation) -> StudyctlError:
    action = denied_action("\n".join(error.text for error in errors)) or "an action it needs"
    what = f"the role for {environment} may not call {action}"
    if operation.changes_things:
        hint = f"Grant {action} and go on with: {resuming(environment)}"
        return ApplyFailed(what, why=reasons(errors), hint=hint)
    return PreflightFailed(
        what, why=reasons(errors), hint=f"Grant {action}, or use another role; check with: studyctl doctor"
    )


def resuming(environment: str) -> str:
    """Return the command that goes on where an apply stopped. Bootstrap is simply run again."""
    return "studyctl bootstrap ENV" if environment == BOOTSTRAP else f"studyctl deploy {environment} --resume"


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
        why=reasons(errors),
        hint="Choose the right profile or role, check with: studyctl doctor",
    )


def _unreachable(environment: str, errors: Sequence[Diagnostic], operation: Operation) -> StudyctlError:
    what = f"the target of {environment} cannot be reached"
    if operation.changes_things:
        return ApplyFailed(
            what,
            why=reasons(errors),
            hint=f"Check with: studyctl doctor\nGo on with: {resuming(environment)}",
        )
    return PreflightFailed(what, why=reasons(errors), hint="Check with: studyctl doctor")


def _no_provider(environment: str, errors: Sequence[Diagnostic], _operation: Operation) -> StudyctlError:
    return PreflightFailed(
        f"a provider for {environment} could not be installed as locked",
        why=reasons(errors),
        hint="Put the locked version into a mirror named by STUDYCTL_PROVIDER_MIRROR, or allow the registry; "
        "if .terraform.lock.hcl was changed by accident: git checkout -- .terraform.lock.hcl",
    )


def _state_unreadable(environment: str, errors: Sequence[Diagnostic], _operation: Operation) -> StudyctlError:
    return PreflightFailed(
        f"the state of {environment} cannot be read",
        why=reasons(errors),
        hint=f"Nothing was changed. Find the last good version with: studyctl recover {environment}",
    )


def _disk_full(environment: str, errors: Sequence[Diagnostic], operation: Operation) -> StudyctlError:
    kind = ApplyFailed if operation.changes_things else PreflightFailed
    return kind(
        "the disk is full", why=reasons(errors), hint=f"Make room where .build/{environment} is, then run it again."
    )


def reasons(errors: Sequence[Diagnostic]) -> str:
    """Return the first errors, one a line: address, place, summary and detail."""
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


def from_stderr(text: str) -> Diagnostic:
    """Return what terraform said outside its stream as an error."""
    return Diagnostic(severity="error", summary=" ".join(text.split())[:600] or "terraform gave no reason")


def listed(names: Sequence[str], limit: int = 6) -> str:
    """Return names for one line."""
    rest = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + rest


_EXPLANATIONS: Sequence[tuple[re.Pattern[str], _Explanation]] = (
    (_LOCKING, _locked),
    (_STALE, _stale),
    (_NO_BUCKET, _no_bucket),
    (_ACCOUNT, _wrong_account),
    (_SKEW, _no_credentials),
    (_CREDENTIALS, _no_credentials),
    (_NO_BOUNDARY, _no_boundary),
    (_DENIED, _denied),
    (_DISK_FULL, _disk_full),
    (_PROVIDERS, _no_provider),
    (_STATE_BAD, _state_unreadable),
    (_UNREACHABLE, _unreachable),
)
