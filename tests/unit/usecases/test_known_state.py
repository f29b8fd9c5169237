from __future__ import annotations

from dataclasses import replace

import pytest

from studyctl.domain.records import ChangeCounts, DeploymentRecord, StateVersion
from studyctl.errors import OutcomeUnknown
from studyctl.usecases.known_state import require_known_state

STATE = StateVersion(serial=7, lineage="lineage", version_id="v7", terraform_version="1.11.4", resources=3)
RECORD = DeploymentRecord(
    run_id="run",
    environment="dev",
    operation="deploy",
    actor="somebody",
    commit="commit",
    started_at="then",
    finished_at="later",
    plan_sha256="sha",
    changes=ChangeCounts(create=3),
    state_serial=7,
    state_version_id="v7",
    verified=True,
    toolkit_version="0.1.0",
    terraform_version="1.11.4",
    number=4,
)


def test_an_environment_that_was_never_deployed_has_no_state() -> None:
    require_known_state(None, None, "dev")


def test_after_a_destroy_there_is_no_state_either() -> None:
    require_known_state(None, replace(RECORD, operation="destroy"), "dev")


def test_the_state_may_be_newer_than_the_record() -> None:
    require_known_state(replace(STATE, serial=9), RECORD, "dev")


def test_f27_a_state_that_vanished_is_no_new_environment() -> None:
    with pytest.raises(OutcomeUnknown, match="missing") as refused:
        require_known_state(None, RECORD, "dev")
    assert "v7" in str(refused.value)


def test_f28_a_state_without_lineage_is_refused() -> None:
    with pytest.raises(OutcomeUnknown, match="lineage"):
        require_known_state(replace(STATE, lineage=""), RECORD, "dev")


def test_f27_a_state_older_than_the_ledger_is_refused() -> None:
    with pytest.raises(OutcomeUnknown, match="serial 6"):
        require_known_state(replace(STATE, serial=6), RECORD, "dev")


def test_a_record_survives_its_file() -> None:
    assert DeploymentRecord.from_json(RECORD.to_json() | {"of_a_newer_version": 1}) == RECORD
