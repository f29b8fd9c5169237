"""What was deployed to outlive a destroy: AWS refuses to delete it, when most of the rest is gone already.

An environment's file may say by now that it can be destroyed; what counts is what the last deploy made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studyctl.domain.guard import Finding, Verdict

PROTECTED_BY = {"aws_db_instance": "deletion_protection", "aws_lb": "enable_deletion_protection"}
"""By type: the attribute with which AWS refuses to delete a resource."""


def check_protection(document: Mapping[str, Any]) -> Verdict:
    """Refuse a destroy, given as terraform's JSON of its plan, that would stop half-way."""
    return Verdict(tuple(_protected(document)))


def _protected(document: Mapping[str, Any]) -> Iterator[Finding]:
    for resource in document.get("resource_changes", ()):
        attribute = PROTECTED_BY.get(resource["type"])
        change = resource["change"]
        if attribute and "delete" in change["actions"] and (change.get("before") or {}).get(attribute):
            yield Finding(
                f"{resource['address']} is protected from being deleted",
                resource["address"],
                f"The last deploy gave it {attribute}, so AWS would refuse when the rest is gone already.",
                "Deploy once more, now that the file says that the environment can be destroyed; then destroy.",
            )
