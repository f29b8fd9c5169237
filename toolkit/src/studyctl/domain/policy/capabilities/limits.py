"""What any role of a workload may be granted at most: the actions that some contract needs.

The permissions boundary that bootstrap makes for every environment allows these and nothing else, so a role that no
contract foresaw can do no more than the workloads together, and nothing to IAM.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from studyctl.domain.policy.capabilities.contracts import Kinds
from studyctl.domain.policy.capabilities.model import Contract
from studyctl.domain.policy.capabilities.required import least
from studyctl.domain.policy.capabilities.resolvers import TemplateResolver

FILE = "workload_actions.json"


def actions_of(contracts: Sequence[Contract], kinds: Kinds) -> tuple[str, ...]:
    """Return every action of every contract, whatever an environment turns off; sorted."""
    found: set[str] = set()
    for contract in contracts:
        fields = {name: f"<{name}>" for name in contract.fields}
        for document in least(contract, kinds, TemplateResolver(fields), fields).documents(contract.name):
            found.update(item.text for statement in document.allows for item in statement.actions)
    return tuple(sorted(found))


def actions_text(contracts: Sequence[Contract], kinds: Kinds) -> str:
    """Return them as the file that infra/bootstrap reads."""
    return json.dumps(actions_of(contracts, kinds), indent=2) + "\n"
