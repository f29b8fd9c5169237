"""Which jobs may reach an account, and which may change one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.policy.rules.rule import Offence
from studyctl.domain.policy.workflow_rules.subject import ENTERING, Job, Pipeline, rule

OIDC = "https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws"
SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository"
ON_MAIN = "github.ref == 'refs/heads/main'"
PLANS, LOOKS = "-plan", "-drift"
"""How the names of environments end that only read: behind the reviewers of pull requests, and behind nobody."""
FORBIDDEN_INPUTS = ("aws-access-key-id", "aws-secret-access-key", "aws-session-token")


def pull_requests_only_read(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield jobs of pull requests that get an identity without every guard."""
    for job in pipeline.real_jobs:
        if "pull_request" not in job.file.triggers or not job.has_identity:
            continue
        if not job.runs_only_if(SAME_REPOSITORY):
            yield job.at("a pull request from a fork gets an identity", "if")
        if not job.environment.endswith(PLANS):
            yield job.at("its environment is not the read-only one of pull requests", "environment")
        if "needs" not in job.content:
            yield job.at("nothing looked at the pull request before it gets an identity", "needs")
        if job.changes_an_account:
            yield job.at("a pull request changes an account")


def changes_come_from_main(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield jobs that change an account for something else than main, or without a protected environment."""
    for job in pipeline.real_jobs:
        if not job.changes_an_account:
            continue
        if not job.environment or job.environment.endswith((PLANS, LOOKS)):
            yield job.at("it changes an account without a protected environment", "environment")
        yield from _foreign_triggers(job)


def _foreign_triggers(job: Job) -> Iterator[Offence]:
    for trigger, filters in job.file.triggers.items():
        if trigger == "push" and (filters or {}).get("branches") == ["main"] and "tags" not in filters:
            continue
        if trigger == "workflow_dispatch" and job.runs_only_if(ON_MAIN):
            continue
        yield job.at(f"it changes an account on {trigger} of something else than main")


def only_one_account(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield steps that take credentials of any account, stored keys, or a second account's in place of the job's."""
    for step in pipeline.steps:
        if not step.uses.startswith(ENTERING):
            continue
        if not step.given("allowed-account-ids"):
            yield step.at("it takes credentials of any account")
        if not step.given("role-to-assume"):
            yield step.at("it assumes no role")
        hands_on, replaces = step.given("output-credentials").lower(), step.given("output-env-credentials").lower()
        if hands_on == "true" and replaces != "false":
            yield step.at("the credentials that it hands on also take the place of the job's own")
        for name in FORBIDDEN_INPUTS:
            if step.given(name):
                yield step.at(f"it is given stored keys ({name})")


def one_at_a_time(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield jobs with an identity that may run beside each other, or be cancelled by a newer one."""
    for job in pipeline.real_jobs:
        if not job.has_identity:
            continue
        told = job.content.get("concurrency")
        group = str(told.get("group", "")) if isinstance(told, dict) else str(told or "")
        name = re.sub(rf"({PLANS}|{LOOKS})$", "", job.environment)
        if not name or name not in group:
            yield job.at("its concurrency group does not name its environment", "concurrency")
        if not isinstance(told, dict) or told.get("cancel-in-progress") is not False:
            yield job.at("a newer run would cancel it in the middle of a change", "concurrency")


def schedules_only_look(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield jobs that nobody started and that change something, or wait for somebody who is asleep."""
    for job in pipeline.real_jobs:
        if "schedule" not in job.file.triggers:
            continue
        if job.changes_an_account:
            yield job.at("nobody started it, and it changes an account")
        elif job.has_identity and job.environment.endswith(PLANS):
            yield job.at("nobody started it, and it waits for the reviewers of pull requests", "environment")
        elif job.has_identity and not job.environment.endswith(LOOKS):
            yield job.at("nobody started it, and it can change an account", "environment")


RULES = (
    rule(
        "SC803",
        "pull-request-with-identity",
        pull_requests_only_read,
        source=OIDC,
        summary="A pull request plans with a read-only role, of this repository only, after something looked at it",
        fix=f'Add `if: {SAME_REPOSITORY}`, a needed job that looks, and an environment named "ENV{PLANS}".',
    ),
    rule(
        "SC804",
        "change-not-from-main",
        changes_come_from_main,
        source=OIDC,
        summary="Accounts are changed by main only, behind a protected environment",
        fix=f"Trigger on push to [main], or add `if: {ON_MAIN}`; give the job an environment.",
    ),
    rule(
        "SC805",
        "any-account",
        only_one_account,
        source="https://github.com/aws-actions/configure-aws-credentials",
        summary="Credentials come from a role of one named account, never from stored keys",
        fix="Set role-to-assume and allowed-account-ids, and remove the keys; beside output-credentials set "
        "output-env-credentials: false.",
    ),
    rule(
        "SC806",
        "not-one-at-a-time",
        one_at_a_time,
        source="https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency",
        summary="Jobs that reach an environment run one at a time and are not cancelled by newer ones",
        fix="Set concurrency with a group that names the environment, and cancel-in-progress: false.",
    ),
    rule(
        "SC807",
        "schedule-that-changes",
        schedules_only_look,
        summary="What runs by the clock only looks, and waits for nobody",
        fix=f'Give it an environment named "ENV{LOOKS}" and no command that changes an account.',
    ),
)
