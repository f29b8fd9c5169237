"""What jobs write on GitHub: the comment of a pull request, the issue about drift. The jobs are ours, as they are."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.checkout import REPOSITORY
from tests.support.pipeline.hosting import Event, GitHub
from tests.support.pipeline.origin import Origin
from tests.support.pipeline.programs.gh import ISSUES
from tests.support.pipeline.results import Result, WorkflowRun
from tests.support.pipeline.runner import Runner

from studyctl.adapters.pipeline_files import read_pipeline
from studyctl.domain.pipeline_identity import Repository

UPLOAD = "actions/upload-artifact@a"
DRIFTED = "### staging: 1 changed\n\n<!-- drifted -->\n"


class NoAccount:
    """Nobody enters one."""

    def enter(self, role_arn: str, claims: Mapping[str, str], session: str) -> Mapping[str, str]:
        raise AssertionError(role_arn)


@dataclass
class Desk:
    """A repository where a job of ours runs after one that only hands on files."""

    github: GitHub
    origin: Origin

    def run(self, workflow: str, job: str, before: Mapping[str, Any], payload: Mapping[str, Any]) -> WorkflowRun:
        """Run one job of a workflow of ours after jobs that are given."""
        (file,) = (file for file in read_pipeline(REPOSITORY).files if file.name.endswith(workflow))
        jobs = {**before, job: file.content["jobs"][job]}
        content = {"on": {"push": {"branches": ["main"]}}, "permissions": {}, "jobs": jobs}
        sha = self.origin.commit("w", {".github/workflows/w.yml": json.dumps(content, indent=1)})
        return Runner(self.github).run("w.yml", Event("push", sha, payload=payload))

    def written(self, name: str) -> str:
        """The issue or comment of that name."""
        return (self.github.issues / f"{name}.md").read_text("utf-8")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    module = "tests.support.pipeline.programs.gh"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{REPOSITORY}" exec "{sys.executable}" -m {module} "$@"\n', "utf-8")
    program.chmod(0o755)
    origin = Origin(tmp_path / "origin")
    github = GitHub(
        folder=tmp_path / "github",
        origin=origin.folder,
        repository=Repository("example", "1", "study", "2"),
        account=NoAccount(),
        machine={
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            ISSUES: str(tmp_path / "github" / "issues"),
        },
    )
    (tmp_path / "github" / "issues").mkdir(parents=True)
    return Desk(github, origin)


def hands_on(files: Mapping[str, str], *, fails: bool = False) -> dict[str, Any]:
    """A job with one artifact for each file, which may fail after it."""
    write = [{"run": f"cat >{name} <<'END'\n{text}END"} for name, text in files.items()]
    keep = [
        {"uses": UPLOAD, "with": {"name": name.removesuffix(".md"), "path": name, "retention-days": 1}}
        for name in files
    ]
    return {"runs-on": "x", "steps": [*write, *keep, *([{"run": "exit 3"}] if fails else [])]}


Comment = Callable[..., str]


@pytest.fixture
def comment(desk: Desk) -> Comment:
    """The comment that plan.yml writes when its plans left these files."""
    scope = {"runs-on": "x", "outputs": {"plan": "${{ steps.s.outputs.plan }}"}}

    def comment(files: Mapping[str, str], *, fails: bool = False) -> str:
        says = [{"id": "s", "run": 'echo plan=true >>"$GITHUB_OUTPUT"'}]
        before = {"scope": {**scope, "steps": says}, "plan": {"needs": "scope", **hands_on(files, fails=fails)}}
        done = desk.run("plan.yml", "comment", before, {"pull_request": {"number": "7"}})
        done.job("comment").must(Result.SUCCESS)
        return desk.written("pr-7")

    return comment


def test_a_pull_request_gets_one_comment_with_every_plan(comment: Comment) -> None:
    plans = {f"plan-{name}.md": f"### {name}: no changes\n\n" for name in ("prod", "dev", "staging")}
    assert comment(plans).split("\n\n")[:3] == [f"### {name}: no changes" for name in ("dev", "staging", "prod")]


def test_a_plan_that_was_refused_is_in_the_comment_and_one_that_is_missing_is_named(comment: Comment) -> None:
    refused = "### prod: 1 to destroy\n\n### Failed: the plan destroys a database\n\n"
    told = comment({"plan-dev.md": "### dev: no changes\n\n", "plan-prod.md": refused}, fails=True)
    assert "### dev: no changes" in told
    assert "### staging: no plan; its job says why" in told
    assert refused.strip() in told


def test_a_pull_request_that_is_not_planned_gets_no_comment(desk: Desk) -> None:
    says = [{"id": "s", "run": 'echo plan=false >>"$GITHUB_OUTPUT"'}]
    scope = {"runs-on": "x", "outputs": {"plan": "${{ steps.s.outputs.plan }}"}, "steps": says}
    plan = {"needs": "scope", "if": "needs.scope.outputs.plan == 'true'", **hands_on({})}
    done = desk.run("plan.yml", "comment", {"scope": scope, "plan": plan}, {"pull_request": {"number": "7"}})
    assert done.results == {"scope": Result.SUCCESS, "plan": Result.SKIPPED, "comment": Result.SKIPPED}


def test_drift_opens_one_issue_updates_it_and_leaves_those_of_people_alone(desk: Desk) -> None:
    by_somebody = desk.github.issues / "1.md"
    by_somebody.write_text("Drift of staging is too noisy\nPlease mend.\n", "utf-8")

    def look(staging: str) -> None:
        files = {"drift-staging.md": staging, "drift-prod.md": "### prod: no drift\n"}
        done = desk.run("drift.yml", "issue", {"drift": hands_on(files)}, {})
        for name in ("staging", "prod"):
            done.job(f"issue ({name})").must(Result.SUCCESS)

    look(DRIFTED)
    look(DRIFTED.replace("1 changed", "2 changed"))
    assert by_somebody.read_text("utf-8") == "Drift of staging is too noisy\nPlease mend.\n"
    assert sorted(path.name for path in desk.github.issues.iterdir()) == ["1.md", "2.md"]
    assert desk.written("2").startswith("Drift of staging\n### staging: 2 changed\n")
    look("### staging: no drift\n")
    assert desk.written("2") == "Drift of staging\n### staging: no drift\n", "it says that it is over"
