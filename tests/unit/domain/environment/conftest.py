from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studyctl.adapters.yaml_text import read_yaml
from studyctl.domain.environment import InvalidEnvironment, parse_environment
from studyctl.domain.environment.parsing import dotted

ENVIRONMENTS = Path(__file__).resolve().parents[4] / "environments"
REMOVED = object()


@pytest.fixture(scope="session")
def staging() -> dict[str, Any]:
    value = read_yaml((ENVIRONMENTS / "staging.yaml").read_bytes()).value
    assert isinstance(value, dict)
    return value


@pytest.fixture
def problems(staging: dict[str, Any]) -> Callable[..., dict[str, str]]:
    """Change staging at some keys, parse it, and return what is refused: key -> message."""

    def parse_changed(*changes: tuple[str, Any]) -> dict[str, str]:
        data = copy.deepcopy(staging)
        for path, value in changes:
            *parents, last = path.split(".")
            part = data
            for key in parents:
                part = part[key]
            if value is REMOVED:
                del part[last]
            else:
                part[last] = value
        try:
            parse_environment(data, name="staging")
        except InvalidEnvironment as error:
            return {dotted(problem.path): problem.message for problem in error.problems}
        return {}

    return parse_changed
