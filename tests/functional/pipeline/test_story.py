"""From an empty account to two environments without a laptop, by the steps of the workflows themselves.

The tests are steps of one story and run in the order of this file. What they look at is what a team would: the results
of jobs, their summaries, exit codes, the ledger, issues. Twice somebody cancels a job in the middle.
"""

from __future__ import annotations

import signal

import pytest
from tests.functional.pipeline.town import Town
from tests.support.pipeline.results import Result, WorkflowRun
from tests.support.pipeline.step_process import Cancel

pytestmark = [pytest.mark.terraform, pytest.mark.emulator, pytest.mark.slow]

STAGING_RELEASE = "deploy staging --only services"
VERSION = ("toolkit/src/studyservices/version.py", 'APP_VERSION = "1.0.0"', 'APP_VERSION = "1.0.1"')
SICK = ("toolkit/src/studyservices/platform_routes.py", "answer.status.value", "500")
"""The pages that the balancer asks whether a task is healthy answer 500."""


@pytest.fixture(scope="module")
def cut_off(town: Town) -> WorkflowRun:
    """The first push to main, cancelled while terraform makes staging; the runner waits for nobody and kills."""
    hasty = Cancel(town.has_made("staging", resources=40), interrupt_seconds=0.5, terminate_seconds=0)
    return town.push_and_cancel("staging-infrastructure", hasty, "Everything begins")


@pytest.fixture(scope="module")
def first(town: Town, cut_off: WorkflowRun) -> WorkflowRun:
    """The same commit, run again."""
    return town.push_again()


@pytest.fixture(scope="module")
def cancelled_release(town: Town, first: WorkflowRun) -> WorkflowRun:
    """A commit whose release to staging is cancelled; from now on nobody agrees to prod."""
    town.protect("prod-plan", "prod")
    return town.push_and_cancel(
        "staging", Cancel(town.has_done_a_step("staging", 2), interrupt_seconds=60), "Raise the version", *VERSION
    )


@pytest.fixture(scope="module")
def second(town: Town, cancelled_release: WorkflowRun) -> WorkflowRun:
    """The same commit, run again."""
    return town.push_again()


@pytest.fixture(scope="module")
def bad(town: Town, second: WorkflowRun) -> WorkflowRun:
    """A commit whose services answer 500 when they are asked whether they are well."""
    return town.push("Break it", *SICK)


@pytest.fixture(scope="module")
def back(town: Town, bad: WorkflowRun) -> WorkflowRun:
    """Somebody puts the release before the last one back by hand."""
    return town.start("rollback.yml", environment="staging", reason="The second is slow")


def test_a_deploy_that_is_cancelled_and_killed_loses_nothing(town: Town, cut_off: WorkflowRun) -> None:
    job = cut_off.job("staging-infrastructure").must(Result.CANCELLED)
    ended = job.step("deploy staging").ended
    assert ended is not None
    assert ended.signals[0] is signal.SIGINT
    assert job.step("recover staging").result is Result.SUCCESS, job.step("recover staging").said
    assert job.orphans == 0, "terraform came to its end before the runner cleaned up"
    assert {result for name, result in cut_off.results.items() if name != job.name} == {Result.SKIPPED}
    assert town.locks("staging") == (None, None)
    assert town.lab.studyctl("status", "staging", "--json").must(0).document["state"]["resources"] >= 40


def test_a_commit_on_main_reaches_staging_and_then_prod_with_the_same_digests(town: Town, first: WorkflowRun) -> None:
    first.must(Result.SUCCESS)
    assert list(first.results) == ["staging-infrastructure", "image", "staging", "prod-plan", "prod"]
    assert town.images("staging") == town.images("prod")
    (released,), (promoted,) = town.lab.ledger("staging"), town.lab.ledger("prod")
    assert (released["operation"], promoted["operation"]) == ("release", "promotion")
    assert promoted["promoted_from"] == "staging 1"
    assert released["actor"] == "somebody (run 2)"
    assert released["release"]["commit"] == promoted["release"]["commit"] == town.lab.origin.head


def test_the_summaries_tell_the_plan_the_release_and_the_smoke_test(first: WorkflowRun) -> None:
    assert "### staging: " in first.job("staging-infrastructure").summary
    assert "### prod: " in first.job("prod-plan").summary, "what the approval is about"
    for name in ("staging", "prod"):
        summary = first.job(name).summary
        assert f"{name}: release 1 is proven" in summary
        assert f"### Smoke test of {name}: pass" in summary


