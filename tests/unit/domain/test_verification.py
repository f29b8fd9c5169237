from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.verification import EXPECTED_FACTS, Expectation, Kind, Observation, expectations, judge


def platform(**changes: Any) -> dict[str, Any]:
    return {
        "cluster": {"name": "study-dev"},
        "services": {"api": {"name": "study-dev-api"}},
        "load_balancer": {"arn": "arn:lb", "dns_name": "lb.example"},
        "database": {"identifier": "study-dev", "replica_identifiers": {"1": "study-dev-1"}},
        "cache": {"replication_group_id": "study-dev-cache"},
        "queue_urls": {"quiz_queue": "https://queue"},
        "buckets": {"uploads": "study-uploads"},
        "vector_database": {"autoscaling_group_name": "study-dev-vector"},
        "distribution": None,
        **changes,
    }


def test_everything_that_the_outputs_promise_is_asked_about() -> None:
    kinds = [expectation.kind for expectation in expectations(platform(distribution={"id": "E1", "domain_name": "d"}))]
    assert set(kinds) == set(Kind)
    assert kinds.count(Kind.DATABASE) == 2


def test_without_a_cdn_nobody_asks_for_one() -> None:
    assert Kind.DISTRIBUTION not in {expectation.kind for expectation in expectations(platform())}


def test_every_kind_has_facts_to_be_held_to() -> None:
    assert set(EXPECTED_FACTS) == set(Kind)
    assert all(EXPECTED_FACTS.values())


@given(st.sampled_from(Kind), st.data())
def test_one_wrong_or_missing_fact_is_enough(kind: Kind, data: st.DataObject) -> None:
    expectation = Expectation(kind, "name", "id")
    good = dict(EXPECTED_FACTS[kind])
    assert judge(Observation(expectation, good)).ok
    fact = data.draw(st.sampled_from(sorted(good)))
    wrong = data.draw(st.text(max_size=10).filter(lambda text: text != good[fact]))
    verdict = judge(Observation(expectation, good | {fact: wrong}))
    assert not verdict.ok
    assert fact in verdict.detail
    assert not judge(Observation(expectation, {key: value for key, value in good.items() if key != fact})).ok


@pytest.mark.parametrize("kind", Kind)
def test_what_could_not_be_asked_is_never_good(kind: Kind) -> None:
    verdict = judge(Observation(Expectation(kind, "name", "id"), EXPECTED_FACTS[kind], failure="AccessDenied: no"))
    assert not verdict.ok
    assert verdict.detail == "AccessDenied: no"
