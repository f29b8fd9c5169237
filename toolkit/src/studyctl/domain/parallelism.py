"""How many plans fit into a machine at once."""

from __future__ import annotations

PLAN_MIB = 2200
"""One plan at its peak: terraform and a provider process for each of three regions, measured at 1.4 to 2.1 GB."""


def plans_at_once(wanted: int, available_mib: int) -> int:
    """As many plans as were asked for and fit, but at least one."""
    return max(1, min(wanted, available_mib // PLAN_MIB))
