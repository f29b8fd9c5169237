"""What jobs hand on: plans, reports, caches."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.policy.rules.rule import Offence
from studyctl.domain.policy.workflow_rules.subject import CALL, OWN_ENTERING, Pipeline, Step, rule

UPLOAD = "actions/upload-artifact@"
PLAN = ".tfplan"
UNNAMED = re.compile(r"[*?\[]|/$|^\.?$")
APPLY = re.compile(CALL + r"apply\b.*")
PROMOTE = re.compile(CALL + r"promote\b.*")


def named_files_for_a_time(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield uploads of whatever lies there, of plans in plain text, and those that are kept for months."""
    for step in pipeline.steps:
        if not step.uses.startswith(UPLOAD):
            continue
        paths = step.given("path").split()
        for path in paths or [""]:
            if UNNAMED.search(path):
                yield step.at(f"it uploads {path or 'the whole workspace'}, not named files")
            if "plan" in path and path.endswith(".json") and not path.endswith(f"{PLAN}.manifest.json"):
                yield step.at(f"{path} holds secrets in plain text")
        kept = step.given("retention-days")
        longest = 1 if any(PLAN in path for path in paths) else 30
        if not kept.isdigit() or int(kept) > longest:
            yield step.at(f"it is kept {kept or '90'} days, {longest} at most would do")


def what_was_agreed_to_is_what_goes_on(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield applies that believe a plan by the artifact alone, and promotions of whatever serves by then."""
    for step in pipeline.steps:
        for call in APPLY.findall(step.run):
            if not _is_told_by_a_job("--seal", call, step):
                yield step.at("the plan's seal does not come from the output of the job that planned")
        for call in PROMOTE.findall(step.run):
            if not _is_told_by_a_job("--release", call, step):
                yield step.at("the release does not come from the output of the job that proved it")


def _is_told_by_a_job(option: str, call: str, step: Step) -> bool:
    """Whether the option's value is a variable of the step that holds the output of an earlier job."""
    found = re.search(rf'{option}[ =]"?\$\{{?(?P<name>[A-Z_]+)\}}?"?', call)
    told = str((step.content.get("env") or {}).get(found["name"], "")) if found else ""
    return "needs." in told and ".outputs." in told


def nothing_is_cached_beside_credentials(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield caches in jobs that can reach an account: whoever fills the cache acts as that job."""
    for job in pipeline.jobs:
        if not (job.is_action or job.has_identity or any(step.uses == OWN_ENTERING for step in job.steps)):
            continue
        for step in job.steps:
            if step.uses.startswith("actions/cache") or step.given("cache") not in {"", "False", "false"}:
                yield step.at("it takes files from a cache that other jobs can fill")


RULES = (
    rule(
        "SC808",
        "unnamed-artifact",
        named_files_for_a_time,
        source="https://github.com/actions/upload-artifact",
        summary="Artifacts are named files, no plan in plain text among them, and a plan is gone after a day",
        fix="Name each file, and set retention-days: 1 for plans, 30 at most for the rest.",
    ),
    rule(
        "SC809",
        "not-what-was-agreed-to",
        what_was_agreed_to_is_what_goes_on,
        summary="What was approved is what goes on: the plan's seal and the proven release travel as a job's output",
        fix='Write `apply ENV --plan FILE --seal "$SEAL"` and `promote FROM TO --release "$RELEASE"`, both from '
        "needs.JOB.outputs in env.",
    ),
    rule(
        "SC810",
        "cache-beside-credentials",
        nothing_is_cached_beside_credentials,
        source="https://docs.zizmor.sh/audits/#cache-poisoning",
        summary="Jobs that can reach an account take nothing from a cache",
        fix="Remove the cache.",
    ),
)
