"""Which image a task is judged by."""

from __future__ import annotations

from typing import Any

import pytest

from studyctl.adapters.smoke.services import runs

OURS, ANOTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
APP = {"name": "app", "image": f"registry/app@{OURS}", "imageDigest": OURS}
COLLECTOR = {"name": "collector", "image": f"public/collector@{ANOTHER}"}


@pytest.mark.parametrize(
    ("containers", "is_ours"),
    [
        ([APP], True),
        ([APP, COLLECTOR], True),
        ([COLLECTOR, APP], True),
        ([{"name": "app", "image": f"registry/app@{OURS}"}], True),
        ([{**APP, "imageDigest": ANOTHER}], False),
        ([{**COLLECTOR, "imageDigest": OURS}], False),
        ([], False),
    ],
)
def test_a_task_is_judged_by_the_container_that_serves(containers: list[dict[str, Any]], is_ours: bool) -> None:
    assert runs({"containers": containers}, "app", OURS) is is_ours
