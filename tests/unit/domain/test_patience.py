"""When an answer that does not come is taken for lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.events import Action, ApplyCompleted, ApplyStarted
from studyctl.domain.patience import LONGEST_SECONDS_BY_TYPE, Patience
from studyctl.domain.progress import follow

BEGUN = 1_000_000.0
ADDRESSES = st.sampled_from(
    ["aws_sqs_queue.a", 'module.x["k"].aws_db_instance.main', "aws_vpc.main", "aws_cloudfront_distribution.web[0]"]
)


@given(st.sets(ADDRESSES), st.floats(0, 20_000))
def test_f46_exactly_what_takes_longer_than_its_type_may_has_hung(addresses: set[str], waited: float) -> None:
    patience = Patience(longest=100.0, longest_by_type={"aws_db_instance": 5_000.0})
    progress = follow(ApplyStarted(at=BEGUN, address=each, action=Action.CREATE) for each in sorted(addresses))
    bounds = {each: 5_000.0 if "aws_db_instance" in each else 100.0 for each in addresses}
    hung = patience.hung(progress, BEGUN + waited)
    assert set(hung) == {each for each, bound in bounds.items() if waited > bound}


def test_f46_what_has_ended_or_has_no_time_does_not_hang() -> None:
    started = ApplyStarted(at=BEGUN, address="aws_vpc.a", action=Action.CREATE)
    done = ApplyCompleted(address="aws_vpc.a", action=Action.CREATE, elapsed_seconds=1)
    undated = ApplyStarted(address="aws_vpc.b", action=Action.CREATE)
    assert Patience().hung(follow([started, done, undated]), BEGUN * 9) == ()


def test_no_type_is_waited_for_less_than_others() -> None:
    assert min(LONGEST_SECONDS_BY_TYPE.values()) > Patience().longest
