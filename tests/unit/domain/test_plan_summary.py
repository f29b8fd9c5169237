import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.guard import check_plan
from studyctl.domain.plan import ChangeAction, Severity, summarise
from studyctl.errors import PreflightFailed, Refused

MARKER = "hunter2-marker"
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
MARKS = st.recursive(
    st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def resource(address: str, actions: list[str], **change: Any) -> dict[str, Any]:
    module, _, name = (
        address.rpartition("module.")[2].partition(".") if address.startswith("module.") else ("", "", address)
    )
    return {
        "address": address,
        **({"module_address": f"module.{module}"} if module else {}),
        "type": name.partition(".")[0],
        "change": {"actions": actions, "before": None, "after": None, **change},
        **({"action_reason": change.pop("reason")} if "reason" in change else {}),
    }


def plan(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": list(changes), **more}


DATABASE = "module.database.aws_db_instance.main"


def test_changes_are_grouped_by_module_and_counted() -> None:
    summary = summarise(
        plan(
            resource("module.network.aws_vpc.main", ["create"]),
            resource(DATABASE, ["update"], before={"instance_class": "a"}, after={"instance_class": "b"}),
            resource("aws_sns_topic.alarms", ["no-op"]),
            resource("data.aws_region.current", ["read"]),
        )
    )
    assert list(summary.by_module) == ["module.database", "module.network"]
    assert summary.counts == {ChangeAction.CREATE: 1, ChangeAction.UPDATE: 1}
    assert summary.worst is Severity.DOWNTIME


def test_a_replacement_names_what_forces_it() -> None:
    change = resource(
        DATABASE,
        ["delete", "create"],
        before={"storage_encrypted": False, "id": "x", "tags": {"a": "1"}},
        after={"storage_encrypted": True, "tags": {"a": "1"}},
        after_unknown={"id": True},
        replace_paths=[["storage_encrypted"]],
    )
    (found,) = summarise(plan(change)).changes
    assert (found.action, found.forced_by) == (ChangeAction.REPLACE, ("storage_encrypted",))
    assert [(item.path, item.before, item.after) for item in found.attributes] == [
        ("id", "x", "(known after apply)"),
        ("storage_encrypted", "false", "true"),
    ]
    assert found.consequence.severity is Severity.DATA_LOSS


def test_a_forcing_path_is_named_even_when_its_value_looks_the_same() -> None:
    change = resource(DATABASE, ["create", "delete"], before={"a": 1}, after={"a": 1}, replace_paths=[["subnets", 0]])
    (found,) = summarise(plan(change)).changes
    assert found.forced_by == ("subnets[0]",)
    assert found.creates_first


@pytest.mark.parametrize(
    ("kind", "before", "after", "severity"),
    [
        ("aws_db_instance", {"engine_version": "16.3"}, {"engine_version": "16.4"}, Severity.DOWNTIME),
        ("aws_db_instance", {"ca_cert_identifier": "a"}, {"ca_cert_identifier": "b"}, Severity.RESTART),
        ("aws_db_instance", {"backup_retention_period": 30}, {"backup_retention_period": 7}, Severity.DATA_LOSS),
        ("aws_db_instance", {"backup_retention_period": 7}, {"backup_retention_period": 30}, Severity.NONE),
        ("aws_cloudwatch_log_group", {"retention_in_days": 0}, {"retention_in_days": 30}, Severity.DATA_LOSS),
        ("aws_sqs_queue", {"visibility_timeout_seconds": 1}, {"visibility_timeout_seconds": 2}, Severity.NONE),
        ("aws_ecs_service", {"load_balancer": [1]}, {"load_balancer": [2]}, Severity.RESTART),
    ],
)
def test_updates_mean_what_the_table_says(kind: str, before: Any, after: Any, severity: Severity) -> None:
    summary = summarise(plan(resource(f"{kind}.main", ["update"], before=before, after=after)))
    assert summary.changes[0].consequence.severity is severity


@pytest.mark.parametrize(
    ("kind", "before", "is_refused"),
    [
        ("aws_db_instance", {}, True),
        ("aws_db_instance", {"replicate_source_db": "main"}, False),
        ("aws_elasticache_replication_group", {}, True),
        ("aws_s3_bucket", {}, True),
        ("aws_kms_key", {}, True),
        ("aws_secretsmanager_secret", {}, True),
        ("aws_ebs_volume", {}, True),
        ("aws_ssm_parameter", {"type": "String"}, False),
        ("aws_ssm_parameter", {"type": "SecureString"}, True),
        ("aws_ecs_task_definition", {}, False),
        ("aws_lb", {}, False),
    ],
)
@pytest.mark.parametrize("actions", [["delete"], ["delete", "create"], ["create", "delete"]])
def test_what_holds_data_is_deleted_only_by_its_exact_address(
    kind: str, before: Any, is_refused: bool, actions: list[str]
) -> None:
    address = f'module.x["a b"].{kind}.main'
    summary = summarise(plan({**resource(f"{kind}.main", actions, before=before), "address": address}))
    assert check_plan(summary).is_refused is is_refused
    assert not check_plan(summary, allowed_destroys=[address]).is_refused
    assert check_plan(summary, allowed_destroys=[f"{kind}.main"]).is_refused is is_refused


def test_a_refusal_says_what_is_lost_and_how_to_allow_it() -> None:
    verdict = check_plan(summarise(plan(resource("aws_s3_bucket.uploads", ["delete"], before={}))))
    with pytest.raises(Refused) as caught:
        verdict.enforce()
    assert caught.value.exit_code == 3
    assert "objects" in caught.value.why
    assert "--allow-destroy aws_s3_bucket.uploads" in caught.value.hint


def test_a_deposed_copy_is_a_deletion_of_its_own() -> None:
    change = {**resource("aws_db_instance.main", ["delete"], before={}), "deposed": "abcd1234"}
    (found,) = summarise(plan(change)).changes
    assert found.is_deposed
    assert check_plan(summarise(plan(change))).is_refused


def test_provisioners_and_foreign_providers_in_a_plan_are_refused() -> None:
    configuration = {
        "provider_config": {"x": {"full_name": "registry.terraform.io/evil/shell"}},
        "root_module": {
            "module_calls": {
                "a": {
                    "module": {"resources": [{"address": "terraform_data.x", "provisioners": [{"type": "local-exec"}]}]}
                }
            }
        },
    }
    verdict = check_plan(summarise(plan(configuration=configuration)))
    assert [finding.where for finding in verdict.findings] == [
        "module.a.terraform_data.x (local-exec)",
        "registry.terraform.io/evil/shell",
    ]


def test_a_sensitive_value_is_nowhere_in_the_summary() -> None:
    change = resource(
        "aws_thing.a",
        ["update"],
        before={"password": MARKER, "nested": [{"key": MARKER, "name": "x"}], "whole": {"a": MARKER}},
        after={"password": MARKER + "2", "nested": [{"key": MARKER + "2", "name": "y"}], "whole": {"a": MARKER + "3"}},
        before_sensitive={"password": True, "nested": [{"key": True}], "whole": True},
        after_sensitive={"password": True, "nested": [{"key": True}], "whole": True},
    )
    summary = summarise(
        plan(change, output_changes={"s": {"actions": ["update"], "before": MARKER, "after_sensitive": True}})
    )
    assert MARKER not in repr(summary)
    assert {item.path for item in summary.changes[0].attributes} == {
        "password",
        "nested[0].key",
        "nested[0].name",
        "whole",
    }


@given(JSON_VALUES, JSON_VALUES, MARKS, MARKS, MARKS)
def test_any_values_and_any_marks_are_summarised(before: Any, after: Any, hid: Any, hidden: Any, unknown: Any) -> None:
    change = resource(
        "a.b",
        ["update"],
        before=before,
        after=after,
        before_sensitive=hid,
        after_sensitive=hidden,
        after_unknown=unknown,
    )
    summary = summarise(plan(change))
    assert summarise(json.loads(json.dumps(plan(change)))).digest == summary.digest


@given(JSON_VALUES)
def test_a_value_under_a_mark_is_never_shown(value: Any) -> None:
    change = resource(
        "a.b",
        ["update"],
        before={"x": [MARKER, value]},
        after={"x": [value, MARKER]},
        before_sensitive={"x": True},
        after_sensitive={"x": [True, True]},
    )
    assert MARKER not in repr(summarise(plan(change)))


def test_the_digest_knows_what_would_be_done_and_nothing_else() -> None:
    create = resource("a.b", ["create"], after={"size": 1, "policy": "x" * 500})
    same = summarise(plan(create, timestamp="2026-11-22T00:00:00Z", prior_state={"x": 1})).digest
    assert summarise(plan(create, resource("c.d", ["no-op"]), timestamp="2026-11-23T00:00:00Z")).digest == same
    assert summarise(plan(resource("a.b", ["create"], after={"size": 2, "policy": "x" * 500}))).digest != same
    assert summarise(plan(resource("a.b", ["create"], after={"size": 1, "policy": "x" * 499 + "y"}))).digest != same


def test_an_import_or_a_move_is_a_change() -> None:
    imported = resource("a.b", ["no-op"], importing={"id": "x"})
    moved = {**resource("c.d", ["no-op"]), "previous_address": "c.e"}
    assert [change.address for change in summarise(plan(imported, moved)).effective] == ["a.b", "c.d"]


def test_an_unknown_plan_format_is_refused() -> None:
    with pytest.raises(PreflightFailed, match="format 9"):
        summarise({"format_version": "9.0"})
