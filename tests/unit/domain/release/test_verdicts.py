from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.release.verdicts import Judgement, Verdict, worst

VERDICTS = st.builds(Verdict, judgement=st.sampled_from(Judgement), reasons=st.tuples(st.text(max_size=5)))


@given(st.lists(VERDICTS))
def test_the_worst_is_never_better_than_any_and_its_reasons_are_those_of_the_worst(verdicts: list[Verdict]) -> None:
    found = worst(verdicts)
    assert all(found.judgement.badness >= each.judgement.badness for each in verdicts)
    assert set(found.reasons) == {
        reason for each in verdicts if each.judgement is found.judgement for reason in each.reasons
    }


@given(st.lists(VERDICTS, min_size=1))
def test_only_when_all_pass_do_they_pass_together(verdicts: list[Verdict]) -> None:
    assert worst(verdicts).has_passed == all(each.has_passed for each in verdicts)


def test_nothing_judged_passes_and_a_verdict_survives_the_ledger() -> None:
    assert worst([]).has_passed
    verdict = Verdict(judgement=Judgement.INCONCLUSIVE, reasons=("no data",))
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict
