"""Every alarm of a plan is silent up to its limit, rings beyond it in time, and ends again.

Formulas over what the balancer will be called are hidden in a plan; those are played when they are there
(tests/functional/monitoring/test_alarms_on_faults.py).
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.support.alarm_play import ALARM, OK, Alarm, play_all, reads
from tests.support.checkout import REPOSITORY
from tests.support.plans import Plan

from studyctl.adapters.emulator.ecs_agent.alarm_rule import rings
from studyctl.adapters.monitoring_files import read_watch

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]

WATCH = read_watch(REPOSITORY)
OF_THE_BALANCER = {"balancer-errors", "balancer-errors-rising"}
BURNS = [(objective, burn) for objective in WATCH.objectives for burn in WATCH.burn_alerts]


def alarms_of(plan: Plan) -> dict[str, Alarm | None]:
    """The alarms that monitoring/ is about; a service has more of its own, for its deployments."""
    planned = [each for each in plan.of("aws_cloudwatch_metric_alarm") if each.module == "module.alarms"]
    return {str(each.key): Alarm.planned(str(each.key), each.values) for each in planned}


def rules_of(plan: Plan) -> Mapping[str, str]:
    """The rules of alarms over alarms."""
    return {str(each.key): each.text("alarm_rule") for each in plan.of("aws_cloudwatch_composite_alarm")}


def test_an_alarm_rings_beyond_the_limit_of_its_row_only_and_ends(plan: Plan) -> None:
    alarms = alarms_of(plan)
    tasks = {name: service.scaling.min for name, service in plan.environment.services}
    played = play_all([alarm for alarm in alarms.values() if alarm is not None], WATCH.alerts, tasks)
    is_full = plan.environment.alarms.level == "full"
    wanted = {row.name for row in WATCH.alerts if row.cloudwatch is not None and (is_full or row.level == "basic")}
    assert wanted - played - OF_THE_BALANCER <= {"replica-lag"}, "not every environment has a replica"
    assert played <= wanted
    hidden = {key for key, alarm in alarms.items() if alarm is None}
    assert hidden - OF_THE_BALANCER <= {
        f"{objective.service}-{burn.name}-{window}" for objective, burn in BURNS for window in ("long", "short")
    }


def test_reads_that_find_nothing_at_all_ring_and_a_few_of_them_do_not(plan: Plan) -> None:
    alarm = alarms_of(plan).get("api-cache-hit-rate")
    assert (alarm is not None) is (plan.environment.alarms.level == "full")
    if alarm is not None:
        n, one_a_second = alarm.condition.evaluation_periods, alarm.period_seconds
        assert alarm.after(*[reads(hits_percent=0)] * n) is ALARM
        assert alarm.after(*[reads(hits_percent=0, count=one_a_second)] * n) is OK
        assert alarm.after(*[reads(hits_percent=0, count=one_a_second + 1)] * n) is ALARM


def test_an_error_budget_is_told_while_both_windows_burn_it(plan: Plan) -> None:
    rules, prefix = rules_of(plan), f"study-{plan.environment.name}"
    keys = [f"{objective.service}-{burn.name}" for objective, burn in BURNS]
    assert [key in rules for key in keys] == [plan.environment.alarms.level == "full"] * len(keys)
    for key in set(keys) & set(rules):
        long, short = (f"{prefix}-{key}-{window}" for window in ("long", "short"))
        assert rings(rules[key], {long: ALARM, short: ALARM}), key
        assert not rings(rules[key], {long: OK, short: ALARM}), key
        assert not rings(rules[key], {long: ALARM, short: OK}), key


def test_what_is_told_as_one_rings_for_each_of_its_parts(plan: Plan) -> None:
    alarms, rules = alarms_of(plan), rules_of(plan)
    for row in WATCH.composites:
        quiet = {f"study-{plan.environment.name}-{name}": OK for name in row.any_of if name in alarms}
        assert quiet
        assert not rings(rules[row.name], quiet)
        assert all(rings(rules[row.name], {**quiet, name: ALARM}) for name in quiet)
