"""What goes wrong with releases, one test a fault, on an account in memory. The numbers are those of the list of
faults; tests/functional/releases shows the same on running processes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.freezes import FROZEN
from tests.support.releases.commands import QUICK, Environment, serving, told
from tests.support.releases.definitions import SECRET, digest
from tests.support.releases.mortal import Killed
from tests.support.releases.world import Behaviour

from studyctl.domain.deployment_permit import Permit
from studyctl.domain.release.bake import AlarmState
from studyctl.domain.release.ledger import Operation, Status
from studyctl.domain.release.release_lock import ReleaseLocked
from studyctl.domain.release.strategy import StrategyKind
from studyctl.errors import (
    Locked,
    OutcomeUnknown,
    PreflightFailed,
    Refused,
    ReleaseFailed,
    RollbackFailed,
    UsageError,
)
from studyctl.usecases.promote import plan_promotion

EXPAND = '{"id": "0002", "kind": "expand"}'
CONTRACT = '{"id": "0003", "kind": "contract", "min_app_version": "2"}'


@pytest.fixture
def environment() -> Environment:
    made = Environment()
    made.release("a")
    return made


def schema(version: str, *pending: str) -> tuple[str, ...]:
    return (f'{{"schema": {{"app_version": "{version}", "schema_version": "1", "pending": [{", ".join(pending)}]}}}}',)


def test_nothing_to_release_registers_nothing(environment: Environment) -> None:
    environment.world.done.clear()
    outcome = environment.release("a")
    assert (outcome.entry, environment.world.done) == (None, [])
    assert outcome.serving is not None
    assert outcome.serving.number == 1


@pytest.mark.parametrize("is_reason_enough", [True, False])
def test_what_runs_before_is_a_reason_of_its_own_or_not(environment: Environment, is_reason_enough: bool) -> None:
    world = environment.world
    world.task_lines_by_command = {"migrate --describe": schema("1", EXPAND), "migrate": ("done",)}
    again = environment.release("a", run_before=("migrate",), run_before_always=is_reason_enough)
    assert (again.entry is not None) == is_reason_enough
    changed = environment.release("b", run_before=("migrate",), run_before_always=is_reason_enough).entry
    assert changed is not None
    assert [each.id for each in changed.migrations] == ["0002"]


def test_a_dry_run_plans_verifies_and_writes_nothing(environment: Environment) -> None:
    environment.world.done.clear()
    outcome = environment.release("b", dry_run=True)
    assert [change.path for change in outcome.plan.changes["api"]] == ["app.image"]
    assert (environment.world.done, len(environment.entries)) == ([], 1)


def test_one_service_is_released_and_the_others_keep_what_they_have(environment: Environment) -> None:
    environment.release("b", services=("api",))
    images = {key: image[-1] for key, image in environment.entries[-1].release.images.items()}
    assert images == {"api": "b", "document": "a", "notification": "a", "quiz": "a"}


def test_the_first_release_is_a_whole() -> None:
    with pytest.raises(UsageError, match="nothing was ever released for"):
        Environment().release("a", services=("api",))


def test_f87_tasks_that_never_start_go_back_and_their_last_words_are_told(environment: Environment) -> None:
    environment.world.behaviours[digest("b")] = Behaviour(crashes=True)
    with pytest.raises(ReleaseFailed, match="ImportError: no module") as failure:
        environment.release("b")
    assert (failure.value.exit_code, serving(environment)) == (8, {"a"})
    assert told(environment)[1:] == [("release", "failed"), ("return", "proven")]


def test_the_alarm_that_turned_a_deployment_back_is_named_with_it(environment: Environment) -> None:
    def ring() -> None:
        if len(environment.entries) == 2:
            environment.world.alarms["study-dev-api-rollback-memory"] = AlarmState.ALARM

    environment.world.behaviours[digest("b")] = Behaviour(crashes=True)
    environment.world.on_tick = ring
    with pytest.raises(ReleaseFailed, match="alarm study-dev-api-rollback-memory rings"):
        environment.release("b", services=("api",))


def test_f88_tasks_that_start_and_then_fail_their_health_check_go_back(environment: Environment) -> None:
    environment.world.behaviours[digest("b")] = Behaviour(is_sick=True)
    with pytest.raises(ReleaseFailed, match="Task failed container health checks") as failure:
        environment.release("b")
    assert "503 /health/ready" in str(failure.value), "the last words of a task are told"
    assert (failure.value.exit_code, serving(environment)) == (8, {"a"})
    assert told(environment)[1:] == [("release", "failed"), ("return", "proven")]


def test_f88_health_that_is_lost_in_the_bake_is_no_health(environment: Environment) -> None:
    """ECS calls the deployment complete, and then its tasks come and go."""

    def fall_ill() -> None:
        newest, world = environment.entries[-1], environment.world
        name = world.place.services["api"].name
        if newest.number == 2 and newest.is_baking:
            seen = world.services[name]
            assert seen.primary is not None
            ill = replace(seen.primary, running=seen.desired - 1)
            world.services[name] = replace(seen, running=ill.running, deployments=(ill,))

    environment.world.on_tick = fall_ill
    with pytest.raises(ReleaseFailed, match="nobody could judge it") as failure:
        environment.release("b")
    assert "1 of 2" in str(failure.value)
    assert (failure.value.exit_code, serving(environment)) == (8, {"a"})


def test_f89_an_alarm_that_rings_already_is_refused_and_can_be_accepted_on_record(environment: Environment) -> None:
    environment.world.alarms["study-dev-dead-letters"] = AlarmState.ALARM
    with pytest.raises(Refused, match="in alarm already"):
        environment.release("b")
    environment.release("b", accepted_alarms=frozenset({"study-dev-dead-letters"}))
    assert environment.entries[-1].overrides == ("--accept-alarm study-dev-dead-letters",)
    assert environment.entries[-1].excused_alarms == ("study-dev-dead-letters",)


def test_a_freeze_refuses_a_release_and_never_a_way_back(environment: Environment) -> None:
    """The permit is found when the command begins: a release that began in time also goes back by itself."""
    frozen = Permit("dev", FROZEN)
    with pytest.raises(Refused, match="frozen until"):
        environment.release("b", permit=frozen)
    assert (len(environment.entries), serving(environment)) == (1, {"a"})
    environment.release("b", permit=frozen, dry_run=True)
    environment.release("a", permit=frozen)  # what serves already: nothing to be done
    environment.release("b", permit=Permit("dev", FROZEN, "incident 42"))
    assert environment.entries[-1].overrides[0].startswith("--override-freeze incident 42 (frozen until")
    environment.rollback()
    assert serving(environment) == {"a"}


def test_f90_an_alarm_without_data_holds_a_release_and_does_not_pass(environment: Environment) -> None:
    environment.world.alarms["study-dev-api-rollback-memory"] = AlarmState.INSUFFICIENT_DATA
    with pytest.raises(Refused, match="have no data"):
        environment.release("b")
    assert len(environment.entries) == 1


def test_f91_metrics_that_fall_silent_in_the_bake_hold_it_then_turn_it_back(environment: Environment) -> None:
    def silence() -> None:
        newest = environment.entries[-1]
        if newest.number == 2 and newest.is_baking:
            environment.world.alarms["study-dev-dead-letters"] = AlarmState.INSUFFICIENT_DATA

    environment.world.on_tick = silence
    with pytest.raises(ReleaseFailed, match="nobody could judge it"):
        environment.release("b")
    assert any("on hold" in line for line in environment.told.said)
    assert serving(environment) == {"a"}


def test_f91_an_alarm_in_the_bake_turns_it_back(environment: Environment) -> None:
    environment.world.behaviours[digest("b")] = Behaviour(rings_after_seconds=2)
    with pytest.raises(ReleaseFailed, match="rollback-memory rings"):
        environment.release("b")
    assert serving(environment) == {"a"}


def test_f92_an_alarm_after_the_bake_changes_nothing(environment: Environment) -> None:
    environment.release("b")
    environment.world.alarms["study-dev-dead-letters"] = AlarmState.ALARM
    assert environment.resume() is None
    assert (serving(environment), told(environment)[-1]) == ({"b"}, ("release", "proven"))


def test_healthy_but_wrong_is_found_by_the_smoke_test(environment: Environment) -> None:
    environment.world.behaviours[digest("b")] = Behaviour(is_wrong=True)
    with pytest.raises(ReleaseFailed, match="smoke test"):
        environment.release("b")
    assert serving(environment) == {"a"}


def test_f94_when_the_way_back_fails_too_it_ends_there_and_says_what_serves(environment: Environment) -> None:
    environment.world.behaviours[digest("b")] = Behaviour(is_wrong=True)
    environment.world.behaviours[digest("a")] = Behaviour(is_wrong=True)
    with pytest.raises(RollbackFailed, match="return 3 to release 1 failed") as failure:
        environment.release("b")
    assert failure.value.exit_code == 9
    assert told(environment)[1:] == [("release", "failed"), ("return", "failed")]
    assert set(environment.entries[-1].found_serving) == set(environment.world.place.services)
    assert environment.resume() is None, "no loop"


def test_after_a_first_release_that_failed_the_next_one_goes_forward() -> None:
    environment = Environment()
    environment.world.behaviours[digest("b")] = Behaviour(is_wrong=True)
    with pytest.raises(RollbackFailed, match="no release was ever proven"):
        environment.release("b")
    assert environment.entries[-1].found_serving == environment.world.serving_arns()
    assert environment.resume() is None, "nothing waits for a way back that there is not"
    assert environment.release("a").entry is not None
    assert serving(environment) == {"a"}


def test_f95_a_rollback_stops_a_running_release_first(environment: Environment) -> None:
    """The rollback is run by somebody else while the release waits for its tasks."""
    began: list[int] = []

    def somebody_goes_back() -> None:
        if not began and environment.entries[-1].number == 2 and environment.entries[-1].position >= 2:
            began.append(1)
            held = environment.lock.held()
            assert held is not None
            environment.lock.replace(held, held.lock.model_copy(update={"stop_asked_by": "somebody else"}))

    environment.world.on_tick = somebody_goes_back
    with pytest.raises(ReleaseFailed, match="stopped by somebody else"):
        environment.release("b")
    assert told(environment)[-1] == ("release", "stopped")
    outcome = environment.rollback(reason="looks bad")
    assert outcome.entry is not None
    assert (outcome.entry.restores, serving(environment)) == (1, {"a"})


def test_f96_a_release_during_a_rollback_is_locked_out(environment: Environment) -> None:
    environment.release("b")
    holding = environment.holding("rollback")
    holding.take()
    try:
        with pytest.raises(ReleaseLocked) as locked:
            environment.release("c")
        assert locked.value.exit_code == Locked.exit_code
    finally:
        holding.give_back()


def test_two_rollbacks_do_not_stop_each_other(environment: Environment) -> None:
    environment.release("b")
    holding = environment.holding("rollback")
    holding.take()
    try:
        with pytest.raises(ReleaseLocked):
            environment.rollback()
    finally:
        holding.give_back()


def test_f97_a_release_in_the_middle_of_a_bake_bakes_instead_from_the_beginning(environment: Environment) -> None:
    began: list[int] = []

    def a_newer_one() -> None:
        newest = environment.entries[-1]
        if not began and newest.number == 2 and newest.is_baking:
            began.append(1)
            running = environment.world.running
            environment.release("c", services=("api",))
            environment.world.running = running

    environment.world.on_tick = a_newer_one
    with pytest.raises(Locked, match="took over while release 2 baked"):
        environment.release("b")
    assert told(environment)[1:] == [("release", "superseded"), ("release", "proven")]
    images = {key: image[-1] for key, image in environment.entries[-1].release.images.items()}
    assert images == {"api": "c", "document": "b", "notification": "b", "quiz": "b"}


def test_f97_when_the_newer_one_fails_the_one_that_was_never_proven_is_not_gone_back_to(
    environment: Environment,
) -> None:
    environment.world.behaviours[digest("c")] = Behaviour(is_wrong=True)
    began: list[int] = []

    def a_newer_one() -> None:
        newest = environment.entries[-1]
        if not began and newest.number == 2 and newest.is_baking:
            began.append(1)
            running = environment.world.running
            with pytest.raises(ReleaseFailed):
                environment.release("c")
            environment.world.running = running

    environment.world.on_tick = a_newer_one
    with pytest.raises(Locked):
        environment.release("b")
    assert serving(environment) == {"a"}


def test_f98_only_what_was_baked_is_promoted(environment: Environment) -> None:
    promotion = plan_promotion(environment.entries, "staging")
    assert {str(reference) for reference in promotion.images.values()} == {digest("a")}
    entry = environment.entries[0]
    baking = [entry.model_copy(update={"status": Status.UNDERWAY, "position": len(entry.plan) - 1})]
    with pytest.raises(Refused, match="still bakes"):
        plan_promotion(baking, "staging")
    unbaked = [environment.entries[0].model_copy(update={"verdicts": {}})]
    with pytest.raises(Refused, match="was not baked"):
        plan_promotion(unbaked, "staging")
    with pytest.raises(Refused, match="nothing was ever proven"):
        plan_promotion([], "staging")


def test_f100_two_bad_releases_go_back_to_the_last_proven_one(environment: Environment) -> None:
    environment.release("b")
    for letter in "cd":
        environment.world.behaviours[digest(letter)] = Behaviour(crashes=True)
        with pytest.raises(ReleaseFailed):
            environment.release(letter)
    assert serving(environment) == {"b"}


def test_f101_what_the_target_needs_and_is_gone_is_found_before_anything_changes(environment: Environment) -> None:
    environment.release("b")
    image = environment.entries[0].release.images["api"]
    environment.world.missing[image] = "the registry does not have it"
    environment.world.done.clear()
    with pytest.raises(PreflightFailed, match="not as they must be") as refused:
        environment.rollback()
    assert "the registry does not have it" in refused.value.why
    assert (environment.world.done, len(environment.entries)) == ([], 2)


def test_f101_a_deregistered_revision_is_registered_again_from_its_document(environment: Environment) -> None:
    environment.release("b")
    old = environment.entries[0].release.services["api"]
    assert old.definition_arn is not None
    environment.world.inactive.add(old.definition_arn)
    outcome = environment.rollback()
    assert outcome.entry is not None
    restored = outcome.entry.release.services["api"]
    assert restored.definition == old.definition
    assert restored.definition_arn != old.definition_arn
    assert serving(environment) == {"a"}


def test_f102_a_release_that_crossed_a_contract_is_not_gone_back_from(environment: Environment) -> None:
    world = environment.world
    world.behaviours[digest("b")] = Behaviour(app_version="2")
    world.behaviours[digest("c")] = Behaviour(app_version="3")
    environment.release("b")
    world.task_lines_by_command = {"migrate --describe": schema("3", CONTRACT), "migrate": ("done",)}
    with pytest.raises(ReleaseFailed, match=r"removes what release 1 .* needs"):
        environment.release("c", run_before=("migrate",))
    for letter in "ef":  # release a leaves the window
        world.behaviours[digest(letter)] = Behaviour(app_version="2")
        environment.release(letter)
    world.behaviours[digest("9")] = Behaviour(app_version="2")
    environment.release("9")
    environment.release("c", run_before=("migrate",))
    with pytest.raises(Refused, match="cannot work with the database") as refused:
        environment.rollback(to=1)
    assert "0003 (contract)" in refused.value.why
    environment.rollback()  # release 9 is version 2 and survives it
    assert serving(environment) == {"9"}


def test_a_migration_that_fails_stops_the_release_before_any_service_changes(environment: Environment) -> None:
    environment.world.task_lines_by_command = {"migrate --describe": schema("2", EXPAND)}
    environment.world.done.clear()
    with pytest.raises(ReleaseFailed, match="before it changed a service"):
        environment.release("b", run_before=("migrate",))
    assert not [call for call in environment.world.done if call.startswith("update")]
    assert environment.entries[-1].migrations[0].id == "0002", "it was decided, and may have been done in part"


def test_a_missing_secret_is_found_before_anything_changes(environment: Environment) -> None:
    environment.world.missing[SECRET] = "it is being deleted since 2026-11-01"
    with pytest.raises(PreflightFailed) as refused:
        environment.release("b")
    assert "for document, quiz, api, notification" in refused.value.why


def test_what_died_in_the_middle_must_be_finished_before_anything_new(environment: Environment) -> None:
    environment.world.kill_at = 20
    with pytest.raises(Killed):
        environment.release("b")
    with pytest.raises(OutcomeUnknown, match="is not finished"):
        environment.release("c")


def test_a_rollback_says_what_it_does_not_undo_and_is_a_release_itself(environment: Environment) -> None:
    environment.release("b")
    environment.world.secret_version = "v2"  # noqa: S105 - a version, not a secret
    outcome = environment.rollback(reason="complaints")
    assert any(SECRET in line for line in outcome.plan.not_undone)
    entry = environment.entries[-1]
    assert (entry.operation, entry.status, entry.reason) == (Operation.ROLLBACK, Status.PROVEN, "complaints")
    assert entry.verdicts["smoke"].has_passed


def test_a_rollback_never_comes_back_with_fewer_tasks_than_served_then(environment: Environment) -> None:
    environment.release("b")
    name = environment.world.place.services["api"].name
    environment.world.services[name] = replace(environment.world.services[name], desired=1)
    environment.rollback()
    assert environment.world.services[name].desired == 2


def test_traffic_leaves_a_bad_canary_before_anything_else_happens() -> None:
    canary = QUICK.model_copy(update={"kind": StrategyKind.CANARY})
    environment = Environment(strategies={"api": canary})
    environment.release("a")
    environment.world.behaviours[digest("b")] = Behaviour(error_rate=0.5)
    environment.world.done.clear()
    with pytest.raises(ReleaseFailed, match="api at 5 %"):
        environment.release("b", services=("api",))
    changes = [call for call in environment.world.done if not call.startswith("ledger")]
    assert changes == [
        "register study-dev-api",
        "create study-dev-api-green",
        "shift 5",
        "shift 0",
        "delete study-dev-api-green",
    ]
