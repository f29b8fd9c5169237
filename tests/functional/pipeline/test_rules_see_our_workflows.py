"""Every rule on the real files, each spoiled in one place: a rule that knows only small examples would stay silent."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.checkout import REPOSITORY

from studyctl.adapters.pipeline_files import read_pipeline
from studyctl.domain.policy.rules.rule import ask
from studyctl.domain.policy.workflow_rules.registry import WORKFLOW_RULES

BOOTSTRAP = "infra/bootstrap/pipeline.tf"
DEPLOY, DRIFT, PLAN = "workflows/deploy.yml", "workflows/drift.yml", "workflows/plan.yml"
ROLLBACK = "workflows/rollback.yml"
SETUP, ACCOUNT, SECOND = (f"actions/{name}/action.yml" for name in ("setup", "account", "second-account"))
FROM_HERE = "github.event.pull_request.head.repo.full_name == github.repository"
OF_THE_MATRIX = "environment: ${{ matrix.environment }}"
UNTIL = "AWS_CREDENTIAL_EXPIRATION: ${{ steps.account.outputs.until }}"
ON_MAIN = "    if: github.ref == 'refs/heads/main'\n"


@dataclass(frozen=True)
class Twin:
    """One of our files with one piece replaced, and the rule that must see it."""

    rule: str
    file: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.rule} {self.file}"


OURS = (
    Twin("SC801", DEPLOY, "ubuntu-24.04-arm", "ubuntu-latest"),
    Twin("SC802", ROLLBACK, "timeout-minutes: 60", "timeout-minutes: 20"),
    Twin("SC803", PLAN, f"'true' && {FROM_HERE}", "'true'"),
    Twin("SC804", ROLLBACK, ON_MAIN, ""),
    Twin("SC805", ACCOUNT, "        allowed-account-ids: ${{ inputs.account-id }}\n", ""),
    Twin("SC805", SECOND, "        output-env-credentials: false # later steps keep the first account\n", ""),
    Twin("SC806", ROLLBACK, "cancel-in-progress: false", "cancel-in-progress: true"),
    Twin("SC807", DRIFT, f"{OF_THE_MATRIX}-drift", OF_THE_MATRIX),
    Twin("SC807", DRIFT, f"{OF_THE_MATRIX}-drift", f"{OF_THE_MATRIX}-plan"),
    Twin("SC808", DEPLOY, "retention-days: 1\n", "retention-days: 30\n"),
    Twin("SC809", DEPLOY, ' --seal "$SEAL"', ""),
    Twin("SC809", DEPLOY, ' --release "$RELEASE"', ""),
    Twin("SC810", SETUP, 'python-version: "3.12"', 'python-version: "3.12"\n        cache: pip'),
    Twin("SC811", PLAN, "exec .venv/bin/studyctl plan", "exec terraform plan"),
    Twin("SC812", DEPLOY, "run: exec .venv/bin/studyctl promote", "run: .venv/bin/studyctl promote"),
    Twin("SC813", SETUP, "exec make setup", "curl -sS https://example.com/setup | bash"),
    Twin("SC814", "CODEOWNERS", "/terraform/", "/elsewhere/"),
    Twin("SC815", "workflows/ci.yml", "studyctl lint", "studyctl doctor"),
    Twin("SC816", SETUP, "exec make setup", 'make setup; echo "$PWD/.venv/bin" >>"$GITHUB_PATH"'),
    Twin("SC817", DRIFT, "--lock-timeout 10m", "--lock-timeout 30m"),
    Twin("SC817", DEPLOY, "          seconds: 14400\n", ""),
    Twin("SC817", DEPLOY, f"          {UNTIL}\n          SEAL", "          SEAL"),
)

ZIZMORS = (
    Twin("excessive-permissions", DEPLOY, "permissions: {}\n", "permissions: write-all\n"),
    Twin("undocumented-permissions", ROLLBACK, " # to become the role that deploys this environment", ""),
    Twin("unpinned-uses", ACCOUNT, "@61815dcd50bd041e203e49132bacad1fd04d2708 # v5.1.1", "@v5"),
    Twin("dangerous-triggers", PLAN, "  pull_request:\n", "  pull_request_target:\n"),
    Twin("artipacked", ROLLBACK, "        with:\n          persist-credentials: false\n", ""),
    Twin("template-injection", ROLLBACK, '--reason "$REASON"', '--reason "${{ inputs.reason }}"'),
)


def spoiled(twin: Twin, folder: Path) -> Path:
    """A copy of our files with the twin in place of the good one."""
    shutil.copytree(REPOSITORY / ".github", folder / ".github")
    file = folder / ".github" / twin.file
    text = file.read_text("utf-8")
    assert text.count(twin.before) == 1, f"{twin.file} has {twin.before!r} {text.count(twin.before)} times"
    file.write_text(text.replace(twin.before, twin.after), "utf-8")
    return folder


def test_every_rule_of_ours_has_a_twin() -> None:
    assert {twin.rule for twin in OURS} == {rule.id for rule in WORKFLOW_RULES}


@pytest.mark.parametrize("twin", OURS, ids=str)
def test_our_rule_sees_it_and_only_that_rule_does(twin: Twin, tmp_path: Path) -> None:
    found = ask(WORKFLOW_RULES, read_pipeline(spoiled(twin, tmp_path)), "ours")
    assert {finding.rule for finding in found} == {twin.rule}, [finding.message for finding in found]


def test_no_job_asks_for_credentials_that_last_longer_than_its_role_allows() -> None:
    (longest,) = re.findall(r"max_session_duration_seconds = (\d+)", (REPOSITORY / BOOTSTRAP).read_text("utf-8"))
    asked = {
        int(step.given("seconds"))
        for job in read_pipeline(REPOSITORY).jobs
        for step in job.steps
        if step.given("seconds")
    }
    assert max(asked) == int(longest)


def zizmor(folder: Path) -> set[str]:
    """The audits that found something, as `make check` asks for them."""
    done = subprocess.run(
        [
            *(str(Path(sys.prefix) / "bin" / "zizmor"), "--quiet", "--offline", "--persona=auditor"),
            *("--no-exit-codes", "--format=json-v1", ".github"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return {finding["ident"] for finding in json.loads(done.stdout)}


def test_zizmor_finds_nothing_in_ours() -> None:
    assert zizmor(REPOSITORY) == set()


@pytest.mark.parametrize("twin", ZIZMORS, ids=str)
def test_zizmor_sees_it(twin: Twin, tmp_path: Path) -> None:
    assert twin.rule in zizmor(spoiled(twin, tmp_path))
