from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.environment.services import Services
from studyctl.domain.local.parts import EVERY_PART, EXTRAS, PARTS, Stage, chosen, to_start
from studyctl.errors import UsageError

NAMES = st.lists(st.sampled_from(sorted(EVERY_PART)), unique=True)


@given(NAMES)
def test_what_is_needed_starts_too_and_before(only: list[str]) -> None:
    started = to_start(only)

    names = [part.name for part in started]
    assert set(only) <= set(names)
    for part in started:
        for need in part.needs:
            assert EVERY_PART[need].stage < part.stage
            assert names.index(need) < names.index(part.name)
    assert [part.stage for part in started] == sorted(part.stage for part in started)


@given(NAMES)
def test_nothing_starts_that_nobody_needs(only: list[str]) -> None:
    needed = set(only) | {need for name in only for need in EVERY_PART[name].needs}
    assert {part.name for part in to_start(only)} == (needed if only else set(PARTS))


@given(NAMES)
def test_what_is_chosen_is_what_was_named(only: list[str]) -> None:
    assert {part.name for part in chosen(only)} == (set(only) if only else set(EVERY_PART))


def test_extras_start_only_when_they_are_asked_for() -> None:
    extra = {part.name for part in EXTRAS["monitoring"]}
    assert {part.name for part in to_start()} == set(PARTS)
    assert {part.name for part in to_start(extras=["monitoring"])} == set(PARTS) | extra
    assert {part.name for part in to_start(["cache"], ["monitoring"])} == {"cache"} | extra
    with pytest.raises(UsageError, match="there is no 'monitorin'"):
        to_start(extras=["monitorin"])


def test_a_name_that_nobody_has_gets_the_nearest_one() -> None:
    with pytest.raises(UsageError) as caught:
        to_start(["databse"])
    assert caught.value.why == "Did you mean database?"
    assert "outbox_relay" in caught.value.hint


def test_every_service_of_an_environment_runs_here_too() -> None:
    services = {part.name for part in PARTS.values() if part.stage is Stage.SERVICES}
    assert services == set(Services.model_fields)


def test_the_balancer_leads_where_the_clouds_does(repository: Path) -> None:
    text = (repository / "infra" / "platform" / "workloads.tf").read_text("utf-8")
    blocks = re.findall(r"^    (\w+) = \{\n(.*?)^    \}", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == len(Services.model_fields)
    for name, block in blocks:
        lists = re.findall(r"^\s+(?:websocket_)?paths\s+= \[(.*?)\]", block, re.MULTILINE)
        paths = [path for entries in lists for path in re.findall(r'"([^"]+)"', entries)]
        assert list(PARTS[name].paths) == paths, name
