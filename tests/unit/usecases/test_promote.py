"""What goes on to the next environment is the release that somebody agreed to, or nothing does."""

from __future__ import annotations

import pytest
from tests.support.releases.commands import Environment
from tests.support.releases.definitions import digest
from tests.support.releases.world import Behaviour

from studyctl.errors import Refused, ReleaseFailed
from studyctl.usecases.promote import plan_promotion


@pytest.fixture
def staging() -> Environment:
    made = Environment()
    made.release("a")
    return made


def promoted(staging: Environment, only: int | None) -> set[str]:
    return {str(reference) for reference in plan_promotion(staging.entries, "staging", only=only).images.values()}


def test_the_release_that_serves_is_promoted_by_its_number(staging: Environment) -> None:
    assert promoted(staging, 1) == promoted(staging, None) == {digest("a")}


def test_a_later_release_is_not_promoted_in_its_place(staging: Environment) -> None:
    staging.release("b")
    with pytest.raises(Refused, match="release 2 serves staging, not release 1"):
        promoted(staging, 1)
    assert promoted(staging, 2) == {digest("b")}


def test_a_release_that_came_back_is_still_the_one_that_was_agreed_to(staging: Environment) -> None:
    staging.world.behaviours[digest("b")] = Behaviour(crashes=True)
    with pytest.raises(ReleaseFailed):
        staging.release("b")
    assert staging.entries[-1].restores == 1
    assert promoted(staging, 1) == promoted(staging, staging.entries[-1].number) == {digest("a")}
    with pytest.raises(Refused, match="release 1 serves staging, not release 2"):
        promoted(staging, 2)


def test_a_number_that_nobody_gave_is_not_promoted(staging: Environment) -> None:
    with pytest.raises(Refused, match="not release 9"):
        promoted(staging, 9)
