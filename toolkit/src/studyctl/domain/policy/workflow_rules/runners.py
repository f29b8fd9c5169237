"""Where jobs run and for how long."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence
from studyctl.domain.policy.workflow_rules.subject import Pipeline, rule

HOSTED = re.compile(r"(ubuntu|windows|macos)-[0-9][0-9.]*(-[a-z0-9]+)*")
LONGEST_APPLY_MINUTES = 60
"""A certificate may take up to 75 minutes, a database or a distribution 40; a job is not cut off before the apply."""


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
)
