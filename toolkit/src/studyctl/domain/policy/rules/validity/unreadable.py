"""A text that is not a policy, or a policy whose content nobody knows before the apply."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import Unreadable


def judge(subject: Unreadable) -> Iterator[Offence]:
    """Yield every problem that was found while reading."""
    for problem in subject.problems:
        where = problem.sid or ("" if problem.statement is None else f"statement {problem.statement + 1}")
        yield Offence(problem.message, problem.position, where, is_proven=False)


RULE = Rule(
    id="SC001",
    name="unreadable-policy",
    severity=Severity.HIGH,
    summary="A policy that cannot be read or is not known is never taken as harmless",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
    fix="Mend the text. Unknown before the apply: build it with aws_iam_policy_document, whose statements plans show.",
    judge=judge,
)