def test_a_release_that_is_cancelled_gives_the_lock_back(town: Town, cancelled_release: WorkflowRun) -> None:
    job = cancelled_release.job("staging").must(Result.CANCELLED)
    ended = job.step(STAGING_RELEASE).ended
    assert ended is not None
    assert ended.signals == (signal.SIGINT,), "it ends by itself"
    assert ended.exit_code == 130
    assert "### Failed: stopped; release 2 stands at step" in job.summary
    assert town.locks("staging") == (None, None)
    assert town.serving("staging")["number"] == 1


def test_the_next_run_finishes_what_was_left(town: Town, second: WorkflowRun) -> None:
    said = second.job("staging").must(Result.SUCCESS).step(STAGING_RELEASE).said
    assert "release 2 was left at step" in said
    assert town.serving("staging")["number"] == 2


def test_a_commit_that_nobody_agreed_to_waits_before_prod(town: Town, second: WorkflowRun) -> None:
    assert second.results == {
        "staging-infrastructure": Result.SUCCESS,
        "image": Result.SUCCESS,
        "staging": Result.SUCCESS,
        "prod-plan": Result.WAITING,
        "prod": Result.WAITING,
    }
    assert town.images("staging") != town.images("prod")


def test_a_bad_commit_is_rolled_back_and_its_job_fails_with_the_reason(
    town: Town, second: WorkflowRun, bad: WorkflowRun
) -> None:
    job = bad.job("staging").must(Result.FAILURE)
    assert (bad.results["prod-plan"], bad.results["prod"]) == (Result.SKIPPED, Result.SKIPPED)
    ended = job.failed.ended
    assert STAGING_RELEASE in job.failed.name
    assert ended is not None
    assert ended.exit_code == 8
    returned, failed, *_ = town.lab.ledger("staging")
    assert failed["problem"], "an alarm or a health check, whichever saw it first"
    first_line, *others = failed["problem"].splitlines()
    assert f"### Failed: release 3 failed: {first_line}" in job.summary
    assert all(line.strip() in job.summary for line in others)
    assert "Release 2 serves again" in job.summary
    assert (returned["operation"], returned["status"], failed["status"]) == ("return", "proven", "failed")
    assert failed["release"]["commit"] == town.lab.origin.head
    assert town.serving("staging")["restores"] == 2


def test_the_rollback_workflow_goes_back_and_keeps_the_reason(town: Town, back: WorkflowRun) -> None:
    summary = back.must(Result.SUCCESS).job("rollback").summary
    assert "staging: release 1 serves again" in summary
    assert "### Smoke test of staging: pass" in summary
    newest = town.lab.ledger("staging")[0]
    assert (newest["operation"], newest["reason"]) == ("rollback", "The second is slow")
    assert town.images("staging") == town.images("prod"), "prod still runs the first"


def test_drift_is_found_told_in_an_issue_and_left_as_it_is(town: Town, back: WorkflowRun) -> None:
    """At night: the plan of prod still waits for reviewers, and this waits for nobody."""
    logs, queues = town.account.client("logs"), town.account.client("sqs")
    platform = town.lab.studyctl("outputs", "staging", "--json").must(0).document["platform"]
    group = platform["services"]["api"]["log_group_name"]
    logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    queues.create_queue(QueueName="by-hand", tags={"Project": "study", "Environment": "staging"})

    found = town.start("drift.yml", "schedule")

    staging, prod = found.job("drift (staging)").must(Result.FAILURE), found.job("drift (prod)")
    prod.must(Result.SUCCESS)
    ended = staging.failed.ended
    assert ended is not None
    assert ended.exit_code == 2
    assert "### staging: 1 changed, 1 unmanaged" in staging.summary
    assert "### prod: no drift" in prod.summary
    for name in ("staging", "prod"):
        found.job(f"issue ({name})").must(Result.SUCCESS)
    (issue,) = town.runner.github.issues.iterdir()
    text = issue.read_text("utf-8")
    assert text.startswith("Drift of staging\n")
    assert "retention_in_days: 30 in the state, 1 in the account" in text
    assert "by-hand carries the environment's tags, and no state knows it" in text
    (kept,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert kept["retentionInDays"] == 1, "it never applies"
