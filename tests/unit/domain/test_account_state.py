"""Where the account's own state is, for everything that an earlier command may have left."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as some

from studyctl.domain.account_state import Home, home_of_state, require_moved
from studyctl.domain.state import Instance, StateSnapshot
from studyctl.errors import OutcomeUnknown

SERIALS = some.integers(0, 5)


def state(serial: int = 1, lineage: str = "a", *names: str) -> StateSnapshot:
    instances = {name: Instance(name, f"id-{name}") for name in names}
    return StateSnapshot(serial=serial, lineage=lineage, instances=instances, digest="")


def decided(local: StateSnapshot | None, kept: StateSnapshot | None, *, has_bucket: bool = True) -> Home:
    return home_of_state(local, kept, bucket="states", has_bucket=has_bucket)


@pytest.mark.parametrize(
    ("local", "kept", "home"),
    [
        (state(), None, Home.MACHINE),
        (state(2, "a", "bucket", "key"), state(1, "a", "bucket"), Home.MACHINE),
        (state(1, "a", "bucket"), state(3, "a", "bucket", "key"), Home.BUCKET),
        (state(1, "a", "bucket"), state(1, "a", "bucket"), Home.BUCKET),
        (state(9, "a", "bucket"), state(1, "b", "bucket"), Home.BUCKET),
        (None, state(), Home.BUCKET),
    ],
)
def test_the_newer_state_of_one_origin_counts(
    local: StateSnapshot | None, kept: StateSnapshot | None, home: Home
) -> None:
    assert decided(local, kept) is home


@pytest.mark.parametrize("local", [None, state()])
def test_without_a_bucket_it_begins_or_goes_on_here(local: StateSnapshot | None) -> None:
    assert decided(local, None, has_bucket=False) is Home.MACHINE


@pytest.mark.parametrize(("local", "kept"), [(None, None), (state(1, "a", "bucket"), state(1, "b", "key"))])
def test_what_nobody_or_two_know_stops(local: StateSnapshot | None, kept: StateSnapshot | None) -> None:
    with pytest.raises(OutcomeUnknown) as stopped:
        decided(local, kept)
    assert stopped.value.exit_code == 7


@given(SERIALS, SERIALS)
def test_no_run_ever_applies_with_the_older_of_two_states(local: int, kept: int) -> None:
    home = decided(state(local, "a", "here"), state(kept, "a", "there"))
    used, left = (local, kept) if home is Home.MACHINE else (kept, local)
    assert used >= left


def test_it_moved_when_the_bucket_says_the_same() -> None:
    local = state(3, "a", "bucket", "key")
    require_moved(local, dataclasses.replace(local, serial=1, lineage="b", digest="written anew"), "states")
    for wrong in (None, state(3, "a", "bucket"), state(3, "a", "bucket", "key", "other")):
        with pytest.raises(OutcomeUnknown, match="still counts"):
            require_moved(local, wrong, "states")
