"""The policy engine: what IAM policies say, what they allow, and proofs about that. Pure: nothing here reads or writes.

- Documents: `parse_policy(text, source)` and `parse_policy_value(value, source)` return a frozen `Document` of
  `Statement`s, every string of which is an `Item` with its `Position`; `kind_problems(document, kind)` says what it
  lacks for where it is attached. What cannot be read raises `PolicyError` with every `Problem`.
- Catalogue: `catalogue()` answers what services, actions, resource types and condition keys there are, expands
  wildcards, suggests the right name for a mistyped one, and knows when a retired action was last seen.
- Decisions: `evaluate(policies, request)`, or an `Authoriser(policies)` for many requests, returns a `Decision`:
  allowed or not, why, and by which statements.
- Proofs: `is_contained(inner, outer)` on `Grants`, made by `grants_of(documents, boundary=..., session=...,
  service_control=...)`, or `policies_contained(inner, outer)` on documents. The `Verdict` is proven, refuted with a
  `Witness` that the evaluator agrees with, or not proven with the reason; proven is never said on doubt.
- Sets: `scope_of(statement)` compiles a statement; `glob`, `is_covered` and `is_disjoint` compare patterns exactly.
  In Resource elements and condition values `${name}` is one unknown text, the same on both sides: a policy variable
  where the name has a colon, else a reference whose value nobody knows yet.
"""

from studyctl.domain.policy.catalogue import Catalogue, catalogue
from studyctl.domain.policy.containment import is_contained, policies_contained
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
from studyctl.domain.policy.evaluator import Authoriser, Decision, Outcome, Policies, evaluate
from studyctl.domain.policy.globs import Glob, Reading, glob, matches
from studyctl.domain.policy.grammar import kind_problems, parse_policy, parse_policy_value
from studyctl.domain.policy.grants import Grants, grants_of
from studyctl.domain.policy.inclusion import TooComplex, is_covered, is_disjoint
from studyctl.domain.policy.operators import OPERATORS, Comparison, Operator
from studyctl.domain.policy.problems import PolicyError, Position, Problem, ProblemKind
from studyctl.domain.policy.request import Caller, CallerKind, Request
from studyctl.domain.policy.scopes import Scope, scope_of, scopes_of
from studyctl.domain.policy.verdict import PROVEN, Standing, Verdict, Witness, not_proven, refuted

__all__ = [
    "OPERATORS",
    "PROVEN",
    "Authoriser",
    "Caller",
    "CallerKind",
    "Catalogue",
    "Comparison",
    "Condition",
    "Decision",
    "Document",
    "Effect",
    "Glob",
    "Grants",
    "Item",
    "Operator",
    "Outcome",
    "Policies",
    "PolicyError",
    "PolicyKind",
    "Position",
    "Principal",
    "PrincipalKind",
    "Problem",
    "ProblemKind",
    "Qualifier",
    "Reading",
    "Request",
    "Scope",
    "Standing",
    "Statement",
    "TooComplex",
    "Verdict",
    "Witness",
    "catalogue",
    "evaluate",
    "glob",
    "grants_of",
    "is_contained",
    "is_covered",
    "is_disjoint",
    "kind_problems",
    "matches",
    "not_proven",
    "parse_policy",
    "parse_policy_value",
    "policies_contained",
    "refuted",
    "scope_of",
    "scopes_of",
]
