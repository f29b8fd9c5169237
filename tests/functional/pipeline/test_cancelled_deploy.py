"""A deploy of everything that somebody cancels in the middle, by the steps of deploy.yml on an empty account."""

from __future__ import annotations

import signal

import pytest
from tests.functional.pipeline.town import Town
from tests.support.pipeline.results import Result
from tests.support.pipeline.step_process import Cancel

pytestmark = [pytest.mark.terraform, pytest.mark.emulator, pytest.mark.slow]

RESOURCES = 40
JOB = "staging-infrastructure"


def test_a_deploy_that_is_cancelled_and_killed_loses_nothing(town: Town) -> None:
    hasty = Cancel(town.has_made("staging", RESOURCES), interrupt_seconds=0.5, terminate_seconds=0)
    run = town.push_and_cancel(JOB, hasty, "Everything begins")
    job = run.job(JOB).must(Result.CANCELLED)
    ended = job.step("deploy staging").ended
    assert ended is not None
    assert ended.signals[0] is signal.SIGINT
    assert job.step("recover staging").result is Result.SUCCESS, job.step("recover staging").said
    assert job.orphans == 0, "terraform came to its end before the runner cleaned up"
    assert {result for name, result in run.results.items() if name != JOB} == {Result.SKIPPED}
    assert town.locks("staging") == (None, None)
    assert town.lab.studyctl("status", "staging", "--json").must(0).document["state"]["resources"] >= RESOURCES
