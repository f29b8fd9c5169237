"""What infra/platform makes of an environment, as far as releases and smoke tests care, made through boto3."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.platform import ACCOUNT, REGION, platform_output

ROLES = {"api": 2, "document": 1}
PORT = 8000
HTTPS = 443
PLACEHOLDER = "sha256:" + "0" * 64
_PATHS = ["/api/*", "/health", "/health/*", "/version"]
_BLOCKED = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@dataclass(frozen=True)
class AccountBuilder:
    """Makes one environment. Everything is called after `name`."""

    client: Callable[[str], Any]
    name: str

    def build(self) -> dict[str, Any]:
        """Make it; the output `platform` that terraform would give."""
        self.client("ecr").create_repository(repositoryName=f"{self.name}/app")
        self.client("ecs").create_cluster(clusterName=self.name)
        subnets, group = self._network()
        balancer, colours = self._balancer(subnets)
        self._alarm(f"{self.name}-dead-letters", Namespace="Tests", MetricName="Nothing", TreatMissingData="ignore")
        self.client("cloudwatch").set_alarm_state(
            AlarmName=f"{self.name}-dead-letters", StateValue="OK", StateReason="nothing is dead"
        )
        secret = self.client("secretsmanager").create_secret(
            Name=f"{self.name}/database", SecretString='{"password": "x"}'
        )
        network = {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": [group]}}
        templates = {
            role: self._service(role, network, secret["ARN"], colours if role == "api" else None) for role in ROLES
        }
        made = platform_output(
            tuple(ROLES),
            name=self.name,
            cluster=self.name,
            templates=templates,
            target_groups={"api": colours},
            balancer_arn=balancer["LoadBalancerArn"],
            queue_urls={"work": self._queue()},
            buckets={"uploads": self._bucket()},
        )
        made["load_balancer"]["dns_name"] = balancer["DNSName"]
        return made

    def _network(self) -> tuple[list[str], str]:
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
            for number, zone in enumerate("ab")
        ]
        group = ec2.create_security_group(GroupName=self.name, Description="tests", VpcId=vpc)["GroupId"]
        return [each["Subnet"]["SubnetId"] for each in subnets], str(group)

    def _balancer(self, subnets: list[str]) -> tuple[Mapping[str, Any], dict[str, Any]]:
        """As terraform/load_balancer makes it, without TLS."""
        elb = self.client("elbv2")
        vpc = self.client("ec2").describe_subnets(SubnetIds=subnets[:1])["Subnets"][0]["VpcId"]
        (balancer,) = elb.create_load_balancer(Name=self.name, Subnets=subnets)["LoadBalancers"]
        groups = {colour: {"arn": self._target_group(colour, vpc)} for colour in ("blue", "green")}
        nothing = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/html"}}
        (listener,) = elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=HTTPS, DefaultActions=[nothing]
        )["Listeners"]
        weights = [
            {"TargetGroupArn": groups["blue"]["arn"], "Weight": 100},
            {"TargetGroupArn": groups["green"]["arn"], "Weight": 0},
        ]
        (rule,) = elb.create_rule(
            ListenerArn=listener["ListenerArn"],
            Priority=100,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": _PATHS}}],
            Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}],
        )["Rules"]
        return balancer, {**groups, "port": PORT, "listener_rule_arn": rule["RuleArn"]}

    def _target_group(self, colour: str, vpc: str) -> str:
        elb = self.client("elbv2")
        (made,) = elb.create_target_group(
            Name=f"{self.name}-{colour}",
            Protocol="HTTP",
            Port=PORT,
            VpcId=vpc,
            TargetType="ip",
            HealthCheckPath="/health/ready",
            HealthCheckIntervalSeconds=15,
            HealthCheckTimeoutSeconds=5,
            HealthyThresholdCount=2,
            UnhealthyThresholdCount=3,
        )["TargetGroups"]
        elb.modify_target_group_attributes(
            TargetGroupArn=made["TargetGroupArn"],
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}],
        )
        return str(made["TargetGroupArn"])

    def _service(self, role: str, network: Mapping[str, Any], secret: str, colours: Mapping[str, Any] | None) -> str:
        """As terraform/service makes it: with the placeholder image, waiting for its first release."""
        name = f"{self.name}-{role}"
        definition = self._definition(role, secret)
        alarm = f"{name}-rollback-errors"
        group = str(colours["blue"]["arn"]).rpartition(":")[2] if colours else "none"
        self._alarm(
            alarm,
            Namespace="AWS/ApplicationELB",
            MetricName="HTTPCode_Target_5XX_Count",
            Dimensions=[{"Name": "TargetGroup", "Value": group}],
            TreatMissingData="notBreaching",
        )
        balanced: dict[str, Any] = {}
        if colours:
            target = {"targetGroupArn": colours["blue"]["arn"], "containerName": "app", "containerPort": PORT}
            balanced = {"loadBalancers": [target], "healthCheckGracePeriodSeconds": 60}
        self.client("ecs").create_service(
            cluster=self.name,
            serviceName=name,
            taskDefinition=definition,
            desiredCount=ROLES[role],
            launchType="FARGATE",
            deploymentConfiguration={
                "minimumHealthyPercent": 100,
                "maximumPercent": 200,
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                "alarms": {"enable": True, "rollback": True, "alarmNames": [alarm]},
            },
            networkConfiguration=network,
            **balanced,
        )
        return definition

    def _definition(self, role: str, secret: str) -> str:
        name = f"{self.name}-{role}"
        self.client("logs").create_log_group(logGroupName=f"/ecs/{name}")
        log = {"awslogs-group": f"/ecs/{name}", "awslogs-region": REGION, "awslogs-stream-prefix": "task"}
        container = {
            "name": "app",
            "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{self.name}/app@{PLACEHOLDER}",
            "essential": True,
            "command": [role],
            "stopTimeout": 10,
            "environment": [{"name": "SERVICE_ROLE", "value": role}],
            "secrets": [{"name": "DATABASE_PASSWORD", "valueFrom": f"{secret}:password::"}],
            "portMappings": [{"containerPort": PORT, "hostPort": PORT, "protocol": "tcp"}] if role == "api" else [],
            "logConfiguration": {"logDriver": "awslogs", "options": log},
        }
        made = self.client("ecs").register_task_definition(
            family=name,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            taskRoleArn=self._role(f"{name}-task"),
            executionRoleArn=self._role(f"{name}-execution"),
            containerDefinitions=[container],
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def _alarm(self, name: str, **fields: Any) -> None:
        """Two of three minutes with five or more."""
        self.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=3,
            DatapointsToAlarm=2,
            Threshold=5,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            **fields,
        )

    def _role(self, name: str) -> str:
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        made = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        return str(made["Role"]["Arn"])

    def _queue(self) -> str:
        sqs = self.client("sqs")
        dead_url = sqs.create_queue(QueueName=f"{self.name}-dead")["QueueUrl"]
        dead = sqs.get_queue_attributes(QueueUrl=dead_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 5})
        made = sqs.create_queue(QueueName=f"{self.name}-work", Attributes={"RedrivePolicy": policy})
        return str(made["QueueUrl"])

    def _bucket(self) -> str:
        bucket = f"{self.name}-uploads"
        self.client("s3").create_bucket(Bucket=bucket)
        self.client("s3").put_public_access_block(
            Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(_BLOCKED, True)
        )
        return bucket
