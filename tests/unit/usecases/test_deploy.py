from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.freezes import FROZEN

from studyctl.domain.deployment_permit import ANY_TIME, Permit
from studyctl.domain.events import Event
from studyctl.domain.journal import Phase, Step
from studyctl.domain.outcome import ApplyOutcome, InitOutcome, Outputs, PlanFile, PlanKind, PlanOutcome
from studyctl.domain.progress import Progress
from studyctl.domain.records import DeploymentRecord, StateVersion
from studyctl.domain.verification import EXPECTED_FACTS, Expectation, Observation, Verdict
from studyctl.domain.workspace import Workspace
from studyctl.errors import ApplyFailed, ConfirmationNeeded, Interrupted, PreflightFailed, Refused, VerificationFailed
from studyctl.usecases.deploy import DeployOutcome, DeployRequest, Ports, Release, RunIdentity, deploy
from studyctl.usecases.plan import JudgedPlan, OnEvent, PlanRequest
from studyctl.usecases.release import ReleaseOutcome

STEPS = [
    Step.PREFLIGHT,
    Step.RENDER,
    Step.PLAN,
    Step.GUARD,
    Step.CONFIRM,
    Step.APPLY,
    Step.VERIFY,
    Step.RECORD,
]

PLATFORM = {
    "cluster": {"name": "c"},
    "services": {},
    "load_balancer": {"arn": "lb", "dns_name": "lb"},
    "database": {"identifier": "db", "replica_identifiers": {}},
    "cache": {"replication_group_id": "cache"},
    "queue_urls": {},
    "buckets": {},
    "vector_database": {"autoscaling_group_name": "asg"},
    "distribution": None,
}


def change(resource_type: str, actions: list[str]) -> dict[str, Any]:
    """One entry of terraform's `resource_changes`."""
    return {
        "address": f"{resource_type}.main",
        "mode": "managed",
        "type": resource_type,
        "name": "main",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {
            "actions": actions,
            "before": None if actions == ["create"] else {"name": "old"},
            "after": None if actions == ["delete"] else {"name": "new"},
            "after_unknown": {},
            "before_sensitive": {},
            "after_sensitive": {},
        },
    }


