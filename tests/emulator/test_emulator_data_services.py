"""Databases, caches, queues and buckets answer as AWS does where moto does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]

TLS_ONLY = {"Effect": "Deny", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


# --- SQS


def test_a_queue_keeps_its_policies_whatever_else_is_set(client: Client) -> None:
    sqs = client("sqs")
    dead = sqs.create_queue(QueueName="keeps-dead")["QueueUrl"]
    url = sqs.create_queue(QueueName="keeps")["QueueUrl"]
    dead_arn, arn = (_attribute(sqs, each, "QueueArn") for each in (dead, url))
    policy = json.dumps({"Statement": [{**TLS_ONLY, "Action": "sqs:*", "Resource": arn}]})
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 5}, separators=(",", ":"))
    allow = json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [arn]})

    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": redrive})
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": allow})
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"VisibilityTimeout": "7"})

    assert _attribute(sqs, url, "Policy") == policy
    assert _attribute(sqs, url, "RedrivePolicy") == redrive
    assert _attribute(sqs, dead, "RedriveAllowPolicy") == allow
    assert sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["All"])["Attributes"]["RedriveAllowPolicy"] == allow

    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": ""})
    assert _attribute(sqs, url, "Policy") is None
    assert _attribute(sqs, dead, "RedriveAllowPolicy") is None


def test_a_new_queue_of_an_old_name_inherits_nothing(client: Client) -> None:
    sqs = client("sqs")
    allow = json.dumps({"redrivePermission": "denyAll"})
    url = sqs.create_queue(QueueName="again", Attributes={"RedriveAllowPolicy": allow})["QueueUrl"]
    assert _attribute(sqs, url, "RedriveAllowPolicy") == allow
    sqs.delete_queue(QueueUrl=url)

    assert _attribute(sqs, sqs.create_queue(QueueName="again")["QueueUrl"], "RedriveAllowPolicy") is None


def _attribute(sqs: Any, url: str, name: str) -> str | None:
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    value: str | None = answer.get("Attributes", {}).get(name)
    return value


# --- RDS


@pytest.fixture(scope="module")
def database(client: Client) -> dict[str, Any]:
    instance: dict[str, Any] = client("rds").create_db_instance(
        DBInstanceIdentifier="primary",
        Engine="postgres",
        EngineVersion="16",
        DBInstanceClass="db.t4g.medium",
        AllocatedStorage=20,
        MaxAllocatedStorage=100,
        MasterUsername="study_admin",
        ManageMasterUserPassword=True,
        BackupRetentionPeriod=30,
        DeletionProtection=True,
        MultiAZ=True,
        EnableIAMDatabaseAuthentication=True,
        EnablePerformanceInsights=True,
        PerformanceInsightsRetentionPeriod=7,
        EnableCloudwatchLogsExports=["postgresql"],
    )["DBInstance"]
    return instance


def test_a_database_has_the_authority_that_aws_would_choose(database: dict[str, Any]) -> None:
    assert database["CACertificateIdentifier"] == "rds-ca-rsa2048-g1"


def test_instances_and_replicas_have_identities_of_their_own(client: Client, database: dict[str, Any]) -> None:
    rds = client("rds")
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier="replica",
        SourceDBInstanceIdentifier="primary",
        EnableCloudwatchLogsExports=["upgrade"],
    )
    [primary] = rds.describe_db_instances(DBInstanceIdentifier="primary")["DBInstances"]
    [replica] = rds.describe_db_instances(DBInstanceIdentifier="replica")["DBInstances"]

    assert primary["DbiResourceId"] != replica["DbiResourceId"]
    assert primary["ReadReplicaDBInstanceIdentifiers"] == ["replica"]
    assert "ReadReplicaDBInstanceIdentifiers" not in replica or replica["ReadReplicaDBInstanceIdentifiers"] == []
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == "primary"
    assert replica["EnabledCloudwatchLogsExports"] == ["upgrade"]
    assert primary["EnabledCloudwatchLogsExports"] == ["postgresql"]
    assert (replica["BackupRetentionPeriod"], primary["BackupRetentionPeriod"]) == (0, 30)
    assert (replica["MultiAZ"], primary["MultiAZ"]) == (False, True)
    assert (replica["DeletionProtection"], primary["DeletionProtection"]) == (False, True)
    assert (replica["IAMDatabaseAuthenticationEnabled"], primary["IAMDatabaseAuthenticationEnabled"]) == (False, True)
    assert replica["MaxAllocatedStorage"] == primary["MaxAllocatedStorage"] == 100, "inherited"


def test_performance_insights_come_back(client: Client, database: dict[str, Any]) -> None:
    rds = client("rds")
    rds.modify_db_instance(DBInstanceIdentifier="primary", PerformanceInsightsRetentionPeriod=31)
    [primary] = rds.describe_db_instances(DBInstanceIdentifier="primary")["DBInstances"]

    assert primary["PerformanceInsightsEnabled"] is True
    assert primary["PerformanceInsightsRetentionPeriod"] == 31


def test_the_managed_password_is_for_the_user_that_was_asked_for(client: Client, database: dict[str, Any]) -> None:
    arn = database["MasterUserSecret"]["SecretArn"]
    secret = json.loads(client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])

    assert secret["username"] == "study_admin"
    assert len(secret["password"]) >= 30


def test_parameters_say_that_a_user_set_them(client: Client) -> None:
    rds = client("rds")
    rds.create_db_parameter_group(DBParameterGroupName="ssl", DBParameterGroupFamily="postgres16", Description="x")
    force_ssl = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName="ssl", Parameters=[force_ssl])
    [parameter] = rds.describe_db_parameters(DBParameterGroupName="ssl", Source="user")["Parameters"]

    assert parameter["Source"] == "user"
    assert parameter["ParameterValue"] == "1"


def test_backups_are_copied_to_another_region_until_that_ends(client: Client, database: dict[str, Any]) -> None:
    there = client("rds", region="us-west-2")
    source, key = database["DBInstanceArn"], "arn:aws:kms:us-west-2:123456789012:key/a"
    made = there.start_db_instance_automated_backups_replication(
        SourceDBInstanceArn=source, KmsKeyId=key, BackupRetentionPeriod=30
    )["DBInstanceAutomatedBackup"]
    arn = made["DBInstanceAutomatedBackupsArn"]

    def copies(**wanted: str) -> list[Any]:
        found: list[Any] = there.describe_db_instance_automated_backups(**wanted)["DBInstanceAutomatedBackups"]
        return found

    assert arn.startswith("arn:aws:rds:us-west-2:123456789012:auto-backup:ab-")
    [copy] = copies(DBInstanceAutomatedBackupsArn=arn)
    assert (copy["DBInstanceArn"], copy["KmsKeyId"], copy["BackupRetentionPeriod"]) == (source, key, 30)
    assert (copy["Status"], copy["Region"], copy["DbiResourceId"]) == (
        "replicating",
        "us-east-1",
        database["DbiResourceId"],
    )
    assert copies(DBInstanceIdentifier="other") == []
    here = client("rds").describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert arn not in {each.get("DBInstanceAutomatedBackupsArn") for each in here}

    there.stop_db_instance_automated_backups_replication(SourceDBInstanceArn=source)
    with pytest.raises(ClientError, match="DBInstanceAutomatedBackupNotFound"):
        copies(DBInstanceAutomatedBackupsArn=arn)


def test_only_an_instance_of_another_region_is_copied(client: Client, database: dict[str, Any]) -> None:
    source = database["DBInstanceArn"]
    for region, arn in (("us-east-1", source), ("us-west-2", source.replace("primary", "nobody"))):
        with pytest.raises(ClientError, match="DBInstanceNotFound"):
            client("rds", region=region).start_db_instance_automated_backups_replication(SourceDBInstanceArn=arn)


# --- ElastiCache


def test_a_replication_group_has_members_that_can_be_described(client: Client) -> None:
    cache = client("elasticache")
    group = cache.create_replication_group(
        ReplicationGroupId="members",
        ReplicationGroupDescription="x",
        Engine="valkey",
        EngineVersion="8.0",
        NumCacheClusters=3,
        TransitEncryptionEnabled=True,
        SnapshotRetentionLimit=7,
    )["ReplicationGroup"]
    assert group["MemberClusters"] == ["members-001", "members-002", "members-003"]
    [member] = cache.describe_cache_clusters(CacheClusterId="members-003")["CacheClusters"]
    assert (member["ReplicationGroupId"], member["TransitEncryptionMode"]) == ("members", "required")
    assert member["EngineVersion"].startswith("8.0.")

    cache.decrease_replica_count(ReplicationGroupId="members", NewReplicaCount=1, ApplyImmediately=True)
    cache.modify_replication_group(ReplicationGroupId="members", PreferredMaintenanceWindow="sun:05:00-sun:06:00")
    listed = [each["CacheClusterId"] for each in cache.describe_cache_clusters()["CacheClusters"]]
    assert [name for name in listed if name.startswith("members-")] == ["members-001", "members-002"]
    [member] = cache.describe_cache_clusters(CacheClusterId="members-001")["CacheClusters"]
    assert member["PreferredMaintenanceWindow"] == "sun:05:00-sun:06:00"

    cache.delete_replication_group(ReplicationGroupId="members")
    with pytest.raises(cache.exceptions.ReplicationGroupNotFoundFault):
        cache.describe_replication_groups(ReplicationGroupId="members")
    with pytest.raises(cache.exceptions.CacheClusterNotFoundFault):
        cache.describe_cache_clusters(CacheClusterId="members-001")


def test_cache_parameters_can_be_set_and_reset(client: Client) -> None:
    cache = client("elasticache")
    name = {"CacheParameterGroupName": "tuned"}
    group = cache.create_cache_parameter_group(
        **name, CacheParameterGroupFamily="valkey8", Description="x", Tags=[{"Key": "A", "Value": "b"}]
    )["CacheParameterGroup"]
    policy = {"ParameterName": "maxmemory-policy", "ParameterValue": "volatile-lru"}
    cache.modify_cache_parameter_group(**name, ParameterNameValues=[policy])
    [parameter] = cache.describe_cache_parameters(**name, Source="user")["Parameters"]
    assert parameter["ParameterValue"] == "volatile-lru"
    assert cache.list_tags_for_resource(ResourceName=group["ARN"])["TagList"] == [{"Key": "A", "Value": "b"}]

    cache.reset_cache_parameter_group(**name, ParameterNameValues=[policy])
    assert cache.describe_cache_parameters(**name)["Parameters"] == []
    cache.delete_cache_parameter_group(**name)
    with pytest.raises(cache.exceptions.CacheParameterGroupNotFoundFault):
        cache.describe_cache_parameter_groups(**name)


def test_user_groups_hold_users_that_exist(client: Client) -> None:
    cache = client("elasticache")
    for user in ("one", "two"):
        cache.create_user(
            UserId=user, UserName=user, Engine="valkey", AccessString="on ~*", AuthenticationMode={"Type": "iam"}
        )
    with pytest.raises(cache.exceptions.UserNotFoundFault):
        cache.create_user_group(UserGroupId="team", Engine="valkey", UserIds=["nobody"])
    cache.create_user_group(UserGroupId="team", Engine="valkey", UserIds=["one"])
    cache.modify_user_group(UserGroupId="team", UserIdsToAdd=["two"], UserIdsToRemove=["one"])
    cache.modify_user(UserId="two", AccessString="on ~a*")

    [group] = cache.describe_user_groups(UserGroupId="team")["UserGroups"]
    assert (group["UserIds"], group["Status"]) == (["two"], "active")
    assert cache.describe_users(UserId="two")["Users"][0]["AccessString"] == "on ~a*"
    cache.delete_user_group(UserGroupId="team")
    with pytest.raises(cache.exceptions.UserGroupNotFoundFault):
        cache.describe_user_groups(UserGroupId="team")


def test_accounts_of_two_regions_do_not_see_each_other(client: Client) -> None:
    here, there = client("elasticache"), client("elasticache", region="us-west-2")
    here.create_cache_parameter_group(
        CacheParameterGroupName="local", CacheParameterGroupFamily="valkey8", Description="x"
    )

    assert [
        each["CacheParameterGroupName"] for each in there.describe_cache_parameter_groups()["CacheParameterGroups"]
    ] == []


# --- S3


def test_a_policy_that_denies_what_is_not_tls_denies_nothing_else(client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="tls-only")
    resource = ["arn:aws:s3:::tls-only", "arn:aws:s3:::tls-only/*"]
    delivery = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::tls-only/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }
    statements = [{**TLS_ONLY, "Action": "s3:*", "Resource": resource}, delivery]
    s3.put_bucket_policy(Bucket="tls-only", Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))

    s3.put_object(Bucket="tls-only", Key="a", Body=b"b")
    assert s3.get_object(Bucket="tls-only", Key="a")["Body"].read() == b"b"


def test_a_plain_denial_still_denies(client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="frozen")
    denial = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::frozen/*"}
    s3.put_bucket_policy(Bucket="frozen", Policy=json.dumps({"Version": "2012-10-17", "Statement": [denial]}))

    with pytest.raises(ClientError, match=r"AccessDenied|Forbidden"):
        s3.put_object(Bucket="frozen", Key="a", Body=b"b")


@pytest.mark.parametrize(("pattern", "is_accepted"), [("access/*", True), ("*", True), ("other/*", False)])
def test_access_logs_need_a_statement_for_their_prefix(client: Client, pattern: str, is_accepted: bool) -> None:
    s3 = client("s3")
    source, target = f"logged-{len(pattern)}", f"logs-{len(pattern)}"
    for bucket in (source, target):
        s3.create_bucket(Bucket=bucket)
    delivery = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{target}/{pattern}",
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }
    everybody = {**TLS_ONLY, "Action": "s3:*", "Resource": f"arn:aws:s3:::{target}/*"}
    s3.put_bucket_policy(
        Bucket=target, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everybody, delivery]})
    )
    logging = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": f"access/{source}/"}}

    if is_accepted:
        s3.put_bucket_logging(Bucket=source, BucketLoggingStatus=logging)
        assert s3.get_bucket_logging(Bucket=source)["LoggingEnabled"]["TargetBucket"] == target
    else:
        with pytest.raises(ClientError, match="InvalidTargetBucketForLogging"):
            s3.put_bucket_logging(Bucket=source, BucketLoggingStatus=logging)


def test_replication_and_notification_come_back_as_they_were_sent(client: Client) -> None:
    s3 = client("s3")
    for bucket in ("copied", "copies"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "all",
        "Priority": 3,
        "Status": "Enabled",
        "Filter": {"Prefix": "a/"},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        "Destination": {
            "Bucket": "arn:aws:s3:::copies",
            "StorageClass": "STANDARD_IA",
            "EncryptionConfiguration": {"ReplicaKmsKeyID": "arn:aws:kms:us-east-1:123456789012:key/x"},
        },
    }
    role = "arn:aws:iam::123456789012:role/replication"
    s3.put_bucket_replication(Bucket="copied", ReplicationConfiguration={"Role": role, "Rules": [rule]})
    s3.put_bucket_notification_configuration(
        Bucket="copied", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )

    assert s3.get_bucket_replication(Bucket="copied")["ReplicationConfiguration"] == {"Role": role, "Rules": [rule]}
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket="copied")


# --- CloudWatch Logs


def test_a_new_log_group_of_an_old_name_has_no_tags(client: Client) -> None:
    logs = client("logs")
    logs.create_log_group(logGroupName="/reused", tags={"Old": "yes"})
    logs.delete_log_group(logGroupName="/reused")
    logs.create_log_group(logGroupName="/reused")
    [group] = logs.describe_log_groups(logGroupNamePrefix="/reused")["logGroups"]

    assert logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"] == {}


def test_a_bucket_that_was_used_can_be_emptied(client: Client) -> None:
    """As terraform does: every version and every delete marker by its id."""
    s3 = client("s3")
    s3.create_bucket(Bucket="was-used")
    s3.put_bucket_versioning(Bucket="was-used", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="was-used", Key="a", Body=b"a")
    s3.delete_object(Bucket="was-used", Key="a")
    listed = s3.list_object_versions(Bucket="was-used")
    found = [
        {"Key": each["Key"], "VersionId": each["VersionId"]} for each in (*listed["Versions"], *listed["DeleteMarkers"])
    ]

    s3.delete_objects(Bucket="was-used", Delete={"Objects": found})

    left = s3.list_object_versions(Bucket="was-used")
    assert (left.get("Versions", []), left.get("DeleteMarkers", [])) == ([], [])
    s3.delete_bucket(Bucket="was-used")


def test_a_bucket_is_emptied_page_by_page(client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="many-pages")
    s3.put_bucket_versioning(Bucket="many-pages", VersioningConfiguration={"Status": "Enabled"})
    for number in range(6):
        s3.put_object(Bucket="many-pages", Key=f"key-{number // 2}", Body=b"%d" % number)
    pages = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket="many-pages", MaxKeys=2):
        doomed = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in page["Versions"]]
        s3.delete_objects(Bucket="many-pages", Delete={"Objects": doomed})
        pages += 1
    assert pages == 3
    s3.delete_bucket(Bucket="many-pages")
