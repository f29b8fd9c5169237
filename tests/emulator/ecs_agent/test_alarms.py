"""Metrics that flip alarms, alarms that turn deployments back, and policies that scale, all through boto3."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.emulator.ecs_agent.fleet import Fleet, Stopwatch, primary
from tests.support.until import until


def suffix(arn: str) -> str:
    """What CloudWatch calls a balancer or a target group."""
    return arn.partition(":loadbalancer/")[2] or arn.rsplit(":", 1)[-1]


def error_rate(balancer: str, group: str) -> list[dict[str, Any]]:
    """The platform's own formula: errors in percent, where there is traffic."""

    def metric(name: str) -> dict[str, Any]:
        dimensions = {"LoadBalancer": suffix(balancer), "TargetGroup": suffix(group)}
        return {
            "Metric": {
                "Namespace": "AWS/ApplicationELB",
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
            },
            "Period": 60,
            "Stat": "Sum",
        }

    formula = "IF(SUM([requests]) >= 20, 100 * SUM([errors]) / SUM([requests]), 0)"
    return [
        {"Id": "result", "Expression": formula, "Label": "errors", "ReturnData": True},
        {"Id": "requests", "MetricStat": metric("RequestCount"), "ReturnData": False},
        {"Id": "errors", "MetricStat": metric("HTTPCode_Target_5XX_Count"), "ReturnData": False},
    ]


def state(fleet: Fleet, name: str) -> str:
    """The state of an alarm."""
    described = fleet.watch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (alarm,) = described["MetricAlarms"] + described["CompositeAlarms"]
    return str(alarm["StateValue"])


def test_an_alarm_turns_a_healthy_but_wrong_version_back(fleet: Fleet) -> None:
    balanced = fleet.balance("wrong")
    fleet.watch.put_metric_alarm(
        AlarmName="wrong-errors",
        Metrics=error_rate(balanced.arn, balanced.blue),
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Threshold=5,
        EvaluationPeriods=3,
        DatapointsToAlarm=2,
        TreatMissingData="notBreaching",
    )
    watched = {
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "alarms": {"enable": True, "rollback": True, "alarmNames": ["wrong-errors"]},
    }
    fleet.serve("wrong", fleet.define("wrong", fleet.image("v1")), balanced, deploymentConfiguration=watched)
    good = primary(fleet.await_complete("wrong"))
    until(lambda: state(fleet, "wrong-errors") == "OK", "the alarm to have looked")
    with fleet.load(balanced) as load:
        until(lambda: load.answers["v1"] > 30, "traffic")
        watch = Stopwatch("healthy but wrong")
        bad = fleet.update("wrong", taskDefinition=fleet.define("wrong", fleet.image("wrong", "wrong")))
        failed = f"(service wrong) (deployment {bad}) deployment failed: alarm detected."
        until(lambda: failed in fleet.events("wrong"), "the alarm")
        watch.lap("seen")
        described = fleet.await_state("wrong", good["id"], "COMPLETED")
        watch.lap("back")
        answered = load.answers["v1"]
        until(lambda: load.answers["v1"] > answered + 20, "traffic to the old version")

    assert described["taskDefinition"] == good["taskDefinition"]
    assert set(load.failures) == {"500"}, "only what the bad version answered itself"
    until(lambda: state(fleet, "wrong-errors") == "OK", "the alarm to be over")


def test_what_the_balancer_sees_is_measured(fleet: Fleet) -> None:
    balanced = fleet.balance("measured")
    fleet.serve("measured", fleet.define("measured", fleet.image("slow", "slow")), balanced)
    fleet.await_complete("measured")
    with fleet.load(balanced) as load:
        until(lambda: load.answers["slow"] > 20, "traffic")
    dimensions = [
        {"Name": "LoadBalancer", "Value": suffix(balanced.arn)},
        {"Name": "TargetGroup", "Value": suffix(balanced.blue)},
    ]

    def statistics(name: str, *stats: str) -> dict[str, Any]:
        now = datetime.now(UTC)
        extended = [stat for stat in stats if stat.startswith("p")]
        plain = [stat for stat in stats if stat not in extended]
        wanted = {**({"Statistics": plain} if plain else {}), **({"ExtendedStatistics": extended} if extended else {})}
        points = fleet.watch.get_metric_statistics(
            Namespace="AWS/ApplicationELB",
            MetricName=name,
            Dimensions=dimensions,
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=1),
            Period=3600,
            **wanted,
        )["Datapoints"]
        return {key: value for point in points for key, value in point.items()}

    until(lambda: statistics("RequestCount", "Sum").get("Sum") == load.count, "every request to be counted")
    assert statistics("HTTPCode_Target_2XX_Count", "Sum")["Sum"] == load.count
    assert statistics("HTTPCode_Target_5XX_Count", "Sum") == {}
    assert statistics("HealthyHostCount", "Maximum")["Maximum"] == 1
    response = statistics("TargetResponseTime", "Minimum", "p95")
    assert 0.2 <= response["Minimum"] <= response["ExtendedStatistics"]["p95"]


