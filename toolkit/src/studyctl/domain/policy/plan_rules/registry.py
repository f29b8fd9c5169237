"""Every rule over plans, in the order of their ids. A new module of rules is added here and nowhere else."""

from __future__ import annotations

from studyctl.domain.policy.plan_rules import (
    buckets,
    caches,
    containers,
    databases,
    distributions,
    environments,
    instances,
    load_balancers,
    network,
    queues,
    roles,
    secrets,
    services,
    states,
    vector_stores,
)
from studyctl.domain.policy.plan_rules.subject import PlanSubject
from studyctl.domain.policy.rules.rule import Rule

PLAN_RULES: tuple[Rule[PlanSubject], ...] = (
    *environments.RULES,
    *roles.RULES,
    *network.RULES,
    *containers.RULES,
    *services.RULES,
    *load_balancers.RULES,
    *databases.RULES,
    *caches.RULES,
    *queues.RULES,
    *buckets.RULES,
    *states.RULES,
    *distributions.RULES,
    *instances.RULES,
    *vector_stores.RULES,
    *secrets.RULES,
)
