"""The table of capabilities: what each phrase of a contract means as actions, resources and conditions.

KMS rides along: who reads something that is encrypted needs its key as well, through the service and not otherwise.

Sources: Service Authorization Reference; Amazon SQS Developer Guide, "Key management"; Amazon S3 User Guide,
"Using server-side encryption with AWS KMS keys" and "Setting up permissions for live replication"; AWS Secrets Manager
User Guide, "Secret encryption and decryption"; AWS Systems Manager User Guide, "AWS KMS encryption for AWS Systems
Manager Parameter Store SecureString parameters"; Amazon EBS User Guide, "Permissions to use encrypted volumes"; Amazon
ECS Developer Guide, "ECS Exec" and "Task execution IAM role"; Amazon Data Firehose Developer Guide, "Grant Firehose
access to an Amazon S3 destination"; AWS Managed Policy Reference, "AWSBackupServiceRolePolicyForBackup" (snapshots of
RDS); Amazon Managed Service for Prometheus User Guide, "IAM permissions and policies"; Amazon Managed Grafana User
Guide, "Amazon Managed Grafana permissions and policies for AWS data sources".
"""

from __future__ import annotations

from collections.abc import Mapping

from studyctl.domain.policy.capabilities.model import Grant, Phrase

_ANY = ("*",)
_CHANNELS = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
_READS_OF_TRACES = (
    "xray:BatchGetTraces",
    "xray:GetGroups",
    "xray:GetServiceGraph",
    "xray:GetTimeSeriesServiceStatistics",
    "xray:GetTraceGraph",
    "xray:GetTraceSummaries",
)
Conditions = tuple[tuple[str, str, tuple[str, ...]], ...]


def _through(service: str, region: str = "{region}") -> Conditions:
    return (("StringEquals", "kms:ViaService", (f"{service}.{region}.amazonaws.com",)),)


def _key(*actions: str, through: str, region: str = "{region}", more: Conditions = ()) -> Grant:
    return Grant(tuple(f"kms:{action}" for action in actions), ("{key}",), (*_through(through, region), *more))


def _of_bucket(bucket: str) -> Conditions:
    """The context of an object's key: its ARN, or that of the bucket where bucket keys are on."""
    return (("StringLike", "kms:EncryptionContext:aws:s3:arn", (bucket, f"{bucket}/*")),)