def test_tasks_tell_their_number_cpu_and_memory(fleet: Fleet) -> None:
    fleet.serve("counted", fleet.define("counted", fleet.image("busy", "busy")), desiredCount=2)
    fleet.await_complete("counted")
    dimensions = [{"Name": "ClusterName", "Value": fleet.cluster}, {"Name": "ServiceName", "Value": "counted"}]
    fleet.watch.put_metric_alarm(
        AlarmName="counted-tasks",
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Dimensions=dimensions,
        Statistic="SampleCount",
        ComparisonOperator="LessThanThreshold",
        Threshold=2,
        Period=60,
        EvaluationPeriods=3,
        TreatMissingData="breaching",
    )

    def highest(name: str) -> float:
        query = {
            "Metric": {"Namespace": "AWS/ECS", "MetricName": name, "Dimensions": dimensions},
            "Period": 60,
            "Stat": "Maximum",
        }
        results = fleet.watch.get_metric_data(
            MetricDataQueries=[{"Id": "highest", "MetricStat": query}],
            StartTime=datetime.now(UTC) - timedelta(minutes=5),
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
        )["MetricDataResults"]
        return max(results[0]["Values"], default=0.0)

    until(lambda: state(fleet, "counted-tasks") == "OK", "two samples a minute")
    assert 0 < highest("MemoryUtilization") < 100
    until(lambda: highest("CPUUtilization") > 50, "the work to show")
    fleet.update("counted", desiredCount=1)

    until(lambda: state(fleet, "counted-tasks") == "ALARM", "one sample a minute to be too few")


def test_a_queue_that_fills_rings_and_the_composite_with_it(fleet: Fleet) -> None:
    sqs = fleet.client("sqs")
    url = sqs.create_queue(QueueName="filling")["QueueUrl"]
    fleet.watch.put_metric_alarm(
        AlarmName="filling",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": "filling"}],
        Statistic="Maximum",
        ComparisonOperator="GreaterThanThreshold",
        Threshold=2,
        Period=60,
        EvaluationPeriods=1,
        TreatMissingData="notBreaching",
    )
    fleet.watch.put_composite_alarm(AlarmName="anything", AlarmRule='ALARM("filling") AND NOT ALARM("nobody")')
    fleet.serve("any", fleet.define("any", fleet.image("v1")))
    until(lambda: (state(fleet, "filling"), state(fleet, "anything")) == ("OK", "OK"), "a first look")
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    until(lambda: (state(fleet, "filling"), state(fleet, "anything")) == ("ALARM", "ALARM"), "the alarms")
    told = fleet.watch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"], StateValue="ALARM")
    assert "filling" in {alarm["AlarmName"] for alarm in told["MetricAlarms"]}
    assert "anything" in {alarm["AlarmName"] for alarm in told["CompositeAlarms"]}
    sqs.purge_queue(QueueUrl=url)

    until(lambda: (state(fleet, "filling"), state(fleet, "anything")) == ("OK", "OK"), "the end of the alarms")


def test_what_a_log_line_measured_rings_and_a_longer_period_slides_with_every_minute(fleet: Fleet) -> None:
    fleet.create_log_group("measuring")
    fleet.logs.create_log_stream(logGroupName="/ecs/measuring", logStreamName="task")
    fleet.watch.put_metric_alarm(
        AlarmName="measured",
        Namespace="Own",
        MetricName="seconds",
        Dimensions=[{"Name": "service", "Value": "api"}],
        ExtendedStatistic="p95",
        ComparisonOperator="GreaterThanThreshold",
        Threshold=0.5,
        Period=300,
        EvaluationPeriods=1,
        TreatMissingData="notBreaching",
    )

    def say(value: float) -> None:
        now = time.time_ns() // 1_000_000
        directive = {"Namespace": "Own", "Dimensions": [["service"]], "Metrics": [{"Name": "seconds"}]}
        root = {"Timestamp": now, "CloudWatchMetrics": [directive]}
        line = json.dumps({"_aws": root, "service": "api", "seconds": value})
        fleet.logs.put_log_events(
            logGroupName="/ecs/measuring", logStreamName="task", logEvents=[{"timestamp": now, "message": line}]
        )

    say(0.1)
    until(lambda: state(fleet, "measured") == "OK", "a first look")
    say(2.0)
    until(lambda: state(fleet, "measured") == "ALARM", "the alarm")
    until(lambda: say(0.1) or state(fleet, "measured") == "OK", "its end")  # type: ignore[func-returns-value]


