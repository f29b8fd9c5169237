"""ElastiCache: parameter groups and user groups, and replication groups that have members.

- Absent: `Create|Modify|Reset|Delete|DescribeCacheParameterGroup(s)`, `DescribeCacheParameters`,
  `DeleteCacheSubnetGroup`, `ModifyCacheSubnetGroup`, `Create|Modify|Delete|DescribeUserGroup(s)`, `ModifyUser`,
  `IncreaseReplicaCount`, `DecreaseReplicaCount`.
- The member clusters of a replication group are named and cannot be described: the provider reads engine version,
  maintenance window, subnet and security groups from them.
- A replication group has one member whatever `NumCacheClusters` says, and stays "deleting" for ever.
- `ModifyReplicationGroup` forgets most of what it is given.
- A user is returned as "deleting" for ever unless described by its id; tags of parameter and user groups are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache.exceptions import CacheClusterNotFound, CacheSubnetGroupNotFound, UserNotFound
from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse

from studyctl.adapters.emulator.extensions.errors import AwsError
from studyctl.adapters.emulator.extensions.registry import Extension, Shelf

EXTENSION = Extension("elasticache")

_parameter_groups: Shelf[dict[str, Any]] = Shelf("elasticache_parameter_groups")
_parameters: Shelf[dict[str, str]] = Shelf("elasticache_parameters")
_user_groups: Shelf[dict[str, Any]] = Shelf("elasticache_user_groups")

_TAGGABLE = "cluster|snapshot|subnetgroup|replicationgroup|user|usergroup|parametergroup"

# parameter of ModifyReplicationGroup -> attribute of the group
_MODIFIABLE = {
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "CacheParameterGroupName": "cache_parameter_group_name",
    "EngineVersion": "engine_version",
    "NotificationTopicArn": "notification_topic_arn",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "SecurityGroupIds": "security_group_ids",
    "SnapshotWindow": "snapshot_window",
    "TransitEncryptionMode": "transit_encryption_mode",
}


# --- tags


@EXTENSION.mend(ElastiCacheBackend, "__init__")
def accept_more_arns(
    original: Callable[..., None], backend: ElastiCacheBackend, *arguments: Any, **fields: Any
) -> None:
    """Tags of parameter groups and user groups are tags as well."""
    original(backend, *arguments, **fields)
    backend.arn_regex = re.compile(rf"^arn:aws[^:]*:elasticache:[^:]*:\d{{12}}:({_TAGGABLE}):.*$")


def _arn(response: ElastiCacheResponse, kind: str, name: str) -> str:
    return f"arn:{response.partition}:elasticache:{response.region}:{response.current_account}:{kind}:{name}"


def _tag(response: ElastiCacheResponse, arn: str) -> None:
    tags = response._get_param("Tags", [])
    if tags:
        response.elasticache_backend.add_tags_to_resource(arn, tags)


# --- parameter groups


def _parameter_group(response: ElastiCacheResponse) -> str:
    name: str = response._get_param("CacheParameterGroupName")
    if name not in _parameter_groups.of(response.elasticache_backend):
        raise AwsError("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found.")
    return name


@EXTENSION.operation(ElastiCacheResponse)
def create_cache_parameter_group(response: ElastiCacheResponse) -> ActionResult:
    """Keep a group without parameters."""
    name = response._get_param("CacheParameterGroupName")
    groups = _parameter_groups.of(response.elasticache_backend)
    if name in groups:
        raise AwsError("CacheParameterGroupAlreadyExists", f"Parameter group {name} already exists.")
    groups[name] = {
        "CacheParameterGroupName": name,
        "CacheParameterGroupFamily": response._get_param("CacheParameterGroupFamily"),
        "Description": response._get_param("Description", ""),
        "IsGlobal": False,
        "ARN": _arn(response, "parametergroup", name),
    }
    _parameters.of(response.elasticache_backend)[name] = {}
    _tag(response, groups[name]["ARN"])
    return ActionResult({"CacheParameterGroup": groups[name]})


@EXTENSION.operation(ElastiCacheResponse)
def describe_cache_parameter_groups(response: ElastiCacheResponse) -> ActionResult:
    """One group by name, or all."""
    groups = _parameter_groups.of(response.elasticache_backend)
    if response._get_param("CacheParameterGroupName"):
        return ActionResult({"CacheParameterGroups": [groups[_parameter_group(response)]]})
    return ActionResult({"CacheParameterGroups": list(groups.values())})


@EXTENSION.operation(ElastiCacheResponse)
def describe_cache_parameters(response: ElastiCacheResponse) -> ActionResult:
    """What a user set; the defaults of the family are not known here."""
    parameters = _parameters.of(response.elasticache_backend)[_parameter_group(response)]
    return ActionResult(
        {
            "Parameters": [
                {"ParameterName": name, "ParameterValue": value, "Source": "user", "IsModifiable": True}
                for name, value in parameters.items()
            ]
        }
    )


@EXTENSION.operation(ElastiCacheResponse)
def modify_cache_parameter_group(response: ElastiCacheResponse) -> ActionResult:
    """Set parameters."""
    name = _parameter_group(response)
    for parameter in response._get_param("ParameterNameValues", []):
        _parameters.of(response.elasticache_backend)[name][parameter["ParameterName"]] = parameter["ParameterValue"]
    return ActionResult({"CacheParameterGroupName": name})


@EXTENSION.operation(ElastiCacheResponse)
def reset_cache_parameter_group(response: ElastiCacheResponse) -> ActionResult:
    """Forget some parameters, or all of them."""
    name = _parameter_group(response)
    parameters = _parameters.of(response.elasticache_backend)[name]
    if response._get_bool_param("ResetAllParameters"):
        parameters.clear()
    for parameter in response._get_param("ParameterNameValues", []):
        parameters.pop(parameter["ParameterName"], None)
    return ActionResult({"CacheParameterGroupName": name})


@EXTENSION.operation(ElastiCacheResponse)
def delete_cache_parameter_group(response: ElastiCacheResponse) -> ActionResult:
    """Forget the group and its parameters."""
    name = _parameter_group(response)
    del _parameter_groups.of(response.elasticache_backend)[name]
    del _parameters.of(response.elasticache_backend)[name]
    return EmptyResult()


# --- subnet groups


@EXTENSION.operation(ElastiCacheResponse)
def delete_cache_subnet_group(response: ElastiCacheResponse) -> ActionResult:
    """Forget the group."""
    name = response._get_param("CacheSubnetGroupName")
    if response.elasticache_backend.cache_subnet_groups.pop(name, None) is None:
        raise CacheSubnetGroupNotFound(name)
    return EmptyResult()


@EXTENSION.operation(ElastiCacheResponse)
def modify_cache_subnet_group(response: ElastiCacheResponse) -> ActionResult:
    """Change description or subnets."""
    backend = response.elasticache_backend
    name = response._get_param("CacheSubnetGroupName")
    old = backend.describe_cache_subnet_groups(name)[0]
    del backend.cache_subnet_groups[name]
    new = backend.create_cache_subnet_group(
        name,
        response._get_param("CacheSubnetGroupDescription") or old.cache_subnet_group_description,
        response._get_param("SubnetIds") or old.subnet_ids,
        old.tags,
    )
    return ActionResult({"CacheSubnetGroup": new})


# --- users and user groups


@EXTENSION.operation(ElastiCacheResponse)
def modify_user(response: ElastiCacheResponse) -> ActionResult:
    """Change access, passwords or the way to sign in."""
    identifier = response._get_param("UserId")
    user = response.elasticache_backend.users.get(identifier)
    if user is None:
        raise UserNotFound(identifier)
    user.access_string = response._get_param("AccessString") or user.access_string
    user.passwords = response._get_param("Passwords") or user.passwords
    mode = response._get_param("AuthenticationMode")
    if mode:
        user.authentication_type = mode["Type"]
        user.no_password_required = mode["Type"] == "no-password-required"
        user.passwords = mode.get("Passwords", [])
    return ActionResult(user)


def _user_group(response: ElastiCacheResponse) -> dict[str, Any]:
    identifier = response._get_param("UserGroupId")
    group = _user_groups.of(response.elasticache_backend).get(identifier)
    if group is None:
        raise AwsError("UserGroupNotFound", f"User group {identifier} not found.")
    return group


@EXTENSION.operation(ElastiCacheResponse)
def create_user_group(response: ElastiCacheResponse) -> ActionResult:
    """Keep a group of users that exist."""
    identifier = response._get_param("UserGroupId")
    groups = _user_groups.of(response.elasticache_backend)
    if identifier in groups:
        raise AwsError("UserGroupAlreadyExists", f"User group {identifier} already exists.")
    members = response._get_param("UserIds", [])
    for member in members:
        if member not in response.elasticache_backend.users:
            raise UserNotFound(member)
    groups[identifier] = {
        "UserGroupId": identifier,
        "Engine": response._get_param("Engine"),
        "UserIds": members,
        "Status": "active",
        "MinimumEngineVersion": "6.0",
        "ReplicationGroups": [],
        "ARN": _arn(response, "usergroup", identifier),
    }
    _tag(response, groups[identifier]["ARN"])
    return ActionResult(groups[identifier])


@EXTENSION.operation(ElastiCacheResponse)
def describe_user_groups(response: ElastiCacheResponse) -> ActionResult:
    """One group by id, or all."""
    if response._get_param("UserGroupId"):
        return ActionResult({"UserGroups": [_user_group(response)]})
    return ActionResult({"UserGroups": list(_user_groups.of(response.elasticache_backend).values())})


@EXTENSION.operation(ElastiCacheResponse)
def modify_user_group(response: ElastiCacheResponse) -> ActionResult:
    """Add and remove members."""
    group = _user_group(response)
    removed = response._get_param("UserIdsToRemove", [])
    added = response._get_param("UserIdsToAdd", [])
    group["UserIds"] = [user for user in group["UserIds"] if user not in removed] + added
    return ActionResult(group)


@EXTENSION.operation(ElastiCacheResponse)
def delete_user_group(response: ElastiCacheResponse) -> ActionResult:
    """Forget the group at once."""
    group = _user_group(response)
    del _user_groups.of(response.elasticache_backend)[group["UserGroupId"]]
    return ActionResult({**group, "Status": "deleting"})


# --- replication groups and their members


def _set_members(group: ReplicationGroup, count: int) -> None:
    """Make `count` nodes in the one shard, as `NumCacheClusters` or `NewReplicaCount` ask for."""
    nodes = group.node_groups[0]["node_group_members"]
    del nodes[count:]
    domain = nodes[0]["read_endpoint"]["address"].split(".", 1)[1]
    for number in range(len(nodes) + 1, count + 1):
        name = f"{group.replication_group_id}-{number:03d}"
        nodes.append(
            {
                **nodes[0],
                "cache_cluster_id": name,
                "current_role": "replica",
                "read_endpoint": {"address": f"{name}.{domain}", "port": group.port},
            }
        )
    group.member_clusters = [node["cache_cluster_id"] for node in nodes]


@EXTENSION.mend(ElastiCacheBackend, "create_replication_group")
def create_replication_group(
    original: Callable[..., ReplicationGroup], backend: ElastiCacheBackend, **fields: Any
) -> ReplicationGroup:
    """Make as many members as were asked for, and say the mode of encryption that AWS takes by default."""
    group = original(backend, **fields)
    if group.transit_encryption_enabled:
        group.transit_encryption_mode = group.transit_encryption_mode or "required"
    if not group.cluster_enabled:
        _set_members(group, fields.get("num_cache_clusters") or len(group.member_clusters))
    return group


@EXTENSION.mend(ElastiCacheResponse, "modify_replication_group")
def modify_replication_group(
    original: Callable[[ElastiCacheResponse], ActionResult], response: ElastiCacheResponse
) -> ActionResult:
    """Change all that can be changed."""
    result = original(response)
    group = response.elasticache_backend.replication_groups[response._get_param("ReplicationGroupId")]
    for parameter, attribute in _MODIFIABLE.items():
        value = response._get_param(parameter)
        if value is not None:
            setattr(group, attribute, value)
    removed = response._get_param("UserGroupIdsToRemove", [])
    added = response._get_param("UserGroupIdsToAdd", [])
    group.user_group_ids = [name for name in group.user_group_ids if name not in removed] + added
    return result


def _change_replicas(response: ElastiCacheResponse) -> ActionResult:
    group = response.elasticache_backend.describe_replication_groups(response._get_param("ReplicationGroupId"))[0]
    _set_members(group, response._get_param("NewReplicaCount") + 1)
    return ActionResult({"ReplicationGroup": group})


@EXTENSION.operation(ElastiCacheResponse)
def increase_replica_count(response: ElastiCacheResponse) -> ActionResult:
    """Make more members."""
    return _change_replicas(response)


@EXTENSION.operation(ElastiCacheResponse)
def decrease_replica_count(response: ElastiCacheResponse) -> ActionResult:
    """Make fewer members."""
    return _change_replicas(response)


@EXTENSION.mend(ElastiCacheBackend, "delete_replication_group")
def delete_replication_group(
    original: Callable[..., ReplicationGroup], backend: ElastiCacheBackend, *arguments: Any, **fields: Any
) -> ReplicationGroup:
    """Let it be gone when it is asked for again."""
    group = original(backend, *arguments, **fields)
    backend.replication_groups.pop(group.replication_group_id, None)
    return group


def _member(response: ElastiCacheResponse, group: ReplicationGroup, name: str) -> dict[str, Any]:
    return {
        "CacheClusterId": name,
        "ReplicationGroupId": group.replication_group_id,
        "CacheClusterStatus": "available",
        "CacheNodeType": group.cache_node_type,
        "Engine": group.engine,
        "EngineVersion": _full_version(group.engine_version),
        "NumCacheNodes": 1,
        "CacheParameterGroup": {
            "CacheParameterGroupName": group.cache_parameter_group_name,
            "ParameterApplyStatus": "in-sync",
        },
        "CacheSubnetGroupName": group.cache_subnet_group_name,
        "PreferredMaintenanceWindow": group.preferred_maintenance_window,
        "SnapshotRetentionLimit": group.snapshot_retention_limit,
        "SnapshotWindow": group.snapshot_window,
        "SecurityGroups": [{"SecurityGroupId": each, "Status": "active"} for each in group.security_group_ids or []],
        "AutoMinorVersionUpgrade": group.auto_minor_version_upgrade,
        "TransitEncryptionEnabled": group.transit_encryption_enabled,
        "TransitEncryptionMode": group.transit_encryption_mode,
        "AtRestEncryptionEnabled": group.at_rest_encryption_enabled,
        "AuthTokenEnabled": group.auth_token_enabled,
        "NetworkType": group.network_type,
        "IpDiscovery": group.ip_discovery,
        "ARN": _arn(response, "cluster", name),
    }


def _full_version(version: str | None) -> str | None:
    """AWS says the patch level of what was asked for by major and minor number."""
    return f"{version}.0" if version and version.count(".") == 1 else version


@EXTENSION.mend(ElastiCacheResponse, "describe_cache_clusters")
def describe_cache_clusters(
    original: Callable[[ElastiCacheResponse], ActionResult], response: ElastiCacheResponse
) -> ActionResult:
    """Members of replication groups are clusters too."""
    backend = response.elasticache_backend
    members = {
        name: _member(response, group, name)
        for group in backend.replication_groups.values()
        for name in group.member_clusters
    }
    identifier = response._get_param("CacheClusterId")
    if identifier in members:
        return ActionResult({"CacheClusters": [members[identifier]]})
    if identifier:
        if identifier not in backend.cache_clusters:
            raise CacheClusterNotFound(identifier)
        return original(response)
    return ActionResult({"CacheClusters": [*members.values(), *backend.cache_clusters.values()]})
