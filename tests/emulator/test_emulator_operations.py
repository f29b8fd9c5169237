"""Backups, budgets, alarms and lifecycle policies answer as AWS does where moto does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Client = Callable[..., Any]

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/x"


def test_a_vault_has_a_policy_tags_and_no_recovery_points(client: Client) -> None:
    backup = client("backup")
    name = {"BackupVaultName": "safe"}
    vault = backup.create_backup_vault(**name, BackupVaultTags={"A": "b"})
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.get_backup_vault_access_policy(**name)
    backup.put_backup_vault_access_policy(**name, Policy='{"Statement":[]}')

    assert backup.get_backup_vault_access_policy(**name)["Policy"] == '{"Statement":[]}'
    assert backup.list_tags(ResourceArn=vault["BackupVaultArn"])["Tags"] == {"A": "b"}
    assert backup.list_recovery_points_by_backup_vault(**name)["RecoveryPoints"] == []
    backup.delete_backup_vault_access_policy(**name)
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.get_backup_vault_access_policy(**name)


def test_a_plan_selects(client: Client) -> None:
    backup = client("backup")
    backup.create_backup_vault(BackupVaultName="daily")
    rules = [{"RuleName": "daily", "TargetBackupVaultName": "daily", "ScheduleExpression": "cron(0 3 * * ? *)"}]
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "daily", "Rules": rules})["BackupPlanId"]
    selection = {"SelectionName": "database", "IamRoleArn": ROLE, "Resources": ["arn:aws:rds:*:*:db:*"]}
    made = backup.create_backup_selection(BackupPlanId=plan, BackupSelection=selection)["SelectionId"]

    assert backup.get_backup_selection(BackupPlanId=plan, SelectionId=made)["BackupSelection"] == selection
    [listed] = backup.list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]
    assert (listed["SelectionId"], listed["SelectionName"]) == (made, "database")
    backup.delete_backup_selection(BackupPlanId=plan, SelectionId=made)
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.get_backup_selection(BackupPlanId=plan, SelectionId=made)


def test_a_budget_says_who_is_told(client: Client) -> None:
    budgets = client("budgets")
    key = {"AccountId": ACCOUNT, "BudgetName": "monthly"}
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    subscribers = [{"SubscriptionType": "EMAIL", "Address": "a@study-ai.example"}]
    budget = {
        "BudgetName": "monthly",
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "5", "Unit": "USD"},
    }
    budgets.create_budget(
        AccountId=ACCOUNT,
        Budget=budget,
        NotificationsWithSubscribers=[{"Notification": notification, "Subscribers": subscribers}],
        ResourceTags=[{"Key": "A", "Value": "b"}],
    )
    budgets.update_budget(AccountId=ACCOUNT, NewBudget={**budget, "BudgetLimit": {"Amount": "6", "Unit": "USD"}})
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/monthly"
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "A", "Value": "c"}])

    told = budgets.describe_subscribers_for_notification(**key, Notification=notification)["Subscribers"]
    assert told == subscribers
    assert budgets.describe_budget(**key)["Budget"]["BudgetLimit"]["Amount"] == "6"
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "A", "Value": "c"}]
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["A"])
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == []
    with pytest.raises(budgets.exceptions.NotFoundException):
        budgets.describe_subscribers_for_notification(AccountId=ACCOUNT, BudgetName="none", Notification=notification)


def test_anomalies_are_watched(client: Client) -> None:
    costs = client("ce")
    monitor = costs.create_anomaly_monitor(
        AnomalyMonitor={"MonitorName": "all", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"},
        ResourceTags=[{"Key": "A", "Value": "b"}],
    )["MonitorArn"]
    subscription = costs.create_anomaly_subscription(
        AnomalySubscription={
            "SubscriptionName": "all",
            "MonitorArnList": [monitor],
            "Frequency": "IMMEDIATE",
            "Subscribers": [{"Type": "SNS", "Address": f"arn:aws:sns:us-east-1:{ACCOUNT}:x"}],
        }
    )["SubscriptionArn"]
    costs.update_anomaly_monitor(MonitorArn=monitor, MonitorName="renamed")
    costs.update_anomaly_subscription(SubscriptionArn=subscription, Frequency="DAILY")

    [found] = costs.get_anomaly_monitors(MonitorArnList=[monitor])["AnomalyMonitors"]
    assert (found["MonitorName"], found["MonitorDimension"]) == ("renamed", "SERVICE")
    [heard] = costs.get_anomaly_subscriptions(SubscriptionArnList=[subscription])["AnomalySubscriptions"]
    assert (heard["Frequency"], heard["Subscribers"][0]["Status"]) == ("DAILY", "CONFIRMED")
    assert costs.list_tags_for_resource(ResourceArn=monitor)["ResourceTags"] == [{"Key": "A", "Value": "b"}]
    costs.delete_anomaly_subscription(SubscriptionArn=subscription)
    costs.delete_anomaly_monitor(MonitorArn=monitor)
    with pytest.raises(costs.exceptions.UnknownSubscriptionException):
        costs.get_anomaly_subscriptions(SubscriptionArnList=[subscription])
    with pytest.raises(costs.exceptions.UnknownMonitorException):
        costs.get_anomaly_monitors(MonitorArnList=[monitor])


def test_lifecycle_policies_are_kept(client: Client) -> None:
    dlm = client("dlm")
    schedule = {"Name": "daily", "CreateRule": {"Interval": 24, "IntervalUnit": "HOURS"}, "RetainRule": {"Count": 7}}
    details = {"ResourceTypes": ["VOLUME"], "TargetTags": [{"Key": "Snapshot", "Value": "y"}], "Schedules": [schedule]}
    policy = dlm.create_lifecycle_policy(
        ExecutionRoleArn=ROLE, Description="x", State="ENABLED", PolicyDetails=details, Tags={"A": "b"}
    )["PolicyId"]
    dlm.update_lifecycle_policy(PolicyId=policy, State="DISABLED")
    found = dlm.get_lifecycle_policy(PolicyId=policy)["Policy"]
    dlm.tag_resource(ResourceArn=found["PolicyArn"], Tags={"C": "d"})
    dlm.untag_resource(ResourceArn=found["PolicyArn"], TagKeys=["A"])

    assert (found["State"], found["PolicyDetails"]["TargetTags"]) == ("DISABLED", details["TargetTags"])
    assert dlm.list_tags_for_resource(ResourceArn=found["PolicyArn"])["Tags"] == {"C": "d"}
    assert policy in {each["PolicyId"] for each in dlm.get_lifecycle_policies()["Policies"]}
    dlm.delete_lifecycle_policy(PolicyId=policy)
    with pytest.raises(dlm.exceptions.ResourceNotFoundException):
        dlm.get_lifecycle_policy(PolicyId=policy)


def test_an_alarm_can_be_made_of_alarms(client: Client) -> None:
    watch = client("cloudwatch")
    watch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(a) AND ALARM(b)")

    found = watch.describe_alarms(AlarmNames=["both"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert [each["AlarmRule"] for each in found] == ["ALARM(a) AND ALARM(b)"]


def test_a_prometheus_workspace_keeps_its_key_routes_and_retention(client: Client) -> None:
    prometheus = client("amp")
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/metrics"
    workspace = prometheus.create_workspace(alias="study", kmsKeyArn=key)["workspaceId"]
    assert prometheus.describe_workspace(workspaceId=workspace)["workspace"]["kmsKeyArn"] == key

    with pytest.raises(prometheus.exceptions.ResourceNotFoundException):
        prometheus.describe_alert_manager_definition(workspaceId=workspace)
    prometheus.create_alert_manager_definition(workspaceId=workspace, data=b"alertmanager_config: 1")
    with pytest.raises(prometheus.exceptions.ConflictException):
        prometheus.create_alert_manager_definition(workspaceId=workspace, data=b"again")
    prometheus.put_alert_manager_definition(workspaceId=workspace, data=b"alertmanager_config: 2")
    found = prometheus.describe_alert_manager_definition(workspaceId=workspace)["alertManagerDefinition"]
    assert (found["data"], found["status"]["statusCode"]) == (b"alertmanager_config: 2", "ACTIVE")
    prometheus.delete_alert_manager_definition(workspaceId=workspace)
    with pytest.raises(prometheus.exceptions.ResourceNotFoundException):
        prometheus.describe_alert_manager_definition(workspaceId=workspace)

    def retention() -> int:
        answer = prometheus.describe_workspace_configuration(workspaceId=workspace)
        return int(answer["workspaceConfiguration"]["retentionPeriodInDays"])

    assert retention() == 150
    prometheus.update_workspace_configuration(workspaceId=workspace, retentionPeriodInDays=30)
    assert retention() == 30
    with pytest.raises(prometheus.exceptions.ResourceNotFoundException):
        prometheus.describe_workspace_configuration(workspaceId="ws-none")


def test_a_query_is_saved_changed_and_forgotten(client: Client) -> None:
    logs = client("logs")
    query = {"name": "tests/errors", "queryString": "filter level = 'error'", "logGroupNames": ["/ecs/api"]}
    made = logs.put_query_definition(**query)["queryDefinitionId"]
    [kept] = logs.describe_query_definitions(queryDefinitionNamePrefix="tests/")["queryDefinitions"]
    assert {**kept, "lastModified": None} == {"queryDefinitionId": made, **query, "lastModified": None}

    logs.put_query_definition(**query | {"queryString": "limit 1"}, queryDefinitionId=made)
    [kept] = logs.describe_query_definitions()["queryDefinitions"]
    assert (kept["queryDefinitionId"], kept["queryString"]) == (made, "limit 1")
    assert logs.describe_query_definitions(queryDefinitionNamePrefix="other")["queryDefinitions"] == []

    assert logs.delete_query_definition(queryDefinitionId=made)["success"] is True
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.delete_query_definition(queryDefinitionId=made)


def test_a_metric_filter_that_is_put_again_is_changed(client: Client) -> None:
    logs = client("logs")
    for group in ("one", "other"):
        logs.create_log_group(logGroupName=group)
        for pattern in ("first", "second"):
            logs.put_metric_filter(
                logGroupName=group,
                filterName="errors",
                filterPattern=pattern,
                metricTransformations=[{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}],
            )
        found = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
        assert [(each["filterName"], each["filterPattern"]) for each in found] == [("errors", "second")]