@pytest.mark.parametrize("missing", ["missing", "notBreaching", "breaching"])
def test_what_nobody_measures_is_what_the_alarm_says_of_silence(fleet: Fleet, missing: str) -> None:
    fleet.watch.put_metric_alarm(
        AlarmName=f"silent-{missing}",
        Namespace="Nobody",
        MetricName="Nothing",
        Statistic="Sum",
        ComparisonOperator="GreaterThanThreshold",
        Threshold=1,
        Period=60,
        EvaluationPeriods=2,
        TreatMissingData=missing,
    )
    expected = {"missing": "INSUFFICIENT_DATA", "notBreaching": "OK", "breaching": "ALARM"}[missing]
    fleet.watch.put_metric_data(Namespace="Somebody", MetricData=[{"MetricName": "Something", "Value": 1}])
    until(lambda: state(fleet, f"silent-{missing}") == expected, expected)


def test_an_alarm_follows_what_somebody_puts_and_keeps_its_state_when_it_is_changed(fleet: Fleet) -> None:
    def put(value: float) -> None:
        fleet.watch.put_metric_data(Namespace="Own", MetricData=[{"MetricName": "Load", "Value": value}])

    def define(threshold: float) -> None:
        fleet.watch.put_metric_alarm(
            AlarmName="own",
            Namespace="Own",
            MetricName="Load",
            Statistic="Average",
            ComparisonOperator="GreaterThanThreshold",
            Threshold=threshold,
            Period=60,
            EvaluationPeriods=1,
            TreatMissingData="ignore",
        )

    define(10)
    until(lambda: put(20) or state(fleet, "own") == "ALARM", "the alarm")  # type: ignore[func-returns-value]
    define(11)
    assert state(fleet, "own") == "ALARM"
    until(lambda: put(1) or state(fleet, "own") == "OK", "its end")  # type: ignore[func-returns-value]

    told = fleet.watch.describe_alarm_history(AlarmName="own", ScanBy="TimestampAscending")["AlarmHistoryItems"]
    states = [json.loads(each["HistoryData"])["newState"]["stateValue"] for each in told]
    assert states[-2:] == ["ALARM", "OK"]
    later = fleet.watch.describe_alarm_history(AlarmName="own", StartDate=told[-1]["Timestamp"], MaxRecords=1)
    assert [each["HistorySummary"] for each in later["AlarmHistoryItems"]] == ["Alarm updated from ALARM to OK"]
    assert "NextToken" not in later

    [own] = [each for each in fleet.watch.list_metrics(Namespace="Own")["Metrics"] if each["MetricName"] == "Load"]
    assert own["Namespace"] == "Own"


def test_a_backlog_scales_a_service_out(fleet: Fleet) -> None:
    sqs, scaling = fleet.client("sqs"), fleet.client("application-autoscaling")
    url = sqs.create_queue(QueueName="backlog")["QueueUrl"]
    fleet.serve("worker", fleet.define("worker", fleet.image("v1")))
    fleet.await_complete("worker")
    resource = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{fleet.cluster}/worker",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**resource, MinCapacity=1, MaxCapacity=3)

    def metric(identifier: str, namespace: str, name: str, stat: str, dimensions: dict[str, str]) -> dict[str, Any]:
        pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        return {
            "Id": identifier,
            "MetricStat": {
                "Metric": {"Namespace": namespace, "MetricName": name, "Dimensions": pairs},
                "Stat": stat,
            },
            "ReturnData": False,
        }

    scaling.put_scaling_policy(
        **resource,
        PolicyName="backlog",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 2.0,
            "CustomizedMetricSpecification": {
                "Metrics": [
                    metric(
                        "messages",
                        "AWS/SQS",
                        "ApproximateNumberOfMessagesVisible",
                        "Maximum",
                        {"QueueName": "backlog"},
                    ),
                    metric(
                        "tasks",
                        "AWS/ECS",
                        "CPUUtilization",
                        "SampleCount",
                        {"ClusterName": fleet.cluster, "ServiceName": "worker"},
                    ),
                    {"Id": "backlog", "Expression": "messages / FILL(tasks, 1)", "ReturnData": True},
                ]
            },
        },
    )
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    until(lambda: fleet.service("worker")["desiredCount"] == 3, "more tasks, and not more than allowed")
    until(lambda: fleet.service("worker")["runningCount"] == 3, "them to run")
    sqs.purge_queue(QueueUrl=url)

    until(lambda: fleet.service("worker")["desiredCount"] == 1, "fewer tasks again")
