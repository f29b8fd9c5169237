"""Services, groups, networks and distributions answer as AWS does where moto does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]


# --- ECS


@pytest.fixture(scope="module")
def cluster(client: Client) -> str:
    ecs = client("ecs")
    for image in ("one", "two"):
        ecs.register_task_definition(
            family="app",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "app", "image": image, "essential": True}],
        )
    return str(ecs.create_cluster(clusterName="tests")["cluster"]["clusterName"])


@pytest.fixture(scope="module")
def service(client: Client, cluster: str, subnets: list[str], security_group: str) -> dict[str, Any]:
    created: dict[str, Any] = client("ecs").create_service(
        cluster=cluster,
        serviceName="api",
        taskDefinition="app:1",
        desiredCount=2,
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0}],
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
        healthCheckGracePeriodSeconds=45,
        enableExecuteCommand=True,
        networkConfiguration={"awsvpcConfiguration": {"subnets": subnets, "securityGroups": [security_group]}},
    )["service"]
    return created


def test_a_service_says_what_was_asked_for(client: Client, cluster: str, service: dict[str, Any]) -> None:
    [described] = client("ecs").describe_services(cluster=cluster, services=["api"])["services"]

    assert described["capacityProviderStrategy"] == service["capacityProviderStrategy"]
    assert "launchType" not in described, "AWS says a strategy or a launch type, never both"
    assert described["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert (described["healthCheckGracePeriodSeconds"], described["enableExecuteCommand"]) == (45, True)
    assert described["runningCount"] == 0, "its image is nowhere"


def test_a_new_task_definition_is_a_new_deployment(client: Client, cluster: str, service: dict[str, Any]) -> None:
    ecs = client("ecs")
    [before] = service["deployments"]
    scaled = ecs.update_service(cluster=cluster, service="api", desiredCount=3)["service"]
    updated = ecs.update_service(cluster=cluster, service="api", taskDefinition="app:2")["service"]
    primary = updated["deployments"][0]

    assert (before["status"], before["rolloutState"]) == ("PRIMARY", "IN_PROGRESS")
    assert [each["id"] for each in scaled["deployments"]] == [before["id"]], "a count is no deployment"
    assert scaled["deployments"][0]["desiredCount"] == 3
    assert (primary["status"], primary["rolloutState"]) == ("PRIMARY", "IN_PROGRESS")
    assert primary["id"] != before["id"]
    assert updated["taskDefinition"] == primary["taskDefinition"]
    assert primary["taskDefinition"].endswith("task-definition/app:2"), "an ARN, however it was named"


def test_a_service_that_is_there_is_not_made_again(client: Client, cluster: str, service: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="not idempotent"):
        client("ecs").create_service(cluster=cluster, serviceName="api", taskDefinition="app:1", desiredCount=1)


def test_a_scalable_target_keeps_its_tags(client: Client, cluster: str, service: dict[str, Any]) -> None:
    scaling = client("application-autoscaling")
    arn = scaling.register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{cluster}/api",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=4,
        Tags={"A": "b"},
    )["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"C": "d"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["A"])

    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"C": "d"}


# --- EC2, Auto Scaling, load balancing


def test_a_rule_keeps_its_description_whatever_its_source(client: Client, security_group: str) -> None:
    ec2 = client("ec2")
    prefix_list = ec2.create_managed_prefix_list(PrefixListName="cdn", MaxEntries=1, AddressFamily="IPv4")
    sources: tuple[dict[str, Any], ...] = (
        {"IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "by address"}]},
        {"UserIdGroupPairs": [{"GroupId": security_group, "Description": "by group"}]},
        {"PrefixListIds": [{"PrefixListId": prefix_list["PrefixList"]["PrefixListId"], "Description": "by list"}]},
    )
    for number, source in enumerate(sources):
        port = {"IpProtocol": "tcp", "FromPort": number, "ToPort": number}
        ec2.authorize_security_group_ingress(GroupId=security_group, IpPermissions=[{**port, **source}])
    filters = [{"Name": "group-id", "Values": [security_group]}]
    rules = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]

    assert {rule.get("Description") for rule in rules if not rule["IsEgress"]} == {
        "by address",
        "by group",
        "by list",
    }


def test_a_rule_that_is_gone_is_not_found_by_its_id(client: Client, security_group: str) -> None:
    ec2 = client("ec2")
    gone = {"GroupId": security_group, "SecurityGroupRuleIds": ["sgr-0123456789abcdef0"]}
    for revoke in (ec2.revoke_security_group_ingress, ec2.revoke_security_group_egress):
        with pytest.raises(ClientError, match=r"InvalidSecurityGroupRuleId\.NotFound"):
            revoke(**gone)


def test_monitoring_can_be_switched(client: Client, subnets: list[str]) -> None:
    ec2 = client("ec2")
    [instance] = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, SubnetId=subnets[0])["Instances"]
    identifier = instance["InstanceId"]
    answer = ec2.monitor_instances(InstanceIds=[identifier])["InstanceMonitorings"]
    assert answer == [{"InstanceId": identifier, "Monitoring": {"State": "enabled"}}]
    ec2.unmonitor_instances(InstanceIds=[identifier])
    [reservation] = ec2.describe_instances(InstanceIds=[identifier])["Reservations"]

    assert reservation["Instances"][0]["Monitoring"]["State"] == "disabled"


def test_a_launch_template_does_not_hand_on_its_own_tags(client: Client) -> None:
    ec2 = client("ec2")
    own = [{"ResourceType": "launch-template", "Tags": [{"Key": "Own", "Value": "yes"}]}]
    launched = [{"ResourceType": "instance", "Tags": [{"Key": "Launched", "Value": "yes"}]}]
    template = ec2.create_launch_template(
        LaunchTemplateName="node", LaunchTemplateData={"TagSpecifications": launched}, TagSpecifications=own
    )["LaunchTemplate"]
    [version] = ec2.describe_launch_template_versions(LaunchTemplateId=template["LaunchTemplateId"])[
        "LaunchTemplateVersions"
    ]

    assert version["LaunchTemplateData"]["TagSpecifications"] == launched
    assert template["Tags"] == own[0]["Tags"]


def test_a_group_keeps_its_warm_up_and_can_be_refreshed(client: Client, subnets: list[str]) -> None:
    client("ec2").create_launch_template(
        LaunchTemplateName="group", LaunchTemplateData={"ImageId": "ami-12345678", "InstanceType": "t3.micro"}
    )
    scaling = client("autoscaling")
    name = {"AutoScalingGroupName": "group"}
    policy = {"MinHealthyPercentage": 0, "MaxHealthyPercentage": 100}
    scaling.create_auto_scaling_group(
        **name,
        MinSize=0,
        MaxSize=1,
        LaunchTemplate={"LaunchTemplateName": "group", "Version": "$Latest"},
        VPCZoneIdentifier=subnets[0],
        DefaultInstanceWarmup=300,
        InstanceMaintenancePolicy=policy,
    )
    refresh = scaling.start_instance_refresh(**name, Preferences={"MinHealthyPercentage": 0})["InstanceRefreshId"]
    [group] = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["group"])["AutoScalingGroups"]
    [found] = scaling.describe_instance_refreshes(**name, InstanceRefreshIds=[refresh])["InstanceRefreshes"]

    assert (group["DefaultInstanceWarmup"], group["InstanceMaintenancePolicy"]) == (300, policy)
    assert found["Status"] == "Successful"
    with pytest.raises(scaling.exceptions.ActiveInstanceRefreshNotFoundFault):
        scaling.cancel_instance_refresh(**name)


def test_a_balancer_faces_the_internet_by_default(client: Client, subnets: list[str]) -> None:
    elb = client("elbv2")
    elb.create_load_balancer(Name="public", Subnets=subnets, Type="application")
    elb.create_load_balancer(Name="private", Subnets=subnets, Type="application", Scheme="internal")
    found = elb.describe_load_balancers(Names=["public", "private"])["LoadBalancers"]

    assert {each["LoadBalancerName"]: each["Scheme"] for each in found} == {
        "public": "internet-facing",
        "private": "internal",
    }


def test_a_private_namespace_has_a_zone_of_its_name_that_goes_with_it(client: Client, subnets: list[str]) -> None:
    discovery, route53 = client("servicediscovery"), client("route53")
    vpc = client("ec2").describe_subnets(SubnetIds=subnets[:1])["Subnets"][0]["VpcId"]
    operation = discovery.create_private_dns_namespace(Name="tests.internal", Vpc=vpc, CreatorRequestId="x")
    namespace = discovery.get_operation(OperationId=operation["OperationId"])["Operation"]["Targets"]["NAMESPACE"]
    properties = discovery.get_namespace(Id=namespace)["Namespace"]["Properties"]
    zone_id = properties["DnsProperties"]["HostedZoneId"]
    zone = route53.get_hosted_zone(Id=zone_id)

    assert "/" not in zone_id
    assert zone["HostedZone"]["Name"] == "tests.internal."
    assert zone["HostedZone"]["Config"]["PrivateZone"] is True
    assert [each["VPCId"] for each in zone["VPCs"]] == [vpc]
    with pytest.raises(ClientError, match="ConflictingDomainExists"):
        discovery.create_private_dns_namespace(Name="tests.internal", Vpc=vpc, CreatorRequestId="y")
    discovery.create_private_dns_namespace(Name="other.internal", Vpc=vpc, CreatorRequestId="z")
    discovery.delete_namespace(Id=namespace)
    with pytest.raises(route53.exceptions.NoSuchHostedZone):
        route53.get_hosted_zone(Id=zone_id)


# --- CloudFront


def test_policies_of_three_kinds_can_be_kept(client: Client) -> None:
    cdn = client("cloudfront")
    config: dict[str, Any] = {
        "Name": "quiet",
        "CookiesConfig": {"CookieBehavior": "none"},
        "HeadersConfig": {"HeaderBehavior": "allViewer"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    }
    created = cdn.create_origin_request_policy(OriginRequestPolicyConfig=config)
    identifier = created["OriginRequestPolicy"]["Id"]
    updated = cdn.update_origin_request_policy(
        Id=identifier, IfMatch=created["ETag"], OriginRequestPolicyConfig={**config, "Comment": "changed"}
    )
    found = cdn.get_origin_request_policy(Id=identifier)

    assert found["OriginRequestPolicy"]["OriginRequestPolicyConfig"] == {**config, "Comment": "changed"}
    assert found["ETag"] == updated["ETag"] != created["ETag"]
    cdn.delete_origin_request_policy(Id=identifier, IfMatch=found["ETag"])
    with pytest.raises(cdn.exceptions.NoSuchOriginRequestPolicy):
        cdn.get_origin_request_policy(Id=identifier)


def test_policies_of_aws_are_there_from_the_start(client: Client) -> None:
    cdn = client("cloudfront")
    caches = cdn.list_cache_policies(Type="managed")["CachePolicyList"]["Items"]
    names = {each["CachePolicy"]["CachePolicyConfig"]["Name"]: each["CachePolicy"]["Id"] for each in caches}

    assert names["Managed-CachingDisabled"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert cdn.get_response_headers_policy(Id="67f7725c-6f97-4210-82d7-5512b31e9d03")


def test_a_function_can_be_published_and_changed(client: Client) -> None:
    cdn = client("cloudfront")
    config = {"Comment": "x", "Runtime": "cloudfront-js-2.0"}
    created = cdn.create_function(Name="rewrite", FunctionConfig=config, FunctionCode=b"one")
    published = cdn.publish_function(Name="rewrite", IfMatch=created["ETag"])
    assert published["FunctionSummary"]["FunctionMetadata"]["Stage"] == "LIVE"
    cdn.update_function(Name="rewrite", IfMatch=created["ETag"], FunctionConfig=config, FunctionCode=b"two")

    assert cdn.get_function(Name="rewrite", Stage="LIVE")["FunctionCode"].read() == b"two"


def test_a_distribution_comes_back_as_it_was_sent(client: Client) -> None:
    cdn = client("cloudfront")
    config: dict[str, Any] = {
        "CallerReference": "one",
        "Comment": "tests",
        "Enabled": True,
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "web",
                    "DomainName": "web.s3.us-east-1.amazonaws.com",
                    "OriginAccessControlId": "EOAC",
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "web",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
            "FunctionAssociations": {
                "Quantity": 1,
                "Items": [
                    {"EventType": "viewer-request", "FunctionARN": "arn:aws:cloudfront::123456789012:function/f"}
                ],
            },
        },
        "ViewerCertificate": {
            "ACMCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c",
            "SSLSupportMethod": "sni-only",
            "MinimumProtocolVersion": "TLSv1.2_2021",
        },
    }
    created = cdn.create_distribution(DistributionConfig=config)
    identifier = created["Distribution"]["Id"]
    found = cdn.get_distribution_config(Id=identifier)["DistributionConfig"]

    assert found["ViewerCertificate"] == config["ViewerCertificate"]
    assert found["Origins"]["Items"][0]["OriginAccessControlId"] == "EOAC"
    assert (
        found["DefaultCacheBehavior"]["FunctionAssociations"] == config["DefaultCacheBehavior"]["FunctionAssociations"]
    )
    assert found["DefaultCacheBehavior"]["TrustedKeyGroups"] == {"Enabled": False, "Quantity": 0}
    assert found["Logging"]["Enabled"] is False, "the provider crashes on what AWS always says"

    changed = cdn.update_distribution(
        Id=identifier, IfMatch=created["ETag"], DistributionConfig={**config, "Enabled": False}
    )
    assert changed["ETag"] != created["ETag"]
    assert cdn.get_distribution(Id=identifier)["Distribution"]["DistributionConfig"]["Enabled"] is False
    cdn.delete_distribution(Id=identifier, IfMatch=changed["ETag"])
