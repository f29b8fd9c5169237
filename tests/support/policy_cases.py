"""Builds what rules judge from the short form that the tables of cases are written in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from studyctl.domain.policy.documents import Document, PolicyKind
from studyctl.domain.policy.grammar import parse_policy_value
from studyctl.domain.policy.graph.world import Compute, Identity, IdentityKind, World

ACCOUNT = "123456789012"
_ADDRESS = re.compile(r'(data\.)?([a-z0-9_]+)\.([A-Za-z0-9_-]+)(?:\["([^"]*)"\])?\Z')
_POLICIES = ("policy", "assume_role_policy")
_GITHUB = "token.actions.githubusercontent.com"


@dataclass(frozen=True)
class Case:
    """One row of a table: a rule, whether it must find something, and the row itself."""

    rule: str
    is_bad: bool
    row: Mapping[str, Any]
    number: int

    def __str__(self) -> str:
        return f"{self.rule} {'bad' if self.is_bad else 'good'} {self.number}"


def cases_in(folder: Path) -> Iterator[Case]:
    """Every case of every table."""
    for path in sorted(folder.glob("*.yaml")):
        for entry in YAML(typ="safe").load(path):
            for kind in ("good", "bad"):
                for number, row in enumerate(entry[kind], start=1):
                    yield Case(entry["rule"], kind == "bad", row, number)


def document(statements: list[Any], version: str = "2012-10-17", source: str = "case.json") -> Document:
    return parse_policy_value({"Version": version, "Statement": statements}, source)


def document_of(row: Mapping[str, Any]) -> tuple[Document, PolicyKind]:
    """The document of a row and where it is attached."""
    if "oidc" in row:
        return document(_oidc(row["oidc"])), PolicyKind.TRUST
    statements = list(row["statements"]) * row.get("repeat", 1)
    return document(statements, row.get("version", "2012-10-17")), PolicyKind[row.get("kind", "IDENTITY")]


def world_of(row: Mapping[str, Any]) -> tuple[Identity, World]:
    """Who is judged, and the world around."""
    others = tuple(_role(name, content) for name, content in row.get("roles", {}).items())
    kind, name = next(iter(row.get("own", {}).items()), ("policy", ""))
    own = Identity(
        address=name or "case.json",
        kind=IdentityKind(kind),
        name=name or "case.json",
        arn=f"arn:aws:iam::{ACCOUNT}:{kind}/{name}" if name else "",
        policies=(document(row["statements"]),),
        boundary=(document(row["boundary"]),) if "boundary" in row else None,
    )
    computes = tuple(
        Compute(f"{type_}.x", type_, c["arn"], (c["role"],)) for type_, c in row.get("computes", {}).items()
    )
    return own, World((own, *others) if name else others, computes, ACCOUNT)


def plan_of(resources: Mapping[str, Any]) -> dict[str, Any]:
    """Terraform's plan JSON of resources by address, all in the root."""
    variables = dict(resources.get("$variables", {}))
    if "$environment" in resources:
        variables["environment"] = resources["$environment"]
    planned, changes, blocks = [], [], {}
    for address, content in resources.items():
        if address.startswith("$"):
            continue
        found = _ADDRESS.match(address)
        assert found, address
        mode, kind, name, key = "data" if found[1] else "managed", found[2], found[3], found[4]
        values = {name_: _value(name_, value) for name_, value in content.items() if not name_.startswith("$")}
        entry = {"address": address, "mode": mode, "type": kind, "name": name, "values": values}
        planned.append(entry if key is None else {**entry, "index": key})
        unknown = content.get("$unknown", {})
        changes.append(
            {"address": address, "change": {"actions": ["create"], "after": values, "after_unknown": unknown}}
        )
        expressions = {attribute: {"references": names} for attribute, names in content.get("$refers", {}).items()}
        block = f"{found[1] or ''}{kind}.{name}"
        blocks[block] = {"address": block, "mode": mode, "type": kind, "name": name, "expressions": expressions}
    caller = {"address": "data.aws_caller_identity.current", "mode": "data", "type": "aws_caller_identity"}
    caller |= {"name": "current", "values": {"account_id": ACCOUNT}}  # type: ignore[dict-item]
    return {
        "format_version": "1.2",
        "variables": {name: {"value": value} for name, value in variables.items()},
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "prior_state": {"values": {"root_module": {"resources": [caller]}}},
        "configuration": {"root_module": {"resources": list(blocks.values())}},
    }


def _value(name: str, value: Any) -> Any:
    """Statements of a policy attribute become the text that a plan has."""
    if name in _POLICIES and isinstance(value, list):
        return json.dumps({"Version": "2012-10-17", "Statement": value})
    return value


def _role(name: str, content: Mapping[str, Any]) -> Identity:
    principal = {"Service": content["service"]} if "service" in content else {"AWS": content["trusts"]}
    trust = document([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}])
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return Identity(name, IdentityKind.ROLE, name, arn, (document(content["statements"]),), trust=trust)


def _oidc(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A trust in GitHub's tokens: StringEquals on what is given, `operator` for the subject."""
    conditions: dict[str, dict[str, Any]] = {}
    for claim in ("aud", "sub"):
        if claim in row:
            operator = row.get("operator", "StringEquals") if claim == "sub" else "StringEquals"
            conditions.setdefault(operator, {})[f"{_GITHUB}:{claim}"] = row[claim]
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{_GITHUB}"},
        "Action": row.get("actions", "sts:AssumeRoleWithWebIdentity"),
        "Condition": conditions,
    }
    if "second" not in row:
        return [statement]
    second = {"StringEquals": {f"{_GITHUB}:aud": row["aud"]}, "StringLike": {f"{_GITHUB}:sub": row["second"]}}
    return [statement, {**statement, "Condition": second}]
