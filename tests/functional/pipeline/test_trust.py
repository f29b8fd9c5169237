"""The table of trust against the roles that `studyctl bootstrap` really made, and against jobs that ask for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.functional.pipeline.town import Town
from tests.support.checkout import REPOSITORY
from tests.support.pipeline.hosting import Environment, Event
from tests.support.pipeline.origin import Origin
from tests.support.pipeline.results import Result
from tests.support.pipeline.runner import Runner
from tests.support.trust_table import AUDIENCE, OLDER, ON_MAIN, REFUSED, WITH_IDS

pytestmark = [pytest.mark.terraform, pytest.mark.emulator, pytest.mark.slow]

ROLES = [f"{name}-{kind}" for name in ("dev", "staging", "prod") for kind in ("plan", "drift", "apply")]
RIGHT = {
    role: {"aud": AUDIENCE, "sub": WITH_IDS.replace(":prod", f":{role.removesuffix('-apply')}"), "ref": ON_MAIN}
    for role in ROLES
}
ON_A_BRANCH = {role: {**token, "ref": "refs/heads/feature"} for role, token in RIGHT.items()}
TOKENS = [
    *(row.intruder for row in REFUSED),
    *RIGHT.values(),
    *ON_A_BRANCH.values(),
    {"aud": AUDIENCE, "sub": OLDER, "ref": ON_MAIN},
    {"sub": WITH_IDS, "ref": ON_MAIN},
    {},
]


def test_bootstrap_made_these_roles(town: Town) -> None:
    assert sorted(town.roles) == sorted(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_lets_in_the_jobs_of_its_environment_and_nobody_else(town: Town, role: str) -> None:
    """A pull request may plan, where reviewers let it in; everything else is for main."""
    let_in = [token for token in TOKENS if town.account.trusts(town.roles[role], token)]
    assert RIGHT[role] in let_in
    assert (ON_A_BRANCH[role] in let_in) is role.endswith("-plan")
    own = RIGHT[role].items() if not role.endswith("-plan") else RIGHT[role].items() - {("ref", ON_MAIN)}
    assert [token for token in let_in if not own <= token.items()] == []


PUSH = Event("push", "")
FEATURE = Event("push", "", ref="refs/heads/feature")
PULL_REQUEST = Event("pull_request", "", ref="refs/pull/1/merge")


@dataclass(frozen=True)
class Attempt:
    """A job that asks for a role: what started it, and the environment that it names; empty: none."""

    role: str
    environment: str
    event: Event = PUSH

    def __str__(self) -> str:
        return f"{self.event.name} to {self.event.ref} in {self.environment or 'nothing'} as {self.role}"


GOOD = (
    Attempt("prod-apply", "prod"),
    Attempt("prod-plan", "prod-plan", PULL_REQUEST),
    Attempt("prod-drift", "prod-drift", Event("schedule", "")),
)
BAD = (
    Attempt("prod-apply", ""),
    Attempt("prod-apply", "", FEATURE),
    Attempt("prod-apply", "", PULL_REQUEST),
    Attempt("prod-apply", "prod-plan", PULL_REQUEST),
    Attempt("prod-apply", "prod", FEATURE),
    Attempt("prod-apply", "prod-drift"),
    Attempt("prod-apply", "staging"),
    Attempt("prod-apply", "production"),
    Attempt("prod-plan", "", PULL_REQUEST),
    Attempt("prod-plan", "prod-drift"),
    Attempt("prod-drift", "", Event("schedule", "")),
    Attempt("prod-drift", "prod-drift", FEATURE),
    Attempt("prod-drift", "prod-drift", PULL_REQUEST),
)


@pytest.mark.parametrize("attempt", [*GOOD, *BAD], ids=str)
def test_a_job_enters_only_from_its_own_environment(town: Town, tmp_path: Path, attempt: Attempt) -> None:
    """A workflow of somebody who may push a branch: whatever it says, the token says where it runs."""
    action = ".github/actions/account/action.yml"
    files = {
        action: (REPOSITORY / action).read_text("utf-8"),
        ".github/workflows/try.yml": workflow(attempt.environment),
    }
    origin, role = Origin(tmp_path / "origin"), town.roles[attempt.role]
    account = {"ACCOUNT_ID": role.split(":")[4], "ROLE_ARN": role}
    github = replace(
        town.runner.github,
        folder=tmp_path / "github",
        origin=origin.folder,
        environments={attempt.environment: Environment({})},
        runs=0,
    )
    (job,) = Runner(github).run("try.yml", replace(attempt.event, sha=origin.commit("Try", files), payload=account))
    assert job.result is (Result.SUCCESS if attempt in GOOD else Result.FAILURE)
    assert ("Not authorized" in "".join(step.said for step in job.steps)) is (attempt in BAD)


def workflow(environment: str) -> str:
    stands_in = f"environment: {environment}" if environment else "permissions: {id-token: write}"
    return f"""\
on: {{push: {{branches: [main, feature]}}, pull_request: null, schedule: []}}
permissions: {{id-token: write}}
jobs:
  try:
    runs-on: ubuntu-24.04
    {stands_in}
    steps:
      - uses: $/.github/actions/account
        with:
          account-id: ${{{{ github.event.ACCOUNT_ID }}}}
          region: us-east-1
          role-arn: ${{{{ github.event.ROLE_ARN }}}}
      - run: test -n "$AWS_SESSION_TOKEN"
"""
