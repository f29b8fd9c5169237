"""The action that reads a second account: a profile beside the job's own credentials, in a file of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.checkout import REPOSITORY
from tests.support.pipeline.hosting import Environment, Event, GitHub, NotTrusted
from tests.support.pipeline.origin import Origin
from tests.support.pipeline.results import JobRun, Result
from tests.support.pipeline.runner import Runner

from studyctl.domain.pipeline_identity import Repository

PROD, STAGING = "222222222222", "111111111111"
SECOND = ".github/actions/second-account/action.yml"
WHO = """
import boto3
for profile in (None, "source"):
    found = boto3.Session(profile_name=profile).get_credentials().get_frozen_credentials()
    print(profile, found.access_key, found.secret_key, found.token)
"""
WORKFLOW = """\
on: {push: {branches: [main]}}
permissions: {}
jobs:
  prod:
    runs-on: ubuntu-24.04
    environment: prod
    permissions: {id-token: write}
    steps:
      - {uses: $/.github/actions/account, with: {account-id: "222222222222", region: us-east-1, role-arn: "%s"}}
      - uses: $/.github/actions/second-account
        with: {account-id: "111111111111", region: us-west-2, role-arn: "${{ vars.SOURCE_ROLE_ARN }}", profile: source}
      - env: {AWS_SHARED_CREDENTIALS_FILE: "${{ runner.temp }}/source.credentials"}
        run: exec "$PYTHON" -c "$WHO"
      - run: stat -c '%%a' "$RUNNER_TEMP/source.credentials"; echo "$AWS_REGION"
"""


class TwoAccounts:
    """Each has a role for the jobs of prod."""

    def enter(self, role_arn: str, claims: Mapping[str, str], session: str) -> Mapping[str, str]:
        if not claims["sub"].endswith(":environment:prod") or claims["ref"] != "refs/heads/main":
            raise NotTrusted(f"{claims} is nobody")
        account = role_arn.split(":")[4]
        return {
            "AWS_ACCESS_KEY_ID": f"id-{account}",
            "AWS_SECRET_ACCESS_KEY": f"key-{account}",
            "AWS_SESSION_TOKEN": f"token/{account}==",
        }


def run(folder: Path, source_role: str) -> JobRun:
    origin = Origin(folder / "origin")
    files = {
        SECOND: (REPOSITORY / SECOND).read_text("utf-8"),
        ".github/actions/account/action.yml": (REPOSITORY / ".github/actions/account/action.yml").read_text("utf-8"),
        ".github/workflows/w.yml": WORKFLOW % f"arn:aws:iam::{PROD}:role/ci/study-prod-apply",
    }
    github = GitHub(
        folder=folder / "github",
        origin=origin.folder,
        repository=Repository("example", "1", "study", "2"),
        account=TwoAccounts(),
        machine={"PATH": os.environ["PATH"], "PYTHON": sys.executable, "WHO": WHO, "HOME": str(folder)},
        environments={"prod": Environment({"SOURCE_ROLE_ARN": source_role})},
    )
    (job,) = Runner(github).run("w.yml", Event("push", origin.commit("w", files)))
    return job


def test_a_profile_reads_the_second_account_and_the_job_stays_in_the_first(tmp_path: Path) -> None:
    job = run(tmp_path, f"arn:aws:iam::{STAGING}:role/ci/study-prod-source").must(Result.SUCCESS)
    *_, who, rest = job.steps
    assert who.said.splitlines() == [
        f"None id-{PROD} key-{PROD} token/{PROD}==",
        f"source id-{STAGING} key-{STAGING} token/{STAGING}==",
    ]
    assert rest.said.split() == ["600", "us-east-1"]


def test_a_role_of_any_other_account_is_refused(tmp_path: Path) -> None:
    job = run(tmp_path, "arn:aws:iam::333333333333:role/ci/study-prod-source").must(Result.FAILURE)
    assert "is not in the allowed ones" in job.failed.said