@dataclass
class FakeWorld:
    """Terraform, ledger, account and person in one, remembering what was asked of them in order."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    fails: type[Exception] | None = None
    says_no: bool = False
    is_broken: bool = False
    is_interrupted_late: bool = False
    state: StateVersion | None = None
    records: list[DeploymentRecord] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    journal: list[tuple[Step, Phase]] = field(default_factory=list)

    def init(self, workspace: Workspace) -> InitOutcome:
        self.done.append("init")
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
        self.done.append("plan")
        kind = PlanKind.CHANGES if self.changes else PlanKind.NO_CHANGES
        return PlanOutcome(kind, PlanFile(out, "sha", 1), Progress(), 1.0)

    def show_plan(self, workspace: Workspace, plan: PlanFile) -> Mapping[str, Any]:
        self.done.append("show")
        return {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": self.changes}

    def apply(
        self,
        workspace: Workspace,
        run_id: str,
        plan: PlanFile,
        *,
        lock_timeout_seconds: int = 0,
        on_event: OnEvent | None = None,
    ) -> ApplyOutcome:
        self.done.append("apply")
        if self.fails is not None:
            raise self.fails("it failed")
        serial = self.state.serial + 1 if self.state else 1
        self.state = StateVersion(serial, "lineage", f"v{serial}", "1.11.4", len(self.changes))
        return ApplyOutcome(Progress(), 1.0, was_interrupted=self.is_interrupted_late)

    def outputs(self, workspace: Workspace) -> Outputs:
        return {}

    def discard(self, plan: PlanFile) -> None:
        self.done.append("discard")

    def state_version(self) -> StateVersion | None:
        return self.state

    def state_outputs(self) -> Mapping[str, Any]:
        return {"platform": PLATFORM}

    def latest_record(self) -> DeploymentRecord | None:
        return self.records[-1] if self.records else None

    def append(self, record: DeploymentRecord) -> DeploymentRecord:
        self.records.append(record.with_number(len(self.records) + 1))
        return self.records[-1]

    def observe(self, wanted: Sequence[Expectation]) -> Sequence[Observation]:
        failure = "gone" if self.is_broken else ""
        return [Observation(each, EXPECTED_FACTS[each.kind], failure=failure) for each in wanted]

    def write(self, step: Step, phase: Phase, **facts: str) -> None:
        self.journal.append((step, phase))

    def step(self, step: Step) -> None:
        assert self.journal[-1] == (step, Phase.STARTED), "the journal line comes before the step"

    def on_event(self) -> OnEvent:
        def ignore(event: Event, progress: Progress) -> None:
            del event, progress

        return ignore

    def planned(self, plan: JudgedPlan) -> None:
        self.done.append("shown")

    def confirm(self, plan: JudgedPlan) -> None:
        if self.says_no:
            raise ConfirmationNeeded("no")

    def applied(self, outcome: ApplyOutcome) -> None:
        self.done.append("applied")

    def verified(self, checks: Sequence[Verdict]) -> None:
        self.done.append("verified")


def run(
    world: FakeWorld,
    tmp_path: Path,
    *,
    dry_run: bool = False,
    destroy: bool = False,
    permit: Permit = ANY_TIME,
    release: Release | None = None,
    credentials_end: datetime | None = None,
) -> DeployOutcome:
    ports = Ports(
        terraform=world,
        ledger=world,
        observer=world,
        journal=world,
        narrator=world,
        render=lambda: (),
        now=lambda: "now",
        release=release,
        credentials_end=credentials_end,
    )
    return deploy(
        DeployRequest(PlanRequest(destroy=destroy), dry_run=dry_run, permit=permit),
        Workspace("dev", tmp_path, tmp_path / "build"),
        ports,
        RunIdentity("run", "actor", "commit", "0.1.0", "1.11.4"),
    )


def test_a_deploy_applies_what_it_showed_then_verifies_and_records(tmp_path: Path) -> None:
    world = FakeWorld(changes=[change("aws_sqs_queue", ["create"])])
    outcome = run(world, tmp_path)
    assert world.done == ["init", "plan", "show", "shown", "apply", "applied", "discard", "verified"]
    assert outcome.record is not None
    assert (outcome.record.number, outcome.record.changes.create, outcome.record.state_serial) == (1, 1, 1)
    assert [step for step, phase in world.journal if phase is Phase.FINISHED] == STEPS


def test_deploying_again_with_nothing_changed_reads_no_plan_and_adds_no_record(tmp_path: Path) -> None:
    world = FakeWorld(changes=[change("aws_sqs_queue", ["create"])])
    first = run(world, tmp_path).record
    world.changes, world.done = [], []
    again = run(world, tmp_path)
    assert "show" not in world.done
    assert "apply" not in world.done
    assert again.record == first
    assert len(world.records) == 1


def test_what_would_lose_data_stops_before_anybody_is_asked(tmp_path: Path) -> None:
    world = FakeWorld(changes=[change("aws_s3_bucket", ["delete"])])
    with pytest.raises(Refused, match=r"aws_s3_bucket\.main"):
        run(world, tmp_path)
    assert "apply" not in world.done
    assert world.done[-1] == "discard"
    assert world.journal[-1] == (Step.GUARD, Phase.FAILED)


def test_a_freeze_stops_what_would_change_something_before_anybody_is_asked(tmp_path: Path) -> None:
    world = FakeWorld(changes=[change("aws_sqs_queue", ["create"])], says_no=True)
    with pytest.raises(Refused, match=r"frozen until .* \(year end\)"):
        run(world, tmp_path, permit=Permit("dev", FROZEN))
    assert world.done == ["init", "plan", "show", "shown", "discard"]
    assert world.journal[-1] == (Step.GUARD, Phase.FAILED)


def test_a_freeze_stops_neither_a_look_nor_what_changes_nothing(tmp_path: Path) -> None:
    frozen = Permit("dev", FROZEN)
    run(FakeWorld(changes=[change("aws_sqs_queue", ["create"])]), tmp_path, dry_run=True, permit=frozen)
    run(FakeWorld(), tmp_path, permit=frozen)


def test_a_reason_passes_a_freeze_and_stays_in_the_record(tmp_path: Path) -> None:
    world = FakeWorld(changes=[change("aws_sqs_queue", ["create"])])
    record = run(world, tmp_path, permit=Permit("dev", FROZEN, "incident 42")).record
    assert record is not None
    assert record.overrides[0].startswith("--override-freeze incident 42 (frozen until")
    assert DeploymentRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


def test_a_record_from_before_there_were_freezes_can_be_read(tmp_path: Path) -> None:
    record = run(FakeWorld(changes=[change("aws_sqs_queue", ["create"])]), tmp_path).record
    assert record is not None
    older = {name: value for name, value in record.to_json().items() if name != "overrides"}
    assert DeploymentRecord.from_json(older) == record


def test_a_destroy_means_the_data_too_and_has_nothing_to_verify(tmp_path: Path) -> None:
    world = FakeWorld(changes=[change("aws_s3_bucket", ["delete"])])
    outcome = run(world, tmp_path, destroy=True)
    assert outcome.record is not None
    assert outcome.record.operation == "destroy"
    assert "verified" not in world.done


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_destroy_that_aws_would_refuse_half_way_changes_nothing(tmp_path: Path, dry_run: bool) -> None:
    balancer = change("aws_lb", ["delete"])
    balancer["change"]["before"]["enable_deletion_protection"] = True
    world = FakeWorld(changes=[change("aws_sqs_queue", ["delete"]), balancer])
    with pytest.raises(Refused, match=r"aws_lb\.main is protected from being deleted"):
        run(world, tmp_path, destroy=True, dry_run=dry_run)
    assert "apply" not in world.done


def test_a_dry_run_leaves_nothing_behind(tmp_path: Path) -> None:
    world = FakeWorld(changes=[change("aws_sqs_queue", ["create"])])
    outcome = run(world, tmp_path, dry_run=True)
    assert outcome.record is None
    assert world.done == ["init", "plan", "show", "shown", "discard"]
    assert world.records == []


@pytest.mark.parametrize(
    ("world", "error", "step"),
    [
        (FakeWorld(changes=[change("aws_sqs_queue", ["create"])], fails=ApplyFailed), ApplyFailed, Step.APPLY),
        (FakeWorld(changes=[change("aws_sqs_queue", ["create"])], says_no=True), ConfirmationNeeded, Step.CONFIRM),
        (FakeWorld(changes=[change("aws_sqs_queue", ["create"])], is_broken=True), VerificationFailed, Step.VERIFY),
    ],
)
def test_whatever_fails_is_in_the_journal_and_no_plan_stays(
    world: FakeWorld, error: type[Exception], step: Step, tmp_path: Path
) -> None:
    with pytest.raises(error):
        run(world, tmp_path)
    assert world.journal[-1] == (step, Phase.FAILED)
    assert "discard" in world.done
    assert world.records == []


@dataclass
class Releases:
    """Counts how often services were to be released."""

    times: int = 0

    def __call__(self, outputs: Mapping[str, Any], is_rehearsal: bool) -> ReleaseOutcome:
        self.times += 1
        return ReleaseOutcome(plan=None, entry=None)  # type: ignore[arg-type]


def test_f12_what_comes_after_a_failed_part_is_not_run_and_a_second_run_goes_on_there(tmp_path: Path) -> None:
    world, releases = FakeWorld(changes=[change("aws_sqs_queue", ["create"])], fails=ApplyFailed), Releases()
    with pytest.raises(ApplyFailed):
        run(world, tmp_path, release=releases)
    assert (releases.times, world.records, world.journal[-1]) == (0, [], (Step.APPLY, Phase.FAILED))
    world.fails, world.journal = None, []
    run(world, tmp_path, release=releases)
    assert (releases.times, len(world.records), world.journal[-1]) == (1, 1, (Step.RELEASE, Phase.FINISHED))


def test_f06_a_stop_that_came_too_late_is_recorded_and_goes_no_further(tmp_path: Path) -> None:
    world, releases = FakeWorld(changes=[change("aws_sqs_queue", ["create"])], is_interrupted_late=True), Releases()
    with pytest.raises(Interrupted, match="applied already"):
        run(world, tmp_path, release=releases)
    assert (releases.times, len(world.records)) == (0, 1)


def test_f53_credentials_that_end_before_the_apply_does_begin_none(tmp_path: Path) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=20)
    world = FakeWorld(changes=[change("aws_db_instance", ["create"])])
    with pytest.raises(PreflightFailed, match="may take 35"):
        run(world, tmp_path, credentials_end=soon)
    assert "apply" not in world.done
    run(FakeWorld(changes=[change("aws_sqs_queue", ["create"])]), tmp_path, credentials_end=soon)
