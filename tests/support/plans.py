"""Plans of whole environments from an empty state, as terraform's JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.support.boundaries import make_boundary
from tests.support.checkout import Checkout

from studyctl.adapters.emulator.process import EmulatorEndpoint, connection_environment
from studyctl.adapters.private_files import PrivateFolder
from studyctl.adapters.specs import SpecFiles
from studyctl.adapters.terraform.terraform import Terraform
from studyctl.domain.environment import Environment
from studyctl.domain.pipeline_identity import PipelineIdentity
from studyctl.domain.residents import Resident
from studyctl.domain.target import EMULATED_ACCOUNT_ID
from studyctl.domain.workspace import Workspace
from studyctl.usecases import bootstrap
from studyctl.usecases.render import build_variables, state_bucket_name, variables_text

# A state that is empty for certain, whatever was deployed on the same emulator.
LOCAL_BACKEND = 'terraform {\n  backend "local" {}\n}\n'


@dataclass(frozen=True)
class Resource:
    """One managed resource as planned. What only the apply will know is missing in `values`."""

    address: str
    module: str
    type: str
    name: str
    key: str | int | None
    values: Mapping[str, Any]
    unknown: Mapping[str, Any]

    def text(self, attribute: str) -> str:
        """A string attribute, empty when it is null or not known yet."""
        return str(self.values.get(attribute) or "")

    def has(self, attribute: str) -> bool:
        """Whether the attribute is set, be it to something that only the apply will know."""
        return bool(self.values.get(attribute)) or bool(self.unknown.get(attribute))


@dataclass(frozen=True)
class Plan:
    """The plan of one environment."""

    environment: Environment
    document: Mapping[str, Any]

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """Every managed resource, sorted by address."""
        unknown = {change["address"]: change["change"] for change in self.document["resource_changes"]}
        found = [
            Resource(
                address=entry["address"],
                module=module,
                type=entry["type"],
                name=entry["name"],
                key=entry.get("index"),
                values=entry.get("values", {}),
                unknown=unknown[entry["address"]].get("after_unknown") or {},
            )
            for module, entry in _walk(self.document["planned_values"]["root_module"])
            if entry["mode"] == "managed"
        ]
        return tuple(sorted(found, key=lambda resource: resource.address))

    def of(self, *types: str) -> tuple[Resource, ...]:
        """The resources of these types."""
        return tuple(resource for resource in self.resources if resource.type in types)

    def at(self, address: str) -> Resource:
        """The one resource at an address."""
        (found,) = (resource for resource in self.resources if resource.address == address)
        return found

    def references(self, address: str, attribute: str) -> frozenset[str]:
        """What the configuration of a resource refers to in an attribute, for values that only the apply will know.

        Names are those of the module that the resource is in, such as `var.kms_key_arn`.
        """
        *path, kind, name = _without_keys(address).split(".")
        node: Mapping[str, Any] = self.document["configuration"]["root_module"]
        for step in path[1::2]:
            node = node["module_calls"][step]["module"]
        (block,) = (r for r in node["resources"] if (r["type"], r["name"]) == (kind, name) and r["mode"] == "managed")
        return frozenset(_references(block.get("expressions", {}).get(attribute, {})))


class Planner:
    """Plans environments in a checkout of its own, one folder an environment."""

    def __init__(self, folder: Path, emulator: EmulatorEndpoint) -> None:
        self._checkout = Checkout.copy(folder)
        self._emulator = emulator
        for root in ("platform", "bootstrap"):
            (folder / "infra" / root / "backend_override.tf").write_text(LOCAL_BACKEND, "utf-8")

    def plan(self, name: str) -> Plan:
        """Plan one environment; several threads may plan different ones."""
        environment = SpecFiles(self._checkout.folder).load(name)
        bucket = state_bucket_name(environment.project, EMULATED_ACCOUNT_ID, environment.region)
        make_boundary(self._emulator, f"{environment.project}-{name}-workloads", bucket)
        workspace = Workspace.platform(name, self._checkout.folder)
        variables = build_variables(environment, EMULATED_ACCOUNT_ID)
        return Plan(environment, self._planned(workspace, variables, environment.region))

    def account(self, pipeline: PipelineIdentity | None, *names: str) -> Mapping[str, Any]:
        """Plan what bootstrap makes of an account that some environments live in, or every one; terraform's JSON."""
        files = SpecFiles(self._checkout.folder)
        specs = {name: files.load(name) for name in names or files.names()}
        residents = {name: Resident.of(spec) for name, spec in specs.items()}
        one = next(iter(specs.values()))
        variables = bootstrap.variables(one, EMULATED_ACCOUNT_ID, residents, pipeline)
        return self._planned(Workspace.bootstrap(self._checkout.folder), variables, one.region)

    def _planned(self, workspace: Workspace, variables: Mapping[str, Any], region: str) -> Mapping[str, Any]:
        files = PrivateFolder(self._checkout.build)
        files.write(workspace.var_file, variables_text(variables))
        # Each its own: plans that are made at once would lock each other out of one state.
        files.write(workspace.backend_config, f"path = {json.dumps(str(workspace.build / 'empty.tfstate'))}\n")
        connection = connection_environment(self._emulator, region=region)
        terraform = Terraform.find(os.environ, connection=connection)
        terraform.init(workspace)
        outcome = terraform.plan(workspace, "composition", out=workspace.build / "empty.tfplan")
        try:
            return terraform.show_plan(workspace, outcome.plan)
        finally:
            terraform.discard(outcome.plan)


def _walk(module: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in module.get("resources", ()):
        yield module.get("address", ""), resource
    for child in module.get("child_modules", ()):
        yield from _walk(child)


def _without_keys(address: str) -> str:
    kept, depth = [], 0
    for character in address:
        depth += character == "["
        if not depth:
            kept.append(character)
        depth -= character == "]"
    return "".join(kept)


def _references(expression: Any) -> Iterator[str]:
    if isinstance(expression, Mapping):
        yield from expression.get("references", ())
        for value in expression.values():
            yield from _references(value)
    elif isinstance(expression, list):
        for value in expression:
            yield from _references(value)
