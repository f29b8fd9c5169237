"""RDS: instances that are told apart, and fields that moto drops.

- Every instance has the same `DbiResourceId`, by which the provider looks instances up: a hang with two of them.
- Every instance has a certificate authority that AWS never had, which a second plan then shows to be judged.
- A read replica is a copy of its source: it gets an identity, and the fields that are its own.
- `PerformanceInsights*` is accepted and never returned; log exports, IAM sign-in, backups and protection of a replica
  come from its source: perpetual diffs. So does its second zone, which AWS gives a replica only when asked: `cost` of
  what was deployed counted each replica twice.
- `DescribeDBParameters` says no `Source`, without which the provider does not see its own parameters.
- The managed master user secret always says `admin`: a release would sign in as nobody.
- An Aurora cluster without scaling says a default scaling configuration: a perpetual diff.
- Absent: `Start|StopDBInstanceAutomatedBackupsReplication`. Copies are named in the other region; nothing is in them.
"""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.models import DBCluster, DBInstance, MasterUserSecret, RDSBackend, rds_backends
from moto.rds.responses import RDSResponse

from studyctl.adapters.emulator.extensions.errors import AwsError
from studyctl.adapters.emulator.extensions.registry import Extension, Shelf

EXTENSION = Extension("rds")

_copies: Shelf[dict[str, Any]] = Shelf("rds_copied_backups")
"""Automated backups of instances of other regions, by the ARN of the copies."""

DEFAULT_AUTHORITY = "rds-ca-rsa2048-g1"
"""Of every account since January 2024: Amazon RDS User Guide, 'Using SSL/TLS to encrypt a connection'."""
_RESOURCE_ID_CHARACTERS = string.ascii_uppercase + string.digits

# request parameter -> attribute of the instance under which moto's serialiser finds the answer
_KEPT = {
    "EnablePerformanceInsights": "performance_insights_enabled",
    "PerformanceInsightsKMSKeyId": "performance_insights_kms_key_id",
    "PerformanceInsightsRetentionPeriod": "performance_insights_retention_period",
    "DatabaseInsightsMode": "database_insights_mode",
}

# what a replica takes from its request or has as a default, never from its source
_REPLICA_DEFAULTS: dict[str, Any] = {
    "enabled_cloudwatch_logs_exports": [],
    "backup_retention_period": 0,
    "deletion_protection": False,
    "multi_az": False,
}


def new_resource_id() -> str:
    """An id as RDS makes them."""
    return "db-" + "".join(secrets.choice(_RESOURCE_ID_CHARACTERS) for _ in range(26))


@EXTENSION.mend(DBInstance, "__init__")
def identify_instance(original: Callable[..., None], instance: DBInstance, *arguments: Any, **fields: Any) -> None:
    """Give every instance an identity of its own, and the authority that AWS would choose."""
    original(instance, *arguments, **{"ca_certificate_identifier": DEFAULT_AUTHORITY, **fields})
    instance.dbi_resource_id = new_resource_id()


@EXTENSION.mend(RDSBackend, "create_db_instance_read_replica")
def identify_replica(original: Callable[..., DBInstance], backend: RDSBackend, request: Any) -> DBInstance:
    """Make the copy of the source an instance of its own."""
    replica = original(backend, request)
    replica.dbi_resource_id = new_resource_id()
    replica.replicas = []
    for attribute, default in _REPLICA_DEFAULTS.items():
        if attribute not in request:
            setattr(replica, attribute, default)
    if "EnableCloudwatchLogsExports" in request:
        replica.enabled_cloudwatch_logs_exports = list(request["EnableCloudwatchLogsExports"])
    replica.enable_iam_database_authentication = bool(request.get("EnableIAMDatabaseAuthentication", False))
    return replica


def _keep_insights(original: Callable[[RDSResponse], ActionResult], response: RDSResponse) -> ActionResult:
    result = original(response)
    instance = response.backend.describe_db_instances(response.params["DBInstanceIdentifier"])[0]
    for parameter, attribute in _KEPT.items():
        if parameter in response.params:
            setattr(instance, attribute, response.params[parameter])
    return result


for _operation in ("create_db_instance", "modify_db_instance", "create_db_instance_read_replica"):
    EXTENSION.mend(RDSResponse, _operation)(_keep_insights)


