"""Proofs, explanations, differences and pictures of plans, as the commands make them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.support.iam_plans import KEY, QUEUE, READ, SEND, SHELL, TRUST, plan_with
from tests.support.policy_cases import ACCOUNT

from studyctl.adapters.contract_files import Contracts, outdated, read_contracts, write_generated
from studyctl.adapters.recorded_calls import read_calls
from studyctl.cli.main import run
from studyctl.domain.policy.capabilities.behaviour import Call
from studyctl.domain.policy.graph.graph import graph_of
from studyctl.domain.policy.verdict import Standing
from studyctl.errors import Refused, UsageError
from studyctl.usecases.iam import Proof, generated, prove
from studyctl.usecases.iam_explain import explain
from studyctl.usecases.iam_picture import edges_value, picture

THROUGH_SQS = {"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}
ENCRYPT = {
    "Sid": "Encrypt",
    "Effect": "Allow",
    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
    "Resource": KEY,
    "Condition": THROUGH_SQS,
}
RESOURCES = """
resources:
  key: { address: 'aws_kms_key.all["{name}"]' }
  queue: { address: 'aws_sqs_queue.all["{name}"]', key: key one }
"""
SENDER = """
what: It sends.
roles: [aws_iam_role.sender]
needs:
  - publishes to: queue jobs
"""
SHELLS = """
what: Somebody looks inside.
roles: ['aws_iam_role.{who}']
when: cluster.has_exec
needs: [opens sessions]
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "iam-policies" / "capabilities"
    folder.mkdir(parents=True)
    (tmp_path / "iam-policies" / "resources.yaml").write_text(RESOURCES, "utf-8")
    (folder / "sender.yaml").write_text(SENDER, "utf-8")
    (folder / "shells.yaml").write_text(SHELLS, "utf-8")
    return tmp_path


@pytest.fixture
def contracts(repository: Path) -> Contracts:
    return read_contracts(repository)


def proof_of(contracts: Contracts, document: Mapping[str, Any]) -> Proof:
    return prove(document, contracts.contracts, contracts.kinds)


def test_a_role_that_holds_what_it_needs_is_proven(contracts: Contracts) -> None:
    proof = proof_of(contracts, plan_with(SEND, ENCRYPT))
    assert [role.problems for role in proof.roles] == [()]
    assert proof.inexact == ()
    proof.enforce()


def test_what_is_missing_and_what_is_too_much_is_refused_by_name(contracts: Contracts) -> None:
    more = {"Sid": "Store", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    proof = proof_of(contracts, plan_with(SEND, more))
    with pytest.raises(Refused) as refused:
        proof.enforce()
    assert refused.value.exit_code == 3
    assert "sender: missing: kms:GenerateDataKey" in refused.value.why
    assert "sender: excess: s3:* on * (Store)" in refused.value.why


def test_a_contract_counts_only_where_its_setting_is_on(contracts: Contracts) -> None:
    assert (
        proof_of(contracts, plan_with(SEND, ENCRYPT, has_exec=True)).roles[0].judgement.sufficient is Standing.REFUTED
    )
    assert proof_of(contracts, plan_with(SEND, ENCRYPT, SHELL)).roles[0].judgement.necessary is Standing.REFUTED


def test_a_wildcard_over_what_exists_is_still_too_much(contracts: Contracts) -> None:
    """What AWS adds to the service tomorrow would be granted too."""
    (role,) = proof_of(contracts, plan_with(SEND, ENCRYPT, SHELL, has_exec=True)).roles
    assert role.judgement.sufficient is Standing.PROVEN
    assert role.judgement.necessary is not Standing.PROVEN


def test_a_role_without_a_contract_is_not_proven(contracts: Contracts) -> None:
    document = plan_with(SEND, ENCRYPT, more={"aws_iam_role.other": {"name": "other", "assume_role_policy": TRUST}})
    (found,) = (role for role in proof_of(contracts, document).roles if role.name == "other")
    assert found.judgement.sufficient is found.judgement.necessary is Standing.NOT_PROVEN
    assert "no contract says what it needs" in found.problems[0]


def test_a_resource_that_the_plan_lacks_is_said(repository: Path) -> None:
    text = SENDER.replace("queue jobs", "queue mail")
    (repository / "iam-policies" / "capabilities" / "sender.yaml").write_text(text, "utf-8")
    (role,) = proof_of(read_contracts(repository), plan_with(SEND, ENCRYPT)).roles
    assert "the plan holds no queue mail, which a contract names" in role.problems
    assert not role.judgement.is_exact


def test_a_plan_from_nothing_is_judged_by_actions_and_proves_nothing(contracts: Contracts) -> None:
    statement = {"sid": "Send", "actions": ["sqs:SendMessage", "sqs:PurgeQueue"], "resources": [None]}
    document = plan_with(
        more={
            "aws_iam_role_policy.sender": {
                "role": "sender",
                "$unknown": {"policy": True},
                "$refers": {"policy": ["data.aws_iam_policy_document.send.json"]},
            },
            "data.aws_iam_policy_document.send": {
                "statement": [statement],
                "$unknown": {"json": True, "statement": [{"resources": [True]}]},
            },
        }
    )
    (role,) = proof_of(contracts, document).roles
    said = {(one.side.value, one.action) for one in role.judgement.differences}
    assert said == {
        ("excess", "sqs:PurgeQueue"),
        ("missing", "sqs:GetQueueAttributes"),
        ("missing", "kms:Decrypt"),
        ("missing", "kms:GenerateDataKey"),
    }
    assert "only the apply will know" in role.judgement.doubts[0]


def test_what_a_role_repeats_of_a_policy_that_changes_is_not_held(contracts: Contracts) -> None:
    def text(*statements: Mapping[str, Any]) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})

    echo = {"name": "sender", "policy": text({**SEND, "Action": "sqs:*"})}
    by_hand = {"name": "by-hand", "policy": text({**SHELL, "Sid": "ByHand"})}
    for blocks, excess in ([echo], []), ([echo, by_hand], ["ByHand"]):
        role = {"name": "sender", "assume_role_policy": TRUST, "inline_policy": blocks}
        document = plan_with(SEND, ENCRYPT, more={"aws_iam_role.sender": role})
        for change in document["resource_changes"]:
            change["type"] = change["address"].partition(".")[0]
            change["change"]["after"] |= {"name": "sender"} if change["type"] == "aws_iam_role_policy" else {}
        (found,) = proof_of(contracts, document).roles
        assert [one.statement for one in found.judgement.differences] == excess


