"""What jobs run: the toolkit, as the runner's direct child, and nothing that came unseen over the network."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence
from studyctl.domain.policy.workflow_rules.subject import Pipeline, rule

TERRAFORM = re.compile(r"(?:^|[\s;&|(/])(?:terraform|tofu|terragrunt)\s", re.MULTILINE)
STUDYCTL = re.compile(r"\bstudyctl\s")
PIPED = re.compile(
    r"\b(?:curl|wget)\b[^\n|]*\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b|\b(?:ba|z|da)?sh\s+(?:-c\s+)?[\"']?[<$]\(\s*(?:curl|wget)"
)
FOR_LATER_STEPS = re.compile(r"GITHUB_(?:ENV|PATH)\b")
PIP = re.compile(r"\b(?:pip3?|uv pip|pipx|uvx)\s+(?:install|run)?\b.*")


def terraform_only_through_the_toolkit(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield steps that run terraform by themselves, past the scan of the configuration and the locked providers."""
    for step in pipeline.steps:
        if TERRAFORM.search(step.run):
            yield step.at("it runs terraform itself: nothing scans the configuration, nothing holds the providers")


def signals_reach_the_toolkit(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield steps in which a shell stands between the runner and the command."""
    for step in pipeline.steps:
        lines = [line for line in step.run.splitlines() if STUDYCTL.search(line)]
        if lines and (len(lines) > 1 or not lines[0].lstrip().startswith("exec ") or "|" in lines[0]):
            yield step.at("the runner's SIGINT reaches a shell, not the toolkit")


def nothing_unseen_is_run(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield steps that run what a server hands out just then."""
    for step in pipeline.steps:
        if PIPED.search(step.run):
            yield step.at("it pipes a download into a shell")
        for call in PIP.findall(step.run):
            if "--require-hashes" not in call:
                yield step.at(f"it installs without hashes: {call.strip()}")


def steps_do_not_change_each_other(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield steps that set variables or programs for all steps after them, whatever the value came from."""
    for step in pipeline.steps:
        for name in sorted(set(FOR_LATER_STEPS.findall(step.run))):
            yield step.at(f"it writes {name}, so what it read decides what later steps run")


RULES = (
    rule(
        "SC811",
        "terraform-past-the-toolkit",
        terraform_only_through_the_toolkit,
        summary="Terraform runs only through the toolkit, which scans what it loads and holds providers to hashes",
        fix="Call studyctl instead.",
    ),
    rule(
        "SC812",
        "shell-in-between",
        signals_reach_the_toolkit,
        severity=Severity.MEDIUM,
        source="https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation",
        summary="The toolkit is the runner's direct child: a cancel is SIGINT to that one, SIGTERM 7.5 s later",
        fix="Write one command a step, and begin it with exec.",
    ),
    rule(
        "SC813",
        "unseen-code",
        nothing_unseen_is_run,
        summary="Nothing is run that no hash names",
        fix="Install from a lock with --require-hashes (make setup does).",
    ),
    rule(
        "SC816",
        "environment-of-later-steps",
        steps_do_not_change_each_other,
        source="https://docs.zizmor.sh/audits/#github-env",
        summary="No step sets variables or programs for later ones; zizmor looks for that only in a few triggers",
        fix="Hand the value on as an output of the step, and name it in `env` of the step that needs it.",
    ),
)