@EXTENSION.mend(RDSResponse, "describe_db_parameters")
def describe_db_parameters(original: Callable[[RDSResponse], ActionResult], response: RDSResponse) -> ActionResult:
    """Say whose parameters these are: moto keeps only what a user set."""
    parameters: Any = original(response).result
    return ActionResult({"Parameters": [{**parameter, "Source": "user"} for parameter in parameters["Parameters"]]})


@EXTENSION.mend(MasterUserSecret, "_generate_secret_string")
def master_user_secret(_: Callable[..., str], secret: MasterUserSecret) -> str:
    """The user that was asked for, with a password that cannot be guessed."""
    return json.dumps({"username": secret.resource.master_username, "password": secrets.token_urlsafe(24)})


@EXTENSION.mend_property(DBCluster, "scaling_configuration_info")
def scaling_configuration_info(original: Callable[[Any], Any], cluster: Any) -> Any:
    """None when none was asked for."""
    return original(cluster) if cluster.scaling_configuration else None


@EXTENSION.operation(RDSResponse)
def start_db_instance_automated_backups_replication(response: RDSResponse) -> ActionResult:
    """Copy the backups of an instance of another region into this one."""
    params = response.params
    source = str(params["SourceDBInstanceArn"])
    _, partition, _, region, account, _, name = source.split(":")
    instance = rds_backends[account][region].databases.get(name)
    if instance is None or region == response.region:
        raise AwsError("DBInstanceNotFound", f"{source} is no instance of another region")
    if not instance.backup_retention_period:
        raise AwsError("InvalidDBInstanceState", f"{name} keeps no automated backups")
    if instance.storage_encrypted and not params.get("KmsKeyId"):
        raise AwsError("InvalidParameterValue", "KmsKeyId is needed: the backups are encrypted")
    identifier = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(26))
    arn = f"arn:{partition}:rds:{response.region}:{account}:auto-backup:ab-{identifier}"
    copies = {
        "DBInstanceArn": source,
        "DbiResourceId": instance.dbi_resource_id,
        "Region": region,
        "DBInstanceIdentifier": name,
        "Status": "replicating",
        "Engine": instance.engine,
        "Encrypted": bool(params.get("KmsKeyId")),
        "KmsKeyId": params.get("KmsKeyId"),
        "BackupRetentionPeriod": int(params.get("BackupRetentionPeriod", 7)),
        "DBInstanceAutomatedBackupsArn": arn,
    }
    _copies.of(response.backend)[arn] = copies
    return ActionResult({"DBInstanceAutomatedBackup": copies})


@EXTENSION.operation(RDSResponse)
def stop_db_instance_automated_backups_replication(response: RDSResponse) -> ActionResult:
    """End it; nothing was copied, so nothing stays."""
    shelf, source = _copies.of(response.backend), response.params["SourceDBInstanceArn"]
    arn = next((arn for arn, copies in shelf.items() if copies["DBInstanceArn"] == source), None)
    if arn is None:
        raise AwsError("DBInstanceAutomatedBackupNotFound", f"no backups of {source} are copied here")
    return ActionResult({"DBInstanceAutomatedBackup": shelf.pop(arn)})


@EXTENSION.mend(RDSResponse, "describe_db_instance_automated_backups")
def describe_db_instance_automated_backups(
    original: Callable[[RDSResponse], ActionResult], response: RDSResponse
) -> ActionResult:
    """Beside the region's own, those that are copied into it; by the ARN of the copies or by the instance's name."""
    arn, name = response.params.get("DBInstanceAutomatedBackupsArn"), response.params.get("DBInstanceIdentifier")
    copies = [
        each
        for each in _copies.of(response.backend).values()
        if arn in (None, each["DBInstanceAutomatedBackupsArn"]) and name in (None, each["DBInstanceIdentifier"])
    ]
    if arn is not None and not copies:
        raise AwsError("DBInstanceAutomatedBackupNotFound", f"{arn} does not exist")
    own: Any = [] if arn is not None else original(response).result
    return ActionResult({"DBInstanceAutomatedBackups": [*(own and own["DBInstanceAutomatedBackups"]), *copies]})