def test_what_a_role_was_seen_to_do_is_replayed(contracts: Contracts) -> None:
    def problems(*actions: str) -> list[str]:
        calls = [Call(action, QUEUE) for action in actions]
        (role,) = prove(plan_with(SEND, ENCRYPT), contracts.contracts, contracts.kinds, {"sender": calls}).roles
        return list(role.problems)

    assert problems("sqs:SendMessage", "sqs:GetQueueAttributes") == []
    assert problems("sqs:SendMessage") == ["excess: sqs:GetQueueAttributes (Send: no call needed it)"]
    assert problems("sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:PurgeQueue") == [
        f"missing: sqs:PurgeQueue on {QUEUE} (a recorded call)"
    ]
    with pytest.raises(UsageError, match="of somebody, which the plan does not hold"):
        prove(plan_with(SEND), contracts.contracts, contracts.kinds, {"somebody": []})


def test_a_recording_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    line = {"role": "sender", "action": "kms:Decrypt", "resource": KEY, "context": {"kms:ViaService": "sqs"}}
    path.write_text(f"{json.dumps(line)}\n\n", "utf-8")
    assert read_calls(path) == {"sender": (Call("kms:Decrypt", KEY, {"kms:viaservice": ("sqs",)}),)}
    for bad in ("{", "[]", '{"role": "a"}', '{"role": "a", "action": 7}', '{"role": "a", "action": "b", "when": 1}'):
        path.write_text(bad, "utf-8")
        with pytest.raises(UsageError, match=r"calls.jsonl:1 is not a call"):
            read_calls(path)


def test_generated_files_are_written_checked_and_removed(repository: Path, contracts: Contracts) -> None:
    wanted = generated(contracts.contracts, contracts.kinds)
    assert set(wanted) == {"sender.json.tftpl", "shells.json.tftpl", "workload_actions.json"}
    assert '"${queue.jobs}"' in wanted["sender.json.tftpl"]
    assert '"sqs.${region}.amazonaws.com"' in wanted["sender.json.tftpl"]
    names = outdated(repository, wanted)
    assert set(names) == set(wanted)
    write_generated(repository, wanted, names)
    stale = repository / "iam-policies" / "generated" / "gone.json.tftpl"
    stale.write_text("{}", "utf-8")
    assert outdated(repository, wanted) == ("gone.json.tftpl",)
    write_generated(repository, wanted, ("gone.json.tftpl",))
    assert outdated(repository, wanted) == ()


