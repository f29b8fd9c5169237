from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.rules.rule import BROKEN_RULE, Offence, Rule, ask


def rule_with(judge: object) -> Rule[str]:
    return Rule("SC999", "a-rule", Severity.LOW, "summary", "https://example.org", "Mend it.", judge)  # type: ignore[arg-type]


def test_an_offence_becomes_a_finding_with_what_the_rule_says() -> None:
    offence = Offence("it is so", Position("a.json", 2, 5), "Read", "a witness", is_proven=False)
    (finding,) = ask([rule_with(lambda _: [offence])], "subject", "a.json")
    assert (finding.rule, finding.severity, finding.fix) == ("SC999", Severity.LOW, "Mend it.")
    assert (finding.where, finding.subject, finding.witness) == ("a.json", "Read", "a witness")
    assert not finding.is_proven


def test_a_rule_that_raises_is_a_finding_and_the_others_are_asked() -> None:
    def raises_half_way(_: str) -> Iterator[Offence]:
        yield Offence("before", Position("a.json"))
        raise KeyError("surprise")

    found = list(ask([rule_with(raises_half_way), rule_with(lambda _: [Offence("x", Position("b"))])], "s", "a.json"))
    assert [finding.rule for finding in found] == [BROKEN_RULE, "SC999"]
    assert "SC999 could not judge this: KeyError" in found[0].message
    assert not found[0].is_proven
