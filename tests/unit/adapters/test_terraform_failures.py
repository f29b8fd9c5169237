import signal
from pathlib import Path
from typing import Any

import pytest

from studyctl.adapters.terraform import failures
from studyctl.adapters.terraform.process import Ending
from studyctl.domain.events import Action, ApplyCompleted, ApplyStarted, ChangeSummary, Diagnostic, Event
from studyctl.domain.lock import StateLocked
from studyctl.domain.progress import follow
from studyctl.domain.run import Operation, RunResult
from studyctl.domain.workspace import BOOTSTRAP
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

LOCK = """operation error S3: PutObject, https response error StatusCode: 412, PreconditionFailed
Lock Info:
  ID:        abc
  Path:      b/dev.tfstate
  Operation: OperationTypeApply
  Who:       ci@runner
  Created:   2026-11-22 14:12:03 +0000 UTC
"""
SUMMARY = ChangeSummary(operation="apply", add=1, change=0, remove=0)
IN_FLIGHT = ApplyStarted(at=1.0, address="aws_vpc.main", action=Action.CREATE)


def error(summary: str, detail: str = "", **fields: Any) -> Diagnostic:
    return Diagnostic(severity="error", summary=summary, detail=detail, **fields)


def ending(*events: Event, code: int | None = 1, **fields: Any) -> Ending:
    result = None if code is None else RunResult(code, max(0, code - 128), 1.0, fields.pop("errored_state", None))
    return Ending(Path("/run"), follow(events), result, **fields)


def of(found: Ending, operation: Operation = Operation.APPLY) -> StudyctlError:
    return failures.of(found, operation, "dev")


@pytest.mark.parametrize(
    ("operation", "diagnostic", "kind", "says"),
    [
        (Operation.PLAN, error("Error acquiring the state lock", LOCK), StateLocked, "ci@runner, operation apply"),
        (Operation.PLAN, error("Error acquiring the state lock", "StatusCode: 412"), StateLocked, "recover"),
        (Operation.PLAN, error("Error acquiring the state lock", "NoSuchBucket: x"), PreflightFailed, "bucket"),
        (
            Operation.APPLY,
            error("Error acquiring the state lock", "dial tcp: refused"),
            PreflightFailed,
            "cannot be locked",
        ),
        (
            Operation.INIT,
            error("Failed to get existing workspaces", 'S3 bucket "x" does not exist.'),
            PreflightFailed,
            "bucket",
        ),
        (Operation.APPLY, error("Saved plan is stale"), StalePlan, "studyctl plan dev"),
        (Operation.APPLY, error("x", "ExpiredToken: y"), ApplyFailed, "expired"),
        (Operation.PLAN, error("No valid credential sources found"), PreflightFailed, "expired"),
        (Operation.PLAN, error("x", "RequestTimeTooSkewed"), PreflightFailed, "clock"),
        (
            Operation.APPLY,
            error("creating VPC", "api error UnauthorizedOperation: not authorized to perform: ec2:CreateVpc on x"),
            ApplyFailed,
            "ec2:CreateVpc",
        ),
        (Operation.APPLY, error("x", "operation error KMS: CreateKey, AccessDenied"), ApplyFailed, "kms:CreateKey"),
        (
            Operation.INIT,
            error("Failed to query available provider packages", "no such host"),
            PreflightFailed,
            "mirror",
        ),
        (Operation.INIT, error("Provider dependency changes detected"), PreflightFailed, ".terraform.lock.hcl"),
        (
            Operation.PLAN,
            error("reading IAM Policy (arn:aws:iam::1:policy/boundaries/study-dev-workloads): couldn't find resource"),
            PreflightFailed,
            "studyctl bootstrap dev",
        ),
        (Operation.PLAN, error("AWS account ID not allowed: 1"), PreflightFailed, "another account"),
        (Operation.PLAN, error("x", "write: no space left on device"), PreflightFailed, "disk is full"),
        (Operation.PLAN, error("state snapshot was created by Terraform v9"), PreflightFailed, "state of dev"),
        (Operation.PLAN, error("x", "dial tcp 127.0.0.1:1: connect: connection refused"), PreflightFailed, "reached"),
        (Operation.PLAN, error("Invalid value", filename="main.tf", line=3), UsageError, "main.tf:3"),
        (Operation.PLAN, error("Something of next year"), PreflightFailed, "next year"),
        (Operation.APPLY, error("Something of next year"), ApplyFailed, "--resume"),
        (
            Operation.APPLY,
            error("x", "operation error EC2: CreateVpc, StatusCode: 0, EOF", address="aws_vpc.a"),
            OutcomeUnknown,
            "aws_vpc.a",
        ),
        (Operation.APPLY, error("x", "deserialization failed", address="aws_vpc.a"), OutcomeUnknown, "recover"),
        (
            Operation.APPLY,
            error(
                "x",
                "StatusCode: 200, decomposing response: read tcp 127.0.0.1:1: use of closed network connection",
                address="aws_vpc.a",
            ),
            OutcomeUnknown,
            "aws_vpc.a",
        ),
        (Operation.PLAN, error("x", "read tcp: use of closed network connection"), PreflightFailed, "reached"),
        (Operation.APPLY, error("Plugin did not respond"), OutcomeUnknown, "provider crashed"),
        (Operation.APPLY, error("Failed to save state", "403"), OutcomeUnknown, "recover"),
    ],
)
def test_an_error_means_one_exit_code_and_names_the_next_step(
    operation: Operation, diagnostic: Diagnostic, kind: type[StudyctlError], says: str
) -> None:
    failure = of(ending(diagnostic), operation)
    assert type(failure) is kind
    assert says in str(failure)
    assert failure.hint or "Nothing was changed" in failure.why


