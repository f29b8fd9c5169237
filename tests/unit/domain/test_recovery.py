"""What a recovery decides, from any wreck that a run can leave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.terraform import hcl
from studyctl.domain.events import (
    Action,
    ApplyCompleted,
    ApplyErrored,
    ApplyStarted,
    Diagnostic,
    Event,
    LockWaited,
    RefreshStarted,
    VersionReported,
)
from studyctl.domain.import_ids import MADE_AGAIN, Place, import_id, is_identity_enough, type_of
from studyctl.domain.lock import HeldLock, LockInfo, StateLocked
from studyctl.domain.plan import Change, ChangeAction, PlanSummary
from studyctl.domain.recovery import (
    LockStep,
    LostRun,
    RecoveryPlan,
    Span,
    StateStep,
    Trace,
    blamed,
    check_adoption,
    imports_text,
    merge,
    plan_recovery,
    says_missing,
    span_of,
    trace_of,
)
from studyctl.domain.state import Instance, StateSnapshot, UnsavedState, parse_state
from studyctl.errors import OutcomeUnknown, UsageError

HOLDER = "ci@runner-7"
NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z

addresses = st.sampled_from(
    [
        "aws_sqs_queue.main",
        'module.queue["email"].aws_sqs_queue.main',
        'module.queue["e.m[0]"].aws_sqs_queue.main["a"]',
        "aws_vpc.main",
        "aws_kms_key.data[0]",
        "aws_acm_certificate_validation.web",
        'aws_ecs_task_definition.task["api"]',
        "aws_iam_role.task",
    ]
)
identities = st.sampled_from(["id-1", "id-2", "id-3"])
traces = st.builds(
    Trace,
    created=st.dictionaries(addresses, identities),
    begun=st.frozensets(addresses),
    deleted=st.frozensets(addresses),
).map(lambda trace: replace(trace, begun=trace.begun - trace.created.keys()))


def state(
    instances: dict[str, str] | None = None, *, serial: int = 1, lineage: str = "one", digest: str = ""
) -> StateSnapshot:
    held = {address: Instance(address, identity) for address, identity in (instances or {}).items()}
    return StateSnapshot(serial, lineage, held, digest or f"{lineage}-{serial}-{sorted(held)}")


states = st.none() | st.dictionaries(addresses, identities).map(state)


def decide(
    lost: Sequence[Trace] = (),
    *,
    lock: HeldLock | None = None,
    spans: Sequence[Span] = (),
    stored: StateSnapshot | None = None,
    unsaved: Sequence[UnsavedState] = (),
    untaint: Sequence[str] = (),
    untaint_all: bool = False,
    leave: Sequence[str] = (),
) -> RecoveryPlan:
    return plan_recovery(
        "dev",
        [LostRun(f"run-{number}", "lost", trace) for number, trace in enumerate(lost)],
        lock=lock,
        holder=HOLDER,
        spans=spans,
        stored=stored,
        unsaved=unsaved,
        untaint=untaint,
        untaint_all=untaint_all,
        leave=leave,
    )


def held(*, who: str = HOLDER, at: str = "2026-11-22T12:00:00.123456789Z", operation: str = "Apply") -> HeldLock:
    return HeldLock(LockInfo("5a1f", operation=operation, who=who, created=at), "etag", NOON)


# what a stream tells


events = st.lists(
    st.one_of(
        st.builds(ApplyStarted, address=addresses, action=st.just(Action.CREATE)),
        st.builds(
            ApplyCompleted,
            address=addresses,
            action=st.just(Action.CREATE),
            elapsed_seconds=st.just(1),
            resource_id=identities,
        ),
        st.builds(ApplyErrored, address=addresses, action=st.just(Action.CREATE), elapsed_seconds=st.just(1)),
    ),
    max_size=20,
)


@given(events)
def test_nothing_that_was_begun_is_forgotten(stream: list[Event]) -> None:
    trace = trace_of(stream)
    assert not trace.begun & trace.created.keys()
    assert trace.begun | trace.created.keys() == {event.address for event in stream}  # type: ignore[attr-defined]


def test_what_is_read_changed_or_deleted_makes_no_orphan() -> None:
    trace = trace_of(
        [
            ApplyStarted(address="data.aws_vpc.x", action=Action.READ),
            ApplyStarted(address="aws_vpc.a", action=Action.UPDATE),
            ApplyStarted(address="aws_vpc.b", action=Action.DELETE),
            ApplyCompleted(address="aws_vpc.b", action=Action.DELETE, elapsed_seconds=1),
        ]
    )
    assert trace == Trace(deleted=frozenset({"aws_vpc.b"}))


@given(st.lists(traces, max_size=4))
def test_several_runs_are_one_story(stories: list[Trace]) -> None:
    whole = merge(stories)
    assert not whole.begun & whole.created.keys()
    if stories:
        assert whole.created.items() >= stories[-1].created.items()
        assert not (stories[-1].deleted - stories[-1].created.keys()) & whole.created.keys()


# what is adopted


@given(st.lists(traces, max_size=3), states, st.frozensets(addresses))
def test_every_orphan_has_exactly_one_fate(
    lost: list[Trace], stored: StateSnapshot | None, leave: frozenset[str]
) -> None:
    plan = decide(lost, stored=stored, leave=sorted(leave))
    whole = merge(lost)
    known = stored.instances if stored else {}
    orphans = {
        address
        for address, identity in whole.created.items()
        if address not in known or known[address].resource_id != identity
    }
    doubtful = whole.begun - known.keys()
    adopted = {one.address for one in plan.adopt}
    contested = {one.address for one in plan.contested}
    fates = [adopted, contested, set(plan.search), set(plan.made_again), set(plan.left) - set(plan.made_again)]
    assert set().union(*fates) == orphans | doubtful
    assert sum(map(len, fates)) == len(orphans | doubtful)
    assert adopted | contested <= orphans
    assert not leave & (adopted | contested | set(plan.search))
    assert all(type_of(address) not in MADE_AGAIN for address in adopted | contested | set(plan.search))


@given(st.lists(traces, max_size=3), states)
def test_what_was_adopted_is_not_adopted_again(lost: list[Trace], stored: StateSnapshot | None) -> None:
    first = decide(lost, stored=stored)
    known = {one.address: one.resource_id for one in (stored.instances.values() if stored else ())}
    after = state(known | {one.address: one.resource_id for one in first.adopt}, serial=2)
    assert decide(lost, stored=after).adopt == ()


def test_a_replacement_whose_old_one_may_be_there_is_for_a_person() -> None:
    made = {"aws_vpc.main": "vpc-new"}
    stored = state({"aws_vpc.main": "vpc-old"})
    plan = decide([Trace(made)], stored=stored)
    assert (plan.adopt, [one.replaces for one in plan.contested]) == ((), ["vpc-old"])
    with pytest.raises(OutcomeUnknown, match="twice"):
        plan.require_possible()
    gone = decide([Trace(made, deleted=frozenset(made))], stored=stored)
    assert gone.contested == ()
    assert gone.superseded == ("aws_vpc.main",)


def test_an_identity_that_importing_changes_is_no_second_one() -> None:
    made = {"aws_iam_role_policy_attachment.task": "task-20261122"}
    plan = decide(
        [Trace(made)], stored=state({"aws_iam_role_policy_attachment.task": "task-arn:aws:iam::aws:policy/x"})
    )
    assert (plan.adopt, plan.contested) == ((), ())


def test_a_lost_destroy_is_known_as_one() -> None:
    assert decide([Trace(deleted=frozenset({"aws_vpc.main"}))]).was_destroying
    assert not decide([Trace({"aws_vpc.main": "vpc-1"})]).was_destroying
    assert not decide().was_destroying


# the lock


@given(
    st.sampled_from([HOLDER, "ci@runner-8", "", "root@runner-7"]),
    st.integers(-600, 600),
    st.sampled_from(["Apply", "Plan"]),
    st.lists(st.builds(Span, st.sampled_from(["apply", "plan"]), st.just(NOON), st.just(NOON + 60)), max_size=2),
)
def test_only_a_lock_of_this_machine_taken_during_a_run_is_released(
    who: str, offset: int, operation: str, spans: list[Span]
) -> None:
    at = f"2026-11-22T12:{offset // 60:02d}:{offset % 60:02d}Z" if offset >= 0 else "2026-11-22T11:50:00Z"
    plan = decide(lock=held(who=who, at=at, operation=operation), spans=spans)
    is_ours = who == HOLDER and 0 <= offset <= 60 and any(span.operation == operation.lower() for span in spans)
    assert plan.lock_step is (LockStep.RELEASE if is_ours else LockStep.FOREIGN)
    if not is_ours:
        with pytest.raises(StateLocked, match="locked by"):
            plan.require_possible()


def test_a_lock_that_says_nothing_is_deleted_and_none_is_none() -> None:
    unreadable = HeldLock(LockInfo(""), "etag", NOON)
    assert decide(lock=unreadable).lock_step is LockStep.DELETE
    assert decide().lock_step is LockStep.NONE
    assert decide(lock=held(at="yesterday")).lock_step is LockStep.FOREIGN


def test_a_run_took_the_lock_before_it_did_anything_else() -> None:
    version, waited = VersionReported(at=1.0, terraform="1.11.4"), LockWaited(at=2.0)
    worked = RefreshStarted(at=9.0, address="aws_vpc.main")

    def span(events: list[Event], *, finished_at: float | None = None, waits: bool = False) -> Span | None:
        return span_of("plan", 0.0, finished_at, 20.0, events, waits=waits)

    assert span([version, worked]) == Span("plan", 0.0, 9.0)
    assert span([version]) == Span("plan", 0.0, 80.0)
    assert span([version], finished_at=30.0) == Span("plan", 0.0, 30.0)
    assert span([version, waited, worked], waits=True) == Span("plan", 0.0, 9.0)
    assert span([version, waited], waits=True) is None
    assert span([version, waited]) == Span("plan", 0.0, 80.0)


@pytest.mark.parametrize("text", ["2026-11-22T12:00:00.123456789Z", "2026-11-22 12:00:00.123456789 +0000 UTC"])
def test_both_spellings_of_a_locks_time_are_understood(text: str) -> None:
    created_at = LockInfo("x", created=text).created_at
    assert created_at is not None
    assert int(created_at) == int(NOON)


# the state


@given(st.integers(0, 9), st.integers(0, 9), st.booleans(), st.booleans())
def test_a_state_is_stored_only_over_an_older_one_of_its_lineage(
    kept: int, stored: int, same: bool, is_equal: bool
) -> None:
    there = state(serial=stored, digest="same" if is_equal else "there")
    left = state(serial=kept, lineage="one" if same else "two", digest="same" if is_equal else "left")
    plan = decide(stored=there, unsaved=[UnsavedState(Path("/x/errored.tfstate"), left)])
    expected = StateStep.STORED if is_equal else StateStep.PUSH if same and kept > stored else StateStep.CONFLICT
    assert plan.state_step is expected
    if expected is StateStep.CONFLICT:
        with pytest.raises(OutcomeUnknown, match=f"serial {kept}, the stored one of dev has serial {stored}"):
            plan.require_possible()


def test_orphans_are_those_of_the_state_that_will_be_stored() -> None:
    left = UnsavedState(Path("/x/errored.tfstate"), state({"aws_vpc.main": "vpc-1"}, serial=3))
    lost = [Trace({"aws_vpc.main": "vpc-1", "aws_iam_role.task": "task"})]
    for stored in (None, state(serial=2)):
        plan = decide(lost, stored=stored, unsaved=[left])
        assert plan.state_step is StateStep.PUSH
        assert [one.address for one in plan.adopt] == ["aws_iam_role.task"]


def test_a_state_found_where_others_run_too_counts_only_when_its_lineage_fits() -> None:
    found = UnsavedState(Path("/x/errored.tfstate"), state(serial=3), is_certain=False)
    assert decide(unsaved=[found]).state_step is StateStep.NONE
    assert decide(stored=state(lineage="two"), unsaved=[found]).state_step is StateStep.NONE
    assert decide(stored=state(), unsaved=[found]).state_step is StateStep.PUSH


def test_only_what_is_tainted_can_be_untainted() -> None:
    tainted = {"aws_vpc.main": Instance("aws_vpc.main", "vpc-1", is_tainted=True)}
    stored = replace(state(), instances=tainted)
    assert decide(stored=stored).tainted == ("aws_vpc.main",)
    plan = decide(stored=stored, untaint=["aws_vpc.main"])
    assert (plan.untaint, plan.tainted) == (("aws_vpc.main",), ())
    assert decide(stored=stored, untaint_all=True) == plan
    assert decide(stored=state(), untaint_all=True).untaint == ()
    with pytest.raises(UsageError, match=r"aws_vpc\.other"):
        decide(stored=stored, untaint=["aws_vpc.other"])


def test_a_state_is_read_with_the_addresses_that_terraform_writes() -> None:
    def one(key: object = None, **more: object) -> dict[str, object]:
        return {"attributes": {"id": "x"}, **({} if key is None else {"index_key": key}), **more}

    document = {
        "version": 4,
        "serial": 7,
        "lineage": "one",
        "resources": [
            {"mode": "data", "type": "aws_vpc", "name": "main", "instances": [one()]},
            {
                "mode": "managed",
                "module": 'module.a["b"]',
                "type": "aws_vpc",
                "name": "main",
                "instances": [one('q"${é}', status="tainted"), one(deposed="abcd"), one(0)],
            },
        ],
    }
    found = parse_state(json.dumps(document))
    tainted = r'module.a["b"].aws_vpc.main["q\"$${é}"]'
    assert list(found.instances) == [tainted, 'module.a["b"].aws_vpc.main[0]']
    assert (found.serial, found.tainted) == (7, (tainted,))
    assert parse_state(json.dumps({**document, "serial": 8})).digest == found.digest


@pytest.mark.parametrize(
    "text", ["", "<html>", "[]", '{"version": 3}', '{"version": 4}', '{"version": 4, "resources": [1]}']
)
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_state(text)


# imports


@given(st.dictionaries(addresses, st.text(max_size=30), min_size=1))
def test_import_blocks_stand_where_errors_are_looked_up(imports: dict[str, str]) -> None:
    text = imports_text(
        {address: "".join(c for c in identity if c.isprintable()) for address, identity in imports.items()}
    )
    blocks = hcl.parse(text)
    assert [block.line for block in blocks] == [4 * number + 1 for number in range(len(imports))]
    for number, address in enumerate(imports):
        for line in range(4):
            error = Diagnostic(severity="error", summary="x", filename="imports.tf", line=4 * number + 1 + line)
            assert set(blamed([error], imports)) == {address}


@given(addresses, st.frozensets(addresses))
def test_an_error_is_blamed_on_the_address_it_names_and_no_other(named: str, others: frozenset[str]) -> None:
    imports = dict.fromkeys(sorted({named, *others}), "x")
    spoken = Diagnostic(severity="error", summary="Cannot import", detail=f'import to "{named}", which is gone')
    assert named in blamed([spoken], imports)
    assert set(blamed([Diagnostic(severity="error", summary="x", address=named)], imports)) == {named}
    assert not blamed([Diagnostic(severity="error", summary="throttled")], imports)


@pytest.mark.parametrize(
    ("text", "is_missing"),
    [
        ("Cannot import non-existent remote object", True),
        ("reading IAM Role (x): couldn't find resource", True),
        ("NoSuchEntity: The role with name x cannot be found", True),
        ("ThrottlingException: Rate exceeded", False),
        ("AccessDenied: not authorized to perform iam:GetRole", False),
    ],
)
def test_only_what_does_not_exist_is_said_to_be_missing(text: str, is_missing: bool) -> None:
    assert says_missing(Diagnostic(severity="error", summary=text)) is is_missing


@pytest.mark.parametrize(
    ("address", "planned", "made", "expected"),
    [
        ("aws_iam_role.a", {"name": "task"}, "", "task"),
        ("aws_iam_role.a", {}, "", None),
        ("aws_vpc.a", {"cidr_block": "10.0.0.0/16"}, "", None),
        ("aws_vpc.a", {}, "vpc-1", "vpc-1"),
        ("aws_sns_topic.a", {"name": "alerts"}, "", "arn:aws:sns:us-east-1:123456789012:alerts"),
        ("aws_sqs_queue.a", {"name": "jobs"}, "", "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"),
        ("aws_ecs_service.a", {"cluster": "arn:aws:ecs:x:1:cluster/main", "name": "api"}, "arn", "main/api"),
        ("aws_wafv2_web_acl.a", {"name": "web", "scope": "REGIONAL"}, "abc", "abc/web/REGIONAL"),
        ("aws_wafv2_web_acl.a", {"name": "web", "scope": "REGIONAL"}, "", None),
        ("aws_db_instance.a", {"identifier": "main"}, "db-ABC", "main"),
    ],
)
def test_import_names_a_resource_in_its_own_way(
    address: str, planned: dict[str, str], made: str, expected: str | None
) -> None:
    assert import_id(type_of(address), planned, Place.of("123456789012", "us-east-1"), made) == expected


def test_keys_do_not_hide_a_type() -> None:
    assert type_of('module.a["x.y[0]"].aws_vpc.main["z.\\"w"]') == "aws_vpc"
    assert is_identity_enough("aws_vpc")
    assert not is_identity_enough("aws_db_instance")


@given(
    st.lists(
        st.builds(
            Change,
            address=addresses,
            module=st.just(""),
            resource_type=st.just("x"),
            action=st.sampled_from(ChangeAction),
        )
    )
)
def test_adopting_takes_nothing_away(changes: list[Change]) -> None:
    plan = PlanSummary(tuple(changes), (), (), (), (), terraform_version="", digest="")
    assert check_adoption(plan).is_refused is any(change.removes for change in changes)
