"""The policy engine: what IAM policies say, what they allow, and proofs about that.

- documents: `parse_policy(text, source)` and `parse_policy_value(value, source)` return a frozen `Document` of
  `Statement`s, every string of which is an `Item` with its `Position`; `kind_problems(document, kind)` says what it
  lacks for where it is attached. What cannot be read raises `PolicyError` with every `Problem`.
- catalogue: `catalogue()` answers what services, actions, resource types and condition keys there are.
- verdicts: a claim is `proven`, `refuted` with a `Witness`, or `not proven` with the reason.
"""

from studyctl.domain.policy.catalogue import Catalogue, catalogue
from studyctl.domain.policy.documents import (
    Condition,
    Document,
    Effect,
    Item,
    PolicyKind,
    Principal,
    PrincipalKind,
    Qualifier,
    Statement,
)
from studyctl.domain.policy.grammar import kind_problems, parse_policy, parse_policy_value
from studyctl.domain.policy.operators import OPERATORS, Comparison, Operator
from studyctl.domain.policy.problems import PolicyError, Position, Problem, ProblemKind
from studyctl.domain.policy.verdict import PROVEN, Standing, Verdict, Witness, not_proven, refuted

__all__ = [
    "OPERATORS",
    "PROVEN",
    "Catalogue",
    "Comparison",
    "Condition",
    "Document",
    "Effect",
    "Item",
    "Operator",
    "PolicyError",
    "PolicyKind",
    "Position",
    "Principal",
    "PrincipalKind",
    "Problem",
    "ProblemKind",
    "Qualifier",
    "Standing",
    "Statement",
    "Verdict",
    "Witness",
    "catalogue",
    "kind_problems",
    "not_proven",
    "parse_policy",
    "parse_policy_value",
    "refuted",
]