@pytest.mark.parametrize("code", [137, 139, None])
def test_f10_a_killed_apply_is_unknown_and_a_killed_plan_changed_nothing(code: int | None) -> None:
    assert isinstance(of(ending(IN_FLIGHT, code=code)), OutcomeUnknown)
    assert "aws_vpc.main" in of(ending(IN_FLIGHT, code=code)).why
    assert isinstance(of(ending(code=code), Operation.PLAN), PreflightFailed)


def test_f06_f08_an_interruption_is_clean_only_with_nothing_in_flight() -> None:
    done = ApplyCompleted(address="aws_vpc.main", action=Action.CREATE, elapsed_seconds=1)
    halted = error("execution halted")
    assert isinstance(of(ending(IN_FLIGHT, halted, interrupted_by=signal.SIGINT)), OutcomeUnknown)
    assert isinstance(of(ending(IN_FLIGHT, done, halted, interrupted_by=signal.SIGINT)), Interrupted)
    assert isinstance(of(ending(IN_FLIGHT, done, halted, interrupted_by=signal.SIGTERM)), Terminated)
    assert isinstance(of(ending(interrupted_by=signal.SIGINT, is_forced=True)), OutcomeUnknown)
    assert isinstance(of(ending(IN_FLIGHT, interrupted_by=signal.SIGINT), Operation.PLAN), Interrupted)


def test_a_state_left_on_disk_is_named() -> None:
    kept = Path("/run/errored.tfstate")
    failure = of(ending(error("Failed to persist state"), errored_state=kept))
    assert isinstance(failure, OutcomeUnknown)
    assert str(kept) in failure.why


def test_f24_only_giving_the_lock_back_failing_is_not_a_failure() -> None:
    unlock = error("Error releasing the state lock", "503")
    assert failures.left_lock(ending(SUMMARY, unlock)) == "Error releasing the state lock"
    assert failures.left_lock(ending(unlock)) == "Error releasing the state lock", "it then says no summary"
    assert failures.left_lock(ending(IN_FLIGHT, unlock)) == ""
    assert failures.left_lock(ending(unlock, code=None)) == ""
    assert failures.left_lock(ending(SUMMARY, unlock, error("other"))) == ""


def test_an_error_outside_the_stream_is_shown() -> None:
    assert "exec format error" in str(of(ending(stderr="exec format error: terraform", code=127), Operation.PLAN))


def test_many_errors_are_cut() -> None:
    failure = of(ending(*[error(f"error {number}") for number in range(40)]))
    assert "and 35 more" in failure.why


@pytest.mark.parametrize("diagnostic", [error("x", "ExpiredToken: y"), error("x", "AccessDenied"), error("other")])
def test_a_failed_bootstrap_names_the_command_that_bootstraps(diagnostic: Diagnostic) -> None:
    found = failures.of(ending(SUMMARY, diagnostic), Operation.APPLY, BOOTSTRAP)
    assert "studyctl bootstrap ENV" in found.hint
    assert "--resume" not in found.hint


@pytest.mark.parametrize(
    "detail",
    [
        "lock ID 'abc' does not match the existing lock ID 'def'",
        "failed to retrieve lock info: operation error S3: GetObject, StatusCode: 404, NoSuchKey: ",
    ],
)
def test_f18_a_lock_that_was_taken_away_is_more_than_a_lock_that_is_left(detail: str) -> None:
    found = ending(SUMMARY, error("Error releasing the state lock", detail))
    assert failures.left_lock(found) == ""
    failure = of(found)
    assert isinstance(failure, OutcomeUnknown)
    assert "taken away" in failure.what


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("creating Log Group: ResourceAlreadyExistsException: it already exists", OutcomeUnknown),
        ("creating S3 Bucket (x): BucketAlreadyOwnedByYou: ", OutcomeUnknown),
        ("creating S3 Bucket (x): BucketAlreadyExists: not available", ApplyFailed),
    ],
)
def test_f42_what_is_there_already_may_be_of_a_call_whose_answer_was_lost(text: str, kind: type[Exception]) -> None:
    assert type(of(ending(error(text, address="aws_x.y")))) is kind


def test_f46_what_hung_is_named() -> None:
    applying = of(ending(IN_FLIGHT, error("request canceled", address="aws_vpc.main"), hung=("aws_vpc.main",)))
    assert isinstance(applying, OutcomeUnknown)
    assert "aws_vpc.main waited in vain" in applying.what
    planning = of(ending(hung=("terraform itself",)), Operation.PLAN)
    assert isinstance(planning, PreflightFailed)
    assert "did not come" in planning.what


def test_f51_f56_f57_credentials_clock_and_a_missing_action_are_told_apart() -> None:
    def said(detail: str) -> str:
        failure = of(ending(error("x", detail)))
        assert isinstance(failure, ApplyFailed), "exit 6: the state is stored, a second run goes on"
        assert "--resume" in failure.hint
        return failure.what

    assert "expired" in said("ExpiredToken: y")
    assert "clock" in said("RequestTimeTooSkewed: y")
    assert "logs:CreateLogGroup" in said("AccessDenied: x is not authorized to perform: logs:CreateLogGroup on y")


def test_f54_another_account_is_told_as_one() -> None:
    failure = of(ending(error("AWS account ID not allowed: 1")), Operation.PLAN)
    assert isinstance(failure, PreflightFailed)
    assert "another account" in failure.what
