"""Releases that are good: they serve at the end, and nobody noticed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.functional.releases.timing import measured, seconds_between
from tests.support.releases.stage import BAKE, Stage

from studyctl.adapters.emulator.process import EmulatorEndpoint
from studyctl.domain.release.images import ImageReference
from studyctl.domain.release.ledger import Status
from studyctl.domain.release.strategy import StrategyKind

CANARY = BAKE.model_copy(update={"kind": StrategyKind.CANARY, "hold_seconds": 20.0})
BLUE_GREEN = BAKE.model_copy(update={"kind": StrategyKind.BLUE_GREEN})


def revisions(stage: Stage) -> list[str]:
    return list(stage.client("ecs").list_task_definitions(familyPrefix=f"{stage.name}-api")["taskDefinitionArns"])


def test_the_first_release_into_services_that_wait_for_it(release_emulator: EmulatorEndpoint) -> None:
    stage = Stage(release_emulator.url, Path(release_emulator.log_path).parent)
    with measured("first release") as told:
        outcome = stage.release(stage.image("v1"))
        assert outcome.entry is not None
        told.add(f"{seconds_between(outcome.entry):.1f} s of them after it was decided")
    assert outcome.entry.status is Status.PROVEN
    assert outcome.entry.verdicts["smoke"].has_passed
    stage.close()


def test_a_good_release_under_load_loses_no_request(stage: Stage, good: ImageReference) -> None:
    with stage.load() as load, measured("good release with smoke and bake", 8) as told:
        stage.release(good)
        told.add(f"{load.failures.total()} of {load.count} requests failed")
    assert load.failures.total() == 0, load.failures
    assert {image.rpartition("@")[2] for image in stage.serving().values()} == {good.digest}
    smoke = stage.smoke()
    assert smoke.verdict.has_passed, smoke.verdict


def test_nothing_changed_means_no_new_revision_and_no_entry(stage: Stage, good: ImageReference) -> None:
    stage.release(good)
    before, entries = revisions(stage), len(stage.entries)
    with measured("nothing to release"):
        outcome = stage.release(good)
    assert outcome.entry is None
    assert (revisions(stage), len(stage.entries)) == (before, entries)


def test_the_release_is_what_the_services_say_they_are(stage: Stage, good: ImageReference) -> None:
    entry = stage.release(good).entry
    assert entry is not None
    content = entry.release.services["api"]
    (variable,) = [
        each
        for each in content.definition["containerDefinitions"][0]["environment"]
        if each["name"] == "SERVICE_VERSION"
    ]
    assert variable["value"] == str(entry.number)
    (version,) = [result for result in stage.smoke().results if result.name == "version"]
    assert version.detail == f"release {entry.number} answers"
    assert entry.release.app_version == "1", "as the application says of itself"


def test_migrations_run_before_any_service_changes(stage: Stage) -> None:
    pending = json.dumps([{"id": "0002", "kind": "expand"}])
    image = stage.image("migrates", PENDING=pending)
    entry = stage.release(image, run_before=("migrate",)).entry
    assert entry is not None
    assert [each.id for each in entry.migrations] == ["0002"]
    assert [str(step).split()[0] for step in entry.plan][:3] == ["register", "migrate", "update"]


def test_a_good_canary_gets_all_of_the_traffic_stage_by_stage(stage: Stage, good: ImageReference) -> None:
    stage.strategies = {"api": CANARY}
    with stage.load() as load, measured("canary with three stages of 2 s") as told:
        entry = stage.release(good).entry
        told.add(f"{load.failures.total()} of {load.count} requests failed")
    assert entry is not None
    assert [name for name in entry.verdicts if name.startswith("api at")] == [
        "api at 5 %",
        "api at 25 %",
        "api at 100 %",
    ]
    assert load.failures.total() == 0, load.failures
    weights = stage.aws.traffic.weights(stage.place.services["api"].colours)  # type: ignore[arg-type]
    assert (weights.blue, weights.green) == (100, 0)


def test_blue_green_moves_everything_at_once(stage: Stage, good: ImageReference) -> None:
    stage.strategies = {"api": BLUE_GREEN}
    with stage.load() as load, measured("blue/green") as told:
        entry = stage.release(good).entry
        told.add(f"{load.failures.total()} of {load.count} requests failed")
    assert entry is not None
    assert "api at 100 %" in entry.verdicts
    assert load.failures.total() == 0, load.failures
