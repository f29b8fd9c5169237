"""Who must agree to a change of the pipeline, and that the pipeline judges itself."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.rules.rule import Offence
from studyctl.domain.policy.workflow_rules.subject import Pipeline, rule

MUST_BE_OWNED = ("/.github/", "/terraform/", "/infra/bootstrap/", "/iam-policies/", "/toolkit/")


def what_can_do_harm_has_owners(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield folders whose changes nobody in particular must agree to, as a whole or in part."""
    lines = pipeline.owner_lines
    for folder in MUST_BE_OWNED:
        named = max((place for place, line in enumerate(lines) if line.pattern == folder and line.owners), default=None)
        if named is None:
            yield Offence(f"nobody owns {folder}", Position(f"{pipeline.folder}/CODEOWNERS"))
            continue
        for line in lines[named + 1 :]:
            if not line.owners and line.may_be_about(folder):
                yield Offence(f'nobody owns what fits "{line.pattern}" in {folder}', line.position)


def the_pipeline_judges_itself(pipeline: Pipeline) -> Iterator[Offence]:
    """Yield a pipeline in which no job of pull requests lints."""
    jobs = (job for job in pipeline.real_jobs if "pull_request" in job.file.triggers)
    if not any("studyctl lint" in step.run for job in jobs for step in job.steps):
        yield Offence("no job of pull requests runs studyctl lint", Position(pipeline.folder))


RULES = (
    rule(
        "SC814",
        "nobody-owns-it",
        what_can_do_harm_has_owners,
        source="https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners",
        summary="Pipeline, modules, bootstrap, policies and toolkit have owners who must agree",
        fix="Add a line for the folder, written with both slashes; no line below it that fits may be without owners.",
    ),
    rule(
        "SC815",
        "pipeline-not-judged",
        the_pipeline_judges_itself,
        summary="Pull requests are judged by these rules",
        fix="Run studyctl lint in a job that pull requests start.",
    ),
)