def test_a_bad_file_is_told_with_its_place_and_the_next_step(repository: Path) -> None:
    path = repository / "iam-policies" / "capabilities" / "bad.yaml"
    path.write_text("what: It errs.\nroles: [a.b]\nneeds:\n  - consume: queue jobs\n", "utf-8")
    with pytest.raises(UsageError) as refused:
        read_contracts(repository)
    assert "iam-policies/capabilities/bad.yaml:4:" in refused.value.why
    assert "did you mean 'consumes'?" in refused.value.why
    assert "docs/iam.md" in refused.value.hint


def test_what_is_allowed_is_explained_by_its_statement_and_condition() -> None:
    (answer,) = explain(plan_with(SEND, ENCRYPT), "sender", "kms:Decrypt", 'aws_kms_key.all["one"]')
    assert answer.decision.is_allowed
    assert [statement.label for statement in answer.decision.statements] == ["Encrypt"]
    assert answer.given == {"kms:viaservice": ("sqs.us-east-1.amazonaws.com",)}


@pytest.mark.parametrize("action", ["sqs:SendMessage", "s3:GetObject"], ids=["granted", "not granted"])
def test_of_a_role_whose_policies_are_not_all_known_nothing_is_certain(action: str) -> None:
    attached = {"role": "sender", "policy_arn": "arn:aws:iam::123456789012:policy/elsewhere"}
    (answer,) = explain(plan_with(SEND, more={"aws_iam_role_policy_attachment.a": attached}), "sender", action, QUEUE)
    assert not answer.is_certain
    assert "elsewhere is not made by this plan" in answer.decision.why
    assert answer.to_json()["outcome"] == "not proven"


