"""What `studyctl bootstrap` plans for an account passes its own gate, with roles for a pipeline and without."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import pytest
from tests.support.checkout import REPOSITORY
from tests.support.plans import Planner

from studyctl.adapters.waiver_file import read_waivers
from studyctl.domain.pipeline_identity import PipelineIdentity, Repository
from studyctl.domain.policy.graph.graph import graph_of
from studyctl.domain.policy.graph.world import IdentityKind
from studyctl.errors import Refused
from studyctl.usecases.lint import LintRequest, PlanDocument, gate, lint

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]

PIPELINE = PipelineIdentity(Repository("example", "1001", "study", "2002"), {"prod": "staging"})
TODAY = datetime.datetime.now(datetime.UTC).date()


@pytest.fixture(
    scope="module",
    params=[(None,), (PIPELINE,), (None, "dev")],
    ids=["without a pipeline", "with a pipeline", "of one environment, of which nothing is kept elsewhere"],
)
def account(planner: Planner, request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """The plan of the account that every environment lives in, or one alone."""
    return planner.account(*request.param)


def test_nothing_is_found_that_is_not_waived_and_no_waiver_is_idle(account: Mapping[str, Any]) -> None:
    request = LintRequest(TODAY, plans=(PlanDocument("plan", account),), waivers=read_waivers(REPOSITORY))
    assert [str(finding) for finding in lint(request).findings] == []


def test_it_is_refused_without_the_waivers(account: Mapping[str, Any]) -> None:
    with pytest.raises(Refused):
        gate(account, (), TODAY)


def test_every_policy_can_be_read_and_every_role_is_judged(account: Mapping[str, Any]) -> None:
    graph = graph_of(account)
    planned = [one for one in account["resource_changes"] if one["type"] == "aws_iam_role"]
    assert graph.unreadable == ()
    assert {role.address for role in graph.world.of_kind(IdentityKind.ROLE)} == {one["address"] for one in planned}
