from __future__ import annotations

import datetime

import pytest

from studyctl.domain.policy.findings import Finding, Severity, at_least, ordered
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.waivers import EXPIRED, UNMATCHED, UNUSED, Scope, Skip, Waiver, apply_waivers

TODAY = datetime.date(2027, 1, 1)
LATER, EARLIER = datetime.date(2027, 6, 1), datetime.date(2026, 12, 31)
PLACE = "module.services.aws_iam_role.task"
SKIPPED = "terraform/a aws_x.y"


def finding(rule: str = "SC101", where: str = PLACE, severity: Severity = Severity.HIGH) -> Finding:
    return Finding(rule, severity, "message", Position(where))


def waiver(rule: str = "SC101", *where: str, expires: datetime.date = LATER) -> Waiver:
    return Waiver(rule, where, "a reason", "platform", expires, Position("waivers.yaml", 3, 1))


def skip(reason: str = "a reason") -> Skip:
    return Skip("CKV_AWS_1", SKIPPED, reason, Position("terraform/a/main.tf", 3, 3))


SEEN = Scope(frozenset({PLACE}), frozenset({"SC101"}))


@pytest.mark.parametrize("place", [PLACE, "module.*.aws_iam_role.task", "*"])
def test_what_a_waiver_names_is_waived(place: str) -> None:
    done = apply_waivers([finding()], [waiver("SC101", place)], SEEN, TODAY)
    assert done.remaining == ()
    assert [found.rule for found, _ in done.waived] == ["SC101"]


@pytest.mark.parametrize("other", [waiver("SC102", PLACE), waiver("SC101", "module.other")])
def test_another_rule_or_place_waives_nothing(other: Waiver) -> None:
    assert finding() in apply_waivers([finding()], [other], SEEN, TODAY).remaining


def test_an_expired_waiver_waives_nothing_and_is_a_finding() -> None:
    done = apply_waivers([finding()], [waiver("SC101", PLACE, expires=EARLIER)], SEEN, TODAY)
    assert [f.rule for f in done.remaining] == ["SC101", EXPIRED]
    assert "platform decides anew" in done.remaining[1].message


def test_a_waiver_lasts_through_its_last_day() -> None:
    assert apply_waivers([finding()], [waiver("SC101", PLACE, expires=TODAY)], SEEN, TODAY).remaining == ()


def test_a_waiver_that_waives_nothing_is_a_finding_where_its_place_was_looked_at() -> None:
    assert [f.rule for f in apply_waivers([], [waiver("SC101", PLACE)], SEEN, TODAY).remaining] == [UNUSED]
    assert apply_waivers([], [waiver("SC101", "module.of_another_environment")], SEEN, TODAY).remaining == ()
    assert apply_waivers([], [waiver("SC101", PLACE)], Scope(), TODAY).remaining == ()


def test_a_waiver_of_a_rule_that_there_is_not_is_a_finding() -> None:
    (found,) = apply_waivers([], [waiver("sc101", PLACE), waiver("EC2.172")], SEEN, TODAY).remaining
    assert (found.rule, found.message) == (UNUSED, "there is no rule 'sc101', so the row waives nothing")
    assert apply_waivers([], [waiver("sc101", PLACE)], Scope(), TODAY).remaining == ()


@pytest.mark.parametrize(
    ("skips", "rows", "rules"),
    [
        ([skip()], [waiver("CKV_AWS_1", SKIPPED)], []),
        ([skip()], [], [UNMATCHED]),
        ([], [waiver("CKV_AWS_1", SKIPPED)], [UNUSED]),
        ([skip("")], [waiver("CKV_AWS_1", SKIPPED)], [UNMATCHED]),
        ([skip()], [waiver("CKV_AWS_1", SKIPPED, expires=EARLIER)], [EXPIRED]),
        ([], [waiver("CKV_AWS_1")], [UNMATCHED]),
        ([], [waiver("RDS.23")], []),
    ],
)
def test_code_and_manifest_say_the_same(skips: list[Skip], rows: list[Waiver], rules: list[str]) -> None:
    done = apply_waivers([], rows, Scope(skips=tuple(skips)), TODAY)
    assert [f.rule for f in done.remaining] == rules


def test_without_code_nothing_is_said_of_skips() -> None:
    assert apply_waivers([], [waiver("CKV_AWS_1", SKIPPED)], Scope(skips=None), TODAY).remaining == ()


def test_a_fingerprint_stays_when_lines_move_and_changes_with_the_place() -> None:
    moved = Finding("SC101", Severity.HIGH, "message", Position(PLACE, 9, 9))
    assert moved.fingerprint == finding().fingerprint
    assert finding(where="elsewhere").fingerprint != finding().fingerprint


def test_findings_come_gravest_first_and_once() -> None:
    grave, light = finding(severity=Severity.CRITICAL), finding(severity=Severity.LOW)
    assert ordered([light, grave, light]) == (grave, light)
    assert at_least([light, grave], Severity.MEDIUM) == (grave,)
