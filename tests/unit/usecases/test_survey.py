"""A picture or a proof needs the plan's document even when nothing would change, and leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from studyctl.domain.outcome import ApplyOutcome, InitOutcome, Outputs, PlanFile, PlanKind, PlanOutcome
from studyctl.domain.progress import Progress
from studyctl.domain.workspace import Workspace
from studyctl.errors import UsageError
from studyctl.usecases.plan import OnEvent
from studyctl.usecases.survey import of_environment, survey

STAGING = Path(__file__).resolve().parents[2] / "fixtures" / "staging.plan.json"


@dataclass
class UnchangedTerraform:
    """Plans without changes; what was asked of it is in `calls`."""

    document: Mapping[str, Any]
    calls: list[str] = field(default_factory=list)

    def init(self, workspace: Workspace) -> InitOutcome:
        self.calls.append("init")
        return InitOutcome.SKIPPED

    def plan(
        self,
        workspace: Workspace,
        run_id: str,
        *,
        out: Path,
        destroy: bool = False,
        lock_timeout_seconds: int = 0,
        on_event: OnEvent | None = None,
    ) -> PlanOutcome:
        self.calls.append("plan")
        return PlanOutcome(PlanKind.NO_CHANGES, PlanFile(out, "0", 1), Progress(), 0.1)

    def show_plan(self, workspace: Workspace, plan: PlanFile) -> Mapping[str, Any]:
        self.calls.append("show")
        return self.document

    def discard(self, plan: PlanFile) -> None:
        self.calls.append("discard")

    def apply(
        self,
        workspace: Workspace,
        run_id: str,
        plan: PlanFile,
        *,
        lock_timeout_seconds: int = 0,
        on_event: OnEvent | None = None,
    ) -> ApplyOutcome:
        raise AssertionError("a picture changes nothing")

    def outputs(self, workspace: Workspace) -> Outputs:
        raise AssertionError("a picture needs no outputs")


@pytest.fixture
def staging() -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(STAGING.read_text("utf-8"))
    return document


def test_a_plan_without_changes_is_read_and_then_removed(staging: Mapping[str, Any], tmp_path: Path) -> None:
    terraform = UnchangedTerraform(staging)
    workspace = Workspace.platform("staging", tmp_path)
    assert survey(terraform, workspace, "run", out=tmp_path / "plan") == staging
    assert terraform.calls == ["init", "plan", "show", "discard"]


def test_what_turns_out_to_be_no_plan_is_removed_too(tmp_path: Path) -> None:
    terraform = UnchangedTerraform({})
    with pytest.raises(UsageError):
        survey(terraform, Workspace.platform("staging", tmp_path), "run", out=tmp_path / "plan")
    assert terraform.calls[-1] == "discard"


def test_a_plan_of_another_environment_is_refused(staging: Mapping[str, Any]) -> None:
    with pytest.raises(UsageError, match="made for staging, not for prod"):
        of_environment(staging, "prod")