def test_what_is_denied_is_certain_whatever_else_there_is() -> None:
    attached = {"role": "sender", "policy_arn": "arn:aws:iam::123456789012:policy/elsewhere"}
    never = {"Sid": "Never", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    plan = plan_with(SEND, never, more={"aws_iam_role_policy_attachment.a": attached})
    (answer,) = explain(plan, "sender", "sqs:SendMessage", QUEUE)
    assert answer.to_json()["outcome"] == "explicitly denied"


def test_without_a_resource_every_one_that_is_named_is_explained() -> None:
    (answer,) = explain(plan_with(SEND), "sender", "sqs:SendMessage")
    assert (answer.resource, answer.decision.is_allowed) == (QUEUE, True)


@pytest.mark.parametrize(
    ("statements", "why"),
    [
        ([SEND], "no identity policy allows it"),
        (
            [SHELL, {"Sid": "Never", "Effect": "Deny", "Action": "ssmmessages:*", "Resource": "*"}],
            "an explicit deny always wins",
        ),
    ],
)
def test_what_is_not_allowed_is_explained(statements: list[dict[str, Any]], why: str) -> None:
    (answer,) = explain(plan_with(*statements), "aws_iam_role.sender", "ssmmessages:OpenDataChannel", "*")
    assert not answer.decision.is_allowed
    assert answer.decision.why == why


def within(action: str) -> dict[str, Any]:
    """The sender's plan, with a boundary that allows one action."""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    limit = [{"Sid": "AtMost", "Effect": "Allow", "Action": action, "Resource": "*"}]
    return plan_with(
        SEND,
        more={
            "aws_iam_role.sender": {"name": "sender", "assume_role_policy": TRUST, "permissions_boundary": arn},
            "aws_iam_policy.limit": {"name": "limit", "policy": limit, "arn": arn},
        },
    )


def test_a_boundary_is_named_as_what_stands_in_the_way() -> None:
    (answer,) = explain(within("s3:*"), "sender", "sqs:SendMessage", QUEUE)
    assert answer.decision.why == "the permissions boundary does not allow it"


def test_a_boundary_that_lets_something_through_is_told_apart_from_what_allows_it() -> None:
    (answer,) = explain(within("sqs:*"), "sender", "sqs:SendMessage", QUEUE)
    assert [statement.label for statement in answer.decision.statements] == ["Send"]
    assert [statement.label for statement in answer.within] == ["AtMost"]


@pytest.mark.parametrize(
    ("role", "action", "resource", "hint"),
    [
        ("sendr", "sqs:SendMessage", "", "Name one of: sender"),
        ("sender", "sqs:SendMesage", "", "Did you mean sqs:SendMessage?"),
        ("sender", "sqs:SendMessage", "jobs", "arn:aws:s3"),
    ],
)
def test_a_mistyped_question_is_answered_with_the_right_words(role: str, action: str, resource: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        explain(plan_with(SEND), role, action, resource)
    assert hint in refused.value.hint


BUCKET_POLICY = [
    {
        "Sid": "SenderReads",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/sender"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::shared/open/*",
    },
    {"Sid": "Nobody", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::shared/shut/*"},
]


@pytest.mark.parametrize(
    "held",
    [
        {"bucket": "shared", "policy": BUCKET_POLICY},
        {
            "policy": BUCKET_POLICY,
            "$unknown": {"bucket": True},
            "$refers": {"bucket": ["aws_s3_bucket.shared.id", "aws_s3_bucket.shared"]},
        },
    ],
)
def test_a_policy_that_is_a_resource_of_its_own_counts_for_what_it_stands_on(held: dict[str, Any]) -> None:
    more = {"aws_s3_bucket.shared": {"bucket": "shared"}, "aws_s3_bucket_policy.shared": held}
    plan = plan_with(SEND, {**READ, "Resource": "*"}, more=more)
    bare = plan_with(SEND, more=more)
    (given,) = explain(bare, "sender", "s3:GetObject", "arn:aws:s3:::shared/open/x")
    assert (given.decision.is_allowed, [one.sid for one in given.decision.statements]) == (True, ["SenderReads"])
    (refused,) = explain(plan, "sender", "s3:GetObject", "arn:aws:s3:::shared/shut/x")
    assert (refused.decision.why, [one.sid for one in refused.decision.statements]) == (
        "an explicit deny always wins",
        ["Nobody"],
    )
    (other,) = explain(bare, "sender", "s3:GetObject", "arn:aws:s3:::elsewhere/open/x")
    assert not other.decision.is_allowed


def test_the_picture_shows_every_end_and_every_edge() -> None:
    graph = graph_of(plan_with(SEND))
    drawn = ET.fromstring(picture(graph, "dev"))  # noqa: S314  our own
    titles = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}title")]
    ends = {end for edge in graph.edges for end in (edge.source, edge.target)}
    assert ends
    assert ends | {str(edge) for edge in graph.edges} <= set(titles)
    assert len(edges_value(graph)) == len(graph.edges)


def test_the_commands_say_it_with_data_and_exit_codes(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    good, bad = repository / "good.json", repository / "bad.json"
    good.write_text(json.dumps(plan_with(SEND, ENCRYPT)), "utf-8")
    bad.write_text(json.dumps(plan_with(SEND)), "utf-8")
    assert run(["iam", "prove", "dev", "--plan", str(good), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["exact"] is True
    assert run(["iam", "prove", "dev", "--plan", str(bad), "--json"]) == 3
    (role,) = json.loads(capsys.readouterr().out)["roles"]
    assert (role["sufficient"], role["necessary"]) == ("refuted", "proven")
    assert run(["iam", "generate", "--check"]) == 3
    assert run(["iam", "generate"]) == 0
    assert run(["iam", "generate", "--check"]) == 0
    capsys.readouterr()
    assert run(["iam", "diff", str(bad), str(good)]) == 0
    assert "+ sender may kms:Decrypt" in capsys.readouterr().out
    assert run(["iam", "explain", "dev", "sender", "sqs:SendMessage", "--plan", str(good)]) == 0
    assert "is allowed" in capsys.readouterr().out
    assert run(["iam", "graph", "dev", "--plan", str(good), "--out", str(repository / "roles.svg")]) == 0
    assert (repository / "roles.svg").read_text("utf-8").startswith("<svg ")
    assert run(["iam", "prove", "prod", "--plan", str(good)]) == 64


def test_what_no_recording_can_show_is_named_with_its_reason_and_not_counted(contracts: Contracts) -> None:
    plan = plan_with(SEND, ENCRYPT)
    calls = {"sender": (Call("sqs:SendMessage", QUEUE),)}
    counted = prove(plan, contracts.contracts, contracts.kinds, calls)
    (sender,) = (role for role in counted.roles if role.name == "sender")
    assert sender.judgement.necessary is Standing.REFUTED
    excused = prove(plan, contracts.contracts, contracts.kinds, calls, {"sqs:GetQueueAttributes": "asked at start"})
    (sender,) = (role for role in excused.roles if role.name == "sender")
    assert sender.judgement.necessary is Standing.PROVEN
    assert sender.unrecorded == ("sqs:GetQueueAttributes: asked at start",)