_INSTANCES = "arn:{partition}:ec2:{region}:{account}:instance/*"
_SNAPSHOTS = "arn:{partition}:rds:*:{account}:snapshot"
_BACKUPS = f"{_SNAPSHOTS}:awsbackup:*"
_GRANTS_TO_RDS = (
    Grant(("kms:CreateGrant",), ("{key}",), (("Bool", "kms:GrantIsForAWSResource", ("true",)),)),
    Grant(("kms:DescribeKey",), ("{key}",)),
)
"""RDS asks for the grants with which it reads and writes what is encrypted."""
_PHRASES = (
    Phrase(
        "consumes",
        (
            Grant(("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")),
            _key("Decrypt", through="sqs"),
        ),
        "queue",
    ),
    Phrase(
        "publishes to",
        (
            Grant(("sqs:GetQueueAttributes", "sqs:SendMessage")),
            _key("Decrypt", "GenerateDataKey", through="sqs"),
        ),
        "queue",
    ),
    Phrase(
        "reads objects in",
        (Grant(("s3:GetObject",), ("{it}/{below}*",)), _key("Decrypt", through="s3")),
        "bucket",
        {"below": ""},
        frozenset({"below"}),
    ),
    Phrase("lists", (Grant(("s3:ListBucket",)),), "bucket"),
    Phrase(
        "writes objects in",
        (
            Grant(("s3:AbortMultipartUpload", "s3:PutObject"), ("{it}/{below}*",)),
            _key("Decrypt", "GenerateDataKey", through="s3"),
        ),
        "bucket",
        {"below": ""},
        frozenset({"below"}),
    ),
    Phrase(
        "deletes objects in",
        (Grant(("s3:DeleteObject",), ("{it}/{below}*",)),),
        "bucket",
        {"below": ""},
        frozenset({"below"}),
    ),
    Phrase("connects to", (Grant(("elasticache:Connect",), ("{it}", "{as}")),), "cache", {"as": "cache user"}),
    Phrase("reads parameter", (Grant(("ssm:GetParameter",)), _key("Decrypt", through="ssm")), "parameter"),
    Phrase("writes parameter", (Grant(("ssm:PutParameter",)), _key("Encrypt", through="ssm")), "parameter"),
    Phrase(
        "reads secret",
        (Grant(("secretsmanager:GetSecretValue",)), _key("Decrypt", through="secretsmanager")),
        "secret",
    ),
    Phrase("logs in to the registry", (Grant(("ecr:GetAuthorizationToken",), _ANY),)),
    Phrase(
        "pulls images from",
        (Grant(("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")),),
        "repository",
    ),
    Phrase("writes logs to", (Grant(("logs:CreateLogStream", "logs:PutLogEvents"), ("{it}:*",)),), "log group"),
    Phrase("opens sessions", (Grant(_CHANNELS, _ANY),)),
    Phrase(
        "records sessions in",
        (
            Grant(("logs:DescribeLogGroups",), _ANY),
            Grant(("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"), ("{it}:*",)),
        ),
        "log group",
    ),
    Phrase("decrypts with", (Grant(("kms:Decrypt",)),), "key"),
    Phrase(
        "writes flow logs to",
        (
            Grant(("logs:CreateLogStream", "logs:PutLogEvents"), ("{it}:*",)),
            Grant(("logs:DescribeLogStreams",), ("{it}", "{it}:*")),
            Grant(("logs:DescribeLogGroups",), ("arn:{partition}:logs:{region}:{account}:log-group:*",)),
        ),
        "log group",
    ),
    Phrase(
        "takes the volume",
        (
            Grant(("ec2:AttachVolume",)),
            Grant(
                ("ec2:AttachVolume",),
                (_INSTANCES,),
                (("StringEquals", "aws:ResourceTag/Name", ("{named}",)),),
            ),
            Grant(("ec2:DescribeVolumes",), _ANY),
            _key("CreateGrant", through="ec2", more=(("Bool", "kms:GrantIsForAWSResource", ("true",)),)),
            _key(
                "Decrypt",
                "DescribeKey",
                "GenerateDataKeyWithoutPlaintext",
                "ReEncryptFrom",
                "ReEncryptTo",
                through="ec2",
            ),
        ),
        "volume",
        {"named": ""},
    ),
    Phrase(
        "takes the address",
        (
            Grant(("ec2:AttachNetworkInterface",)),
            Grant(
                ("ec2:AttachNetworkInterface",),
                (_INSTANCES,),
                (("StringEquals", "aws:ResourceTag/Name", ("{named}",)),),
            ),
            Grant(("ec2:DescribeNetworkInterfaces",), _ANY),
        ),
        "network interface",
        {"named": ""},
    ),
    Phrase(
        "reports metrics",
        (Grant(("cloudwatch:PutMetricData",), _ANY, (("StringEquals", "cloudwatch:namespace", ("{in}",)),)),),
        "",
        {"in": ""},
    ),
    Phrase("writes metrics to", (Grant(("aps:RemoteWrite",)),), "workspace"),
    Phrase("sends traces", (Grant(("xray:PutTraceSegments",), _ANY),)),
    Phrase(
        "queries",
        (Grant(("aps:GetLabels", "aps:GetMetricMetadata", "aps:GetSeries", "aps:QueryMetrics")),),
        "workspace",
    ),
    Phrase(
        "reads metrics",
        (Grant(("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"), _ANY),),
    ),
    Phrase("reads traces", (Grant(_READS_OF_TRACES, _ANY),)),
    Phrase(
        "asks to be replaced",
        (
            Grant(
                ("autoscaling:SetInstanceHealth",),
                ("arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{named}",),
            ),
        ),
        "",
        {"named": ""},
    ),
    Phrase(
        "reports to Systems Manager",
        (
            Grant(
                ("ssm:UpdateInstanceInformation",),
                (_INSTANCES,),
                (("ArnLike", "ec2:SourceInstanceARN", (_INSTANCES,)),),
            ),
        ),
    ),
    Phrase(
        "snapshots the volume",
        (
            Grant(("ec2:CreateSnapshot",), ("{it}", "arn:{partition}:ec2:{region}::snapshot/*")),
            Grant(
                ("ec2:CreateTags",),
                ("arn:{partition}:ec2:{region}::snapshot/*",),
                (("StringEquals", "ec2:CreateAction", ("CreateSnapshot",)),),
            ),
            Grant(
                ("ec2:DeleteSnapshot",),
                ("arn:{partition}:ec2:{region}::snapshot/*",),
                (("ArnEquals", "ec2:ParentVolume", ("{it}",)),),
            ),
            Grant(("ec2:DescribeInstances", "ec2:DescribeSnapshots", "ec2:DescribeVolumes"), _ANY),
        ),
        "volume",
    ),
    Phrase(
        "snapshots the instance",
        (
            Grant(("rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:ListTagsForResource")),
            Grant(("rds:DescribeDBSnapshots", "rds:ListTagsForResource"), (f"{_SNAPSHOTS}:*",)),
            Grant(("rds:CreateDBSnapshot",), ("{it}", _BACKUPS)),
            Grant(("rds:AddTagsToResource", "rds:CopyDBSnapshot", "rds:DeleteDBSnapshot"), (_BACKUPS,)),
            *_GRANTS_TO_RDS,
        ),
        "database instance",
    ),
    Phrase("fills the vault", (Grant(("backup:CopyIntoBackupVault", "backup:DescribeBackupVault")),), "vault"),
    Phrase(
        "copies snapshots to the vault",
        (
            Grant(("backup:CopyIntoBackupVault", "backup:DescribeBackupVault")),
            Grant(("backup:CopyFromBackupVault",), (_BACKUPS,)),
            *_GRANTS_TO_RDS,
        ),
        "vault",
    ),
    Phrase(
        "replicates from",
        (
            Grant(("s3:GetReplicationConfiguration", "s3:ListBucket")),
            Grant(
                ("s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"),
                ("{it}/*",),
            ),
            _key("Decrypt", through="s3", more=_of_bucket("{it}")),
        ),
        "bucket",
    ),
    Phrase(
        "replicates to",
        (
            Grant(("s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"), ("{it}/*",)),
            _key("Encrypt", "GenerateDataKey", through="s3", region="{backup_region}", more=_of_bucket("{it}")),
        ),
        "bucket",
    ),
    Phrase(
        "delivers to",
        (
            Grant(("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")),
            Grant(
                ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"), ("{it}/{below}*", "{it}/{errors below}*")
            ),
            _key("Decrypt", "GenerateDataKey", through="s3", more=_of_bucket("{it}")),
        ),
        "bucket",
        {"below": "", "errors below": ""},
    ),
    Phrase("writes its errors to", (Grant(("logs:PutLogEvents",)),), "log stream"),
    Phrase("sends records to", (Grant(("firehose:PutRecord", "firehose:PutRecordBatch")),), "stream"),
    Phrase("holds what AWS says in", (), is_managed=True),
)
PHRASES: Mapping[str, Phrase] = {phrase.words: phrase for phrase in _PHRASES}
BASES = frozenset(
    {phrase.base for phrase in _PHRASES if phrase.base}
    | {base for phrase in _PHRASES for base in phrase.beside.values() if base}
)
"""Every kind of resource that a phrase is about."""
