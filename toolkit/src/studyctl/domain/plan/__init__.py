"""A terraform plan as a frozen summary: what changes, why it is replaced, and what that means for people."""

from studyctl.domain.plan.consequences import Consequence, Severity
from studyctl.domain.plan.model import NOTHING, AttributeChange, Change, ChangeAction, OutputChange, PlanSummary
from studyctl.domain.plan.parse import summarise

__all__ = [
    "NOTHING",
    "AttributeChange",
    "Change",
    "ChangeAction",
    "Consequence",
    "OutputChange",
    "PlanSummary",
    "Severity",
    "summarise",
]
