"""A pull request that changes what plans it gets no credentials (F77)."""

import pytest

from studyctl.domain.pipeline_scope import INERT, INFRASTRUCTURE, require_one_kind, scope_of
from studyctl.errors import Refused

PIPELINE = (".ci/a", ".github/a", "Makefile", "pyproject.toml", "requirements/a", "scripts/a", "toolkit/a")
UNHEARD_OF = ("GNUmakefile", "makefile", "sitecustomize.py", "README.md/../Makefile", "docs", "new/a", "INFRA/a", "")
"""What make or Python would take up unasked, and names that only look like others."""


@pytest.mark.parametrize("place", INFRASTRUCTURE)
def test_a_change_of_what_is_planned_is_planned(place: str) -> None:
    scope = scope_of([f"{place}a", "docs/deploy.md", "tests/unit/a.py"])
    require_one_kind(scope)
    assert scope.has_plan


@pytest.mark.parametrize("place", [*PIPELINE, *UNHEARD_OF])
def test_a_change_of_the_pipeline_or_of_what_nobody_knows_is_never_planned(place: str) -> None:
    scope = scope_of([place])
    require_one_kind(scope)
    assert scope.pipeline == (place,)
    assert not scope.has_plan


def test_pages_and_tests_alone_plan_nothing() -> None:
    assert scope_of(["docs/deploy.md", "tests/unit/a.py", "README.md"]) == scope_of([])
    assert not scope_of(INERT).has_plan


@pytest.mark.parametrize("pipeline", [*PIPELINE, "GNUmakefile"])
@pytest.mark.parametrize("infrastructure", INFRASTRUCTURE)
def test_f77_both_together_get_no_credentials(pipeline: str, infrastructure: str) -> None:
    with pytest.raises(Refused, match="together") as refused:
        require_one_kind(scope_of([pipeline, f"{infrastructure}b"]))
    assert f"{infrastructure}b" in refused.value.why
