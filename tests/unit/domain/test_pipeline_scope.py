"""A pull request that changes what plans it gets no credentials (F77)."""

import pytest

from studyctl.domain.pipeline_scope import INFRASTRUCTURE, PIPELINE, require_one_kind, scope_of
from studyctl.errors import Refused


@pytest.mark.parametrize("place", INFRASTRUCTURE)
def test_a_change_of_what_is_planned_is_planned(place: str) -> None:
    scope = scope_of([f"{place}a", "docs/deploy.md", "tests/unit/a.py"])
    require_one_kind(scope)
    assert scope.has_plan


@pytest.mark.parametrize("place", PIPELINE)
def test_a_change_of_the_pipeline_is_never_planned(place: str) -> None:
    scope = scope_of([place])
    require_one_kind(scope)
    assert not scope.has_plan


def test_pages_and_tests_alone_plan_nothing() -> None:
    assert not scope_of(["docs/deploy.md", "tests/unit/a.py", "README.md"]).has_plan


@pytest.mark.parametrize("pipeline", PIPELINE)
@pytest.mark.parametrize("infrastructure", INFRASTRUCTURE)
def test_f77_both_together_get_no_credentials(pipeline: str, infrastructure: str) -> None:
    with pytest.raises(Refused, match="together") as refused:
        require_one_kind(scope_of([f"{pipeline}a", f"{infrastructure}b"]))
    assert f"{infrastructure}b" in refused.value.why
