"""Every rule over the pipeline, in the order of their ids."""

from __future__ import annotations

from studyctl.domain.policy.rules.rule import Rule
from studyctl.domain.policy.workflow_rules import accounts, artifacts, commands, ownership, runners
from studyctl.domain.policy.workflow_rules.subject import Pipeline

WORKFLOW_RULES: tuple[Rule[Pipeline], ...] = (
    *runners.RULES,
    *accounts.RULES,
    *artifacts.RULES,
    *commands.RULES,
    *ownership.RULES,
)
