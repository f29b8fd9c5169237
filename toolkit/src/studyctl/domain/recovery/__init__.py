"""Bringing lock, state and account together again after runs of unknown outcome."""

from studyctl.domain.recovery.imports import IMPORTS_FILE, blamed, imports_text, says_missing
from studyctl.domain.recovery.plan import Adoption, LockStep, RecoveryPlan, StateStep, check_adoption, plan_recovery
from studyctl.domain.recovery.trace import LOCK_SECONDS, LostRun, Span, Trace, merge, span_of, trace_of

__all__ = [
    "IMPORTS_FILE",
    "LOCK_SECONDS",
    "Adoption",
    "LockStep",
    "LostRun",
    "RecoveryPlan",
    "Span",
    "StateStep",
    "Trace",
    "blamed",
    "check_adoption",
    "imports_text",
    "merge",
    "plan_recovery",
    "says_missing",
    "span_of",
    "trace_of",
]
