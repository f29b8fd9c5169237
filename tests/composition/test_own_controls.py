"""Every rule of `studyctl lint` on the plan of every environment: nothing is found that no waiver covers.

That each rule finds what it must is shown in tests/unit/domain/policy/rules. What a plan from nothing cannot know,
such as the definition of a container, is asked of the deployed environment in tests/functional/test_end_to_end.py.
"""

from __future__ import annotations

import datetime

import pytest
from tests.support.checkout import REPOSITORY
from tests.support.plans import Plan

from studyctl.adapters.waiver_file import read_waivers
from studyctl.domain.policy.graph.graph import graph_of
from studyctl.domain.policy.graph.world import IdentityKind
from studyctl.usecases.lint import LintRequest, PlanDocument, lint

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]


def test_no_rule_finds_anything_that_is_not_waived(plan: Plan) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    request = LintRequest(today, plans=(PlanDocument("plan", plan.document),), waivers=read_waivers(REPOSITORY))
    assert [str(finding) for finding in lint(request).findings] == []


def test_every_policy_of_the_plan_can_be_read(plan: Plan) -> None:
    graph = graph_of(plan.document)
    assert graph.unreadable == ()
    assert len(graph.world.of_kind(IdentityKind.ROLE)) == len(plan.of("aws_iam_role"))


def test_every_task_runs_as_roles_of_the_plan(plan: Plan) -> None:
    running = {compute.address for compute in graph_of(plan.document).world.computes}
    assert {task.address for task in plan.of("aws_ecs_task_definition")} <= running
