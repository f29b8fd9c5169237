from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.smoke.report import Health, ProbeKind, ProbeResult, SmokeReport

RESULTS = st.lists(
    st.builds(
        ProbeResult,
        kind=st.sampled_from(ProbeKind),
        name=st.sampled_from("abc"),
        health=st.sampled_from(Health),
        detail=st.just("asked"),
    )
)


@given(RESULTS)
def test_it_passes_only_where_something_was_asked_and_nothing_was_wrong_or_unasked(results: list[ProbeResult]) -> None:
    verdict = SmokeReport.of(results).verdict
    found = {result.health for result in results}
    assert verdict.has_passed == (Health.HEALTHY in found and not found & {Health.UNHEALTHY, Health.UNREACHABLE})
    assert verdict.has_failed == (Health.UNHEALTHY in found), "what nobody could ask is not called unhealthy"


@given(RESULTS)
def test_every_result_is_kept_in_the_order_of_the_kinds(results: list[ProbeResult]) -> None:
    kept = SmokeReport.of(results).results
    order = list(ProbeKind)
    assert sorted(kept, key=str) == sorted(results, key=str)
    assert [order.index(each.kind) for each in kept] == sorted(order.index(each.kind) for each in kept)


@given(RESULTS)
def test_each_reason_names_what_is_wrong(results: list[ProbeResult]) -> None:
    report = SmokeReport.of(results)
    bad = report.that_are(Health.UNHEALTHY)
    if bad:
        assert [reason.split(" is ")[0] for reason in report.verdict.reasons] == [f"{r.kind} {r.name}" for r in bad]


def test_what_was_left_out_is_not_missing_among_the_healthy() -> None:
    kind, *_ = ProbeKind
    results = [ProbeResult(kind, health.name, health, "asked") for health in (Health.HEALTHY, Health.SKIPPED)]
    assert SmokeReport.of(results, seconds=2).verdict.reasons == ("1 of 2 healthy, 1 skipped in 2.0 s",)
    assert SmokeReport.of(results[:1], seconds=2).verdict.reasons == ("1 of 1 healthy in 2.0 s",)
