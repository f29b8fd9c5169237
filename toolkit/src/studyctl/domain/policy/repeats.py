"""What checkov says of a place where our own rules have said it already: nobody mends one thing twice.

Of plans, six of its checks ask cloudsplaining, and all six begin with the same question, which is SC103's: is a
resource "*" where one can be named? They are left out only beside a finding that is left, so nothing passes by it:
where ours is waived, checkov's are told.
"""

from __future__ import annotations

from collections.abc import Iterable

from studyctl.domain.policy.findings import Finding

STAR_RESOURCE = "SC103"
REPEATS = frozenset({f"CKV_AWS_{number}" for number in (286, 287, 288, 289, 290, 355)})
"""Escalation, credentials, exfiltration, permissions management, writing, and any action, each on "*"."""


def without_repeats(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings without those of checkov that say the same of the same place."""
    every = tuple(findings)
    said = {finding.where for finding in every if finding.rule == STAR_RESOURCE}
    return tuple(finding for finding in every if not (finding.rule in REPEATS and finding.where in said))
