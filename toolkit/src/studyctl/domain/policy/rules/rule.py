"""What a rule is: a question with an id, asked of one kind of subject, in a way that never fails open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from studyctl.domain.policy.findings import Finding, Severity
from studyctl.domain.policy.problems import Position
from studyctl.domain.policy.rules.traits import NO_TRAIT, Trait

Subject = TypeVar("Subject")

BROKEN_RULE = "SC901"
"""The rule that stands for a rule which could not do its work."""


class Offence(NamedTuple):
    """What breaks a rule, and where. `witness` is a request or a path that shows it.

    With `is_proven` false the rule could not tell, and `message` says why; that is a finding too.
    """

    message: str
    position: Position
    subject: str = ""
    witness: str = ""
    is_proven: bool = True


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """`source` is where the demand comes from, `fix` what to do about an offence.

    `needs` are the traits without which a policy, or an identity, cannot break it.
    """

    id: str
    name: str
    severity: Severity
    summary: str
    source: str
    fix: str
    judge: Callable[[Subject], Iterable[Offence]]
    needs: Trait = NO_TRAIT


def ask(rules: Iterable[Rule[Subject]], subject: Subject, where: str) -> Iterator[Finding]:
    """Yield what the rules find; a rule that raises is a finding at `where`, whatever it found before."""
    for rule in rules:
        try:
            offences = tuple(rule.judge(subject))
        except Exception as error:  # noqa: BLE001 - a rule that fails must not let its subject pass
            yield _broken(rule.id, where, error)
            continue
        for offence in offences:
            yield _finding(rule, offence)


def _finding(rule: Rule[Subject], offence: Offence) -> Finding:
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        message=offence.message,
        position=offence.position,
        subject=offence.subject,
        witness=offence.witness,
        fix=rule.fix,
        source=rule.source,
        is_proven=offence.is_proven,
    )


def _broken(rule_id: str, where: str, error: Exception) -> Finding:
    return Finding(
        rule=BROKEN_RULE,
        severity=Severity.HIGH,
        message=f"the rule {rule_id} could not judge this: {type(error).__name__}: {error}",
        position=Position(where),
        fix="This is a mistake in the rule; report it with the policy, or the plan without its secrets.",
        is_proven=False,
    )
