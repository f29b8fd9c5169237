"""What others labelled as a way to more privileges is found, and what they labelled as none is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.support.policy_cases import ACCOUNT, plan_of

from studyctl.domain.policy.findings import Finding
from studyctl.domain.policy.graph.graph import graph_of
from studyctl.usecases.lint import judge_graph

TABLE: Mapping[str, Any] = YAML(typ="safe").load(
    (Path(__file__).parent / "labelled" / "iam_vulnerable.yaml").read_text("utf-8")
)
ESCALATION, TRUST, ADMINISTRATOR = "SC201", "SC610", "SC101"
OWNER = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
VULNERABLE, HARMLESS = 35, 5


def found(row: Mapping[str, Any]) -> tuple[Finding, ...]:
    graph = graph_of(plan_of(dict(_resources(row))))
    return tuple(one for one in judge_graph(graph) if one.rule in (ESCALATION, TRUST, ADMINISTRATOR))


def _resources(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "chain" in row:
        yield from _chain(row["chain"])
        return
    yield "aws_iam_role.own", _role("own", OWNER)
    for name, statements in (("first", _statements(row)), ("second", _more(row))):
        if statements:
            yield f"aws_iam_role_policy.{name}", {"role": "own", "policy": statements}


def _chain(names: list[str]) -> Iterator[tuple[str, Any]]:
    trusted = OWNER
    for name in names:
        yield f"aws_iam_role.{name}", _role(name, trusted)
        trusted = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{name}"}
    everything = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    yield "aws_iam_role_policy.last", {"role": names[-1], "policy": everything}


def _role(name: str, trusted: Mapping[str, str]) -> dict[str, Any]:
    trust = [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": dict(trusted)}]
    return {"name": name, "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "assume_role_policy": trust}


def _statements(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    actions = {"Action": row["allow"]} if "allow" in row else {"NotAction": row.get("allow_all_but", [])}
    if not next(iter(actions.values())):
        return []
    condition = {"Condition": row["if"]} if "if" in row else {}
    return [{"Effect": "Allow", **actions, "Resource": row.get("on", "*"), **condition}]


def _more(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    more = [("Allow", row.get("and")), ("Deny", row.get("deny"))]
    return [{"Effect": effect, "Action": actions, "Resource": "*"} for effect, actions in more if actions]


def test_the_table_is_whole() -> None:
    assert (len(TABLE["vulnerable"]), len(TABLE["harmless"])) == (VULNERABLE, HARMLESS)


@pytest.mark.parametrize("row", TABLE["vulnerable"], ids=lambda row: row["file"])
def test_a_way_to_more_privileges_is_found(row: Mapping[str, Any]) -> None:
    rules = {one.rule for one in found(row)}
    if "chain" in row:
        assert TRUST in rules
    else:  # who may do everything has nothing to gain
        assert rules & {ESCALATION, ADMINISTRATOR}


@pytest.mark.parametrize("row", TABLE["harmless"], ids=lambda row: row["file"])
def test_what_leads_nowhere_is_not_reported(row: Mapping[str, Any]) -> None:
    assert [str(one) for one in found(row)] == []


def trusted(**own: Any) -> list[str]:
    """What is found where the trust of an administrator names `own`, by what `own` holds."""
    resources = dict(_chain(["own", "admin"]))
    for kind, statements in own.items():
        if kind == "policy":
            resources["aws_iam_role_policy.own"] = {"role": "own", "policy": statements}
        else:
            arn = f"arn:aws:iam::{ACCOUNT}:policy/limit"
            resources["aws_iam_policy.limit"] = {"name": "limit", "arn": arn, "policy": statements}
            resources["aws_iam_role.own"] |= {"permissions_boundary": arn}
    graph = graph_of(plan_of(resources))
    return [one.message for one in judge_graph(graph) if one.rule == TRUST]


def test_a_role_that_another_one_trusts_by_name_needs_no_permission_to_become_it() -> None:
    (message,) = trusted()
    assert "own can become admin, whose trust names it" in message


def test_a_denial_keeps_it_out_and_its_boundary_as_well() -> None:
    denied = [{"Effect": "Deny", "Action": "sts:*", "Resource": "*"}]
    assert trusted(policy=denied) == []
    reads = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]
    assert trusted(boundary=reads) == []
