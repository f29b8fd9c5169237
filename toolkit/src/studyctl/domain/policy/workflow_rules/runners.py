"""Where jobs run and for how long."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence
from studyctl.domain.policy.workflow_rules.subject import CALL, ENTERING, OWN_ENTERING, Job, Pipeline, Step, rule

HOSTED = re.compile(r"(ubuntu|windows|macos)-[0-9][0-9.]*(-[a-z0-9]+)*")
LONGEST_APPLY_MINUTES = 60
"""A certificate may take up to 75 minutes, a database or a distribution 40; a job is not cut off before the apply."""

WAITING = re.compile(r"--lock-timeout[= ](?P<count>\d+)(?P<unit>[smh])\b")
SECONDS_OF = {"s": 1, "m": 60, "h": 3600}
AN_HOUR = "3600"
"""How long credentials last where nobody says more."""
APPLYING = re.compile(CALL + r"(apply|deploy(?!.*--only services))\b")
EXPIRY = "AWS_CREDENTIAL_EXPIRATION"


def hosted_and_pinned(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield jobs on machines that keep something of earlier jobs, or whose image changes by itself."""
    for job in pipeline.real_jobs:
        image = str(job.content.get("runs-on", ""))
        if "uses" not in job.content and not HOSTED.fullmatch(image):
            yield job.at(f"it runs on {image or 'nothing'}: not a hosted image with a version", "runs-on")


def every_job_ends(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield jobs without a limit, and jobs whose limit would cut off what they change."""
    for job in pipeline.real_jobs:
        limit = job.content.get("timeout-minutes")
        if "uses" in job.content:
            continue
        if not isinstance(limit, int):
            yield job.at("it has no timeout-minutes, so it may hang for six hours")
        elif job.changes_an_account and limit < LONGEST_APPLY_MINUTES:
            yield job.at(f"{limit} minutes would cut off an apply", "timeout-minutes")


def limits_agree(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield jobs that may end while they wait for a lock, and those that their credentials may not outlive."""
    for job in pipeline.real_jobs:
        limit = job.content.get("timeout-minutes")
        if not isinstance(limit, int):
            continue
        waiting = sum(_waiting_seconds(step) for step in job.steps) // 60
        if waiting >= limit:
            yield job.at(f"it may wait {waiting} minutes for locks and ends after {limit}", "timeout-minutes")
        yield from _credentials_end(job, limit)


def _waiting_seconds(step: Step) -> int:
    return sum(int(found["count"]) * SECONDS_OF[found["unit"]] for found in WAITING.finditer(step.run))


def _credentials_end(job: Job, limit_minutes: int) -> Iterator[Offence]:
    for step in job.steps:
        if step.uses == OWN_ENTERING:
            lasting = step.given("seconds") or AN_HOUR
        elif step.uses.startswith(ENTERING):
            lasting = step.given("role-duration-seconds") or AN_HOUR
        else:
            if APPLYING.search(step.run) and "steps." not in str((step.content.get("env") or {}).get(EXPIRY, "")):
                yield step.at("nobody tells it when its credentials end, so it cannot refuse to begin too late")
            continue
        if not lasting.isdigit() or int(lasting) < limit_minutes * 60:
            yield step.at(f"its credentials last {lasting} seconds and the job {limit_minutes} minutes")


RULES = (
    rule(
        "SC801",
        "runner-not-pinned",
        hosted_and_pinned,
        summary="Jobs run on hosted images with a version, which nobody else has used before",
        fix="Write a hosted image with its version, such as ubuntu-24.04.",
    ),
    rule(
        "SC802",
        "job-without-limit",
        every_job_ends,
        severity=Severity.MEDIUM,
        source="https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idtimeout-minutes",
        summary="Every job has timeout-minutes, and one that changes an account an hour or more",
        fix="Set timeout-minutes; 60 or more where the account is changed.",
    ),
    rule(
        "SC817",
        "limits-that-disagree",
        limits_agree,
        severity=Severity.MEDIUM,
        source="https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws",
        summary="A job ends after what it may wait for and before its credentials do, and an apply knows when that is",
        fix="Raise timeout-minutes above the sum of --lock-timeout, give the account's action as many seconds, "
        f"and set {EXPIRY} from its output until.",
    ),
)
