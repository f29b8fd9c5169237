from __future__ import annotations

import pytest

from studyctl.domain.local.rehearsal import Rehearsal, parse_faults
from studyctl.errors import UsageError
from studyservices.fault import VARIABLE, parse_fault


def test_a_service_is_told_of_its_fault_alone() -> None:
    rehearsal = Rehearsal(parse_faults(["api:5xx=0.5", "document:slow=3"]))

    assert rehearsal.settings_of("api") == {VARIABLE: "5xx=0.5"}
    assert parse_fault(rehearsal.settings_of("document")[VARIABLE]).delay_seconds == 3
    assert rehearsal.settings_of("quiz") == {}
    assert rehearsal.vector_delay_seconds == 0


def test_the_vector_database_can_be_slow() -> None:
    assert Rehearsal(parse_faults(["vector_database:slow=0.7"])).vector_delay_seconds == 0.7


@pytest.mark.parametrize(
    "text",
    [
        *("", "api", "api:", "database:slow=3", "nobody:slow=3", ":slow=3"),
        *("vector_database:5xx=1", "vector_database:slow", "vector_database:slow=-1", "vector_database:slow=1e3"),
    ],
)
def test_what_is_no_fault_of_a_part_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no fault of a part") as refused:
        parse_faults([text])
    assert "outbox_relay" in refused.value.hint
