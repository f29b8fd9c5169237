"""What resources of contracts are: as a plan says, or as a template of terraform that the composition fills in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from studyctl.domain.policy.capabilities.model import ResourceName
from studyctl.domain.policy.graph.arns import arn_of, symbol
from studyctl.domain.policy.graph.resources import Plan, PlannedResource, mapping

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class PlanResolver:
    """ARNs as a plan says them. What it does not hold is a symbol that no policy of it can name."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.missing: list[ResourceName] = []

    def arn(self, resource: ResourceName) -> str:
        """Return the ARN of a resource of the plan."""
        for address in resource.addresses:
            place, _, path = address.partition("#")
            found = self._at(place)
            arn = "" if found is None else _attribute(found, path) if path else arn_of(found, self._plan)
            if arn:
                return arn
        if resource not in self.missing:
            self.missing.append(resource)
        return symbol(f"no {resource}")

    def fact(self, name: str) -> str:
        """Return a fact of the plan's environment."""
        environment = mapping(self._plan.variable("environment"))
        facts = {
            "region": self._plan.region,
            "account": self._plan.account_id,
            "partition": self._plan.partition,
            "prefix": f"{environment.get('project', '')}-{environment.get('name', '')}",
            "backup_region": str(environment.get("backup_region", "")),
        }
        return facts.get(name) or symbol(f"no {name}")

    def _at(self, address: str) -> PlannedResource | None:
        if "[*]" not in address:
            return self._plan.at(address)
        test = re.compile(re.escape(address).replace(r"\[\*\]", r"\[[^\]]*\]"))
        return next((one for one in self._plan.resources if one.is_managed and test.fullmatch(one.address)), None)


class TemplateResolver:
    """Templates for terraform's templatefile(): `${queue.document_queue}`, `${region}`, `${log_group[service]}`."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields

    def arn(self, resource: ResourceName) -> str:
        """Return the template for a resource's ARN."""
        kind = resource.kind.name.replace(" ", "_")
        if not resource.name:
            return f"${{{kind}}}"
        if resource.name in self._fields.values():
            return f"${{{kind}[{next(k for k, v in self._fields.items() if v == resource.name)}]}}"
        if not _PLAIN.match(resource.name):
            return f"${{{kind}['{resource.name}']}}"
        return f"${{{kind}.{resource.name}}}"

    def fact(self, name: str) -> str:
        """Return the template for a fact."""
        return f"${{{name}}}"


def _attribute(resource: PlannedResource, path: str) -> str:
    """Return the text at a path of a resource's values; a symbol where only the apply will know it."""
    value: Any = resource.values
    first, *_ = path.split(".")
    for part in path.split("."):
        if isinstance(value, list):
            value = value[int(part)] if part.isdecimal() and int(part) < len(value) else None
        else:
            value = mapping(value).get(part)
    if isinstance(value, str):
        return value
    return symbol(f"{resource.address}.{path}") if resource.is_unknown(first) else ""


def setting(plan: Plan, path: str) -> Any:
    """Return a setting of the environment that a plan was made for, by its path in the variables."""
    name, *parts = path.split(".")
    value = plan.variable(name)
    for part in parts:
        value = mapping(value).get(part)
    return value
