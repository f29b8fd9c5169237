from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.local.load_balancer.health import Health, Observation, Standing, observe
from studyctl.adapters.local.load_balancer.table import Choice, Table, Target
from studyctl.adapters.local.routing import HealthCheck, Route, TargetGroup, WeightedGroup

GOOD, BAD = Observation(is_good=True), Observation.of_status(500, HealthCheck())
CHECKS = st.builds(HealthCheck, healthy_threshold=st.integers(1, 4), unhealthy_threshold=st.integers(1, 4))


def after(answers: list[bool], check: HealthCheck) -> Standing:
    standing = Standing()
    for is_good in answers:
        standing = observe(standing, GOOD if is_good else BAD, check)
    return standing


@given(CHECKS)
def test_one_good_answer_makes_a_new_target_healthy(check: HealthCheck) -> None:
    assert after([True], check).health is Health.HEALTHY
    assert after([False] * (check.unhealthy_threshold - 1) + [True], check).health is Health.HEALTHY


@given(CHECKS, st.lists(st.booleans(), max_size=12))
def test_it_turns_only_after_as_many_answers_in_a_row_as_the_threshold_says(
    check: HealthCheck, before: list[bool]
) -> None:
    assert after([*before, *[False] * check.unhealthy_threshold], check).health is Health.UNHEALTHY
    assert after([*before, *[True] * check.healthy_threshold], check).health is Health.HEALTHY
    healthy = [*before, *[True] * check.healthy_threshold]
    assert after([*healthy, *[False] * (check.unhealthy_threshold - 1)], check).health is Health.HEALTHY
    unhealthy = [*before, *[False] * check.unhealthy_threshold]
    assert after([*unhealthy, *[True] * (check.healthy_threshold - 1)], check).health is Health.UNHEALTHY


@given(CHECKS, st.lists(st.booleans(), min_size=1, max_size=12))
def test_a_reason_is_given_exactly_while_it_is_not_healthy(check: HealthCheck, answers: list[bool]) -> None:
    standing = after(answers, check)
    assert bool(standing.reason) == (standing.health is not Health.HEALTHY)
    if standing.health is Health.UNHEALTHY:
        assert standing.reason == "Target.ResponseCodeMismatch"


def groups(*ports: int, name: str = "g") -> tuple[WeightedGroup, ...]:
    return (WeightedGroup(TargetGroup(name, ports)),)


def stand(table: Table, port: int, health: Health) -> None:
    for target in table.standings:
        if target.port == port:
            table.standings[target] = Standing(health)


@given(st.lists(st.sampled_from(Health), min_size=1, max_size=5), st.integers(1, 20))
def test_requests_go_in_turn_to_the_healthy_or_else_to_all(states: list[Health], requests: int) -> None:
    table = Table()
    table.replace([Route(("/*",), groups(*range(1, len(states) + 1)))])
    for port, health in enumerate(states, 1):
        stand(table, port, health)

    chosen = [table.choose("/x").port for _ in range(requests)]

    healthy = [port for port, health in enumerate(states, 1) if health is Health.HEALTHY]
    eligible = healthy or list(range(1, len(states) + 1))
    assert chosen == [eligible[number % len(eligible)] for number in range(requests)]


def test_a_change_of_routes_keeps_the_standing_of_targets_that_stay() -> None:
    table = Table()
    table.replace([Route(("/*",), groups(1, 2))])
    stand(table, 1, Health.HEALTHY)

    table.replace([Route(("/a", "/b"), groups(1, 3))])

    assert {target.port: standing.health for target, standing in table.standings.items()} == {
        1: Health.HEALTHY,
        3: Health.INITIAL,
    }
    assert table.choose("/a") == Choice("g", 1)
    gone = Target("g", 2, HealthCheck())
    table.observe(gone, GOOD)
    assert gone not in table.standings


def test_where_nobody_is_meant_or_nobody_is_there() -> None:
    table = Table(draw=lambda: 0.0)
    assert table.choose("/") == Choice()
    weightless = (WeightedGroup(TargetGroup("none", (1,)), 0),)
    table.replace([Route(("/empty",), groups()), Route(("/weightless",), weightless), Route(("/nothing",), ())])
    assert table.choose("/empty") == Choice("g", None)
    assert table.choose("/weightless") == Choice("none", None)
    assert table.choose("/nothing") == Choice("", None)
    assert table.choose("/other") == Choice()
