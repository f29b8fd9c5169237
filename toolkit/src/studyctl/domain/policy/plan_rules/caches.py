"""Controls of caches."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control
from studyctl.domain.policy.rules.rule import Offence


def clients_are_users(subject: PlanSubject) -> Iterator[Offence]:
    """Yield caches with a shared token, and users that sign in otherwise than with IAM."""
    for cache in subject.of("aws_elasticache_replication_group"):
        if not cache.has("user_group_ids") or cache.has("auth_token"):
            yield at(cache, "its clients share a token, or need none")
    for user in subject.of("aws_elasticache_user"):
        if user.text("user_name") == "default":
            if not user.text("access_string").startswith("off "):
                yield at(user, "the default user may sign in")
        elif user.block("authentication_mode").get("type") != "iam":
            yield at(user, "it does not sign in with IAM")


def caches_are_in_subnets_of_their_own(subject: PlanSubject) -> Iterator[Offence]:
    """Yield caches outside of the plan's subnet groups."""
    own = {group.text("name") for group in subject.of("aws_elasticache_subnet_group")} - {"default", ""}
    for cache in subject.of("aws_elasticache_replication_group"):
        if cache.text("subnet_group_name") not in own and not cache.is_unknown("subnet_group_name"):
            yield at(cache, "it has no subnet group of its own")


def caches_are_encrypted(subject: PlanSubject) -> Iterator[Offence]:
    """Yield caches that are not encrypted at rest with our key, or take plain connections."""
    for cache in subject.of("aws_elasticache_replication_group"):
        is_required = cache.text("transit_encryption_mode") in ("required", "")
        if not cache.values.get("transit_encryption_enabled") or not is_required:
            yield at(cache, "it takes plain connections")
        if cache.text("at_rest_encryption_enabled").lower() != "true" or not cache.has("kms_key_id"):
            yield at(cache, "it is not encrypted with our key")


def caches_survive_a_node(subject: PlanSubject) -> Iterator[Offence]:
    """Yield caches without snapshots, failover or a second zone."""
    for cache in subject.of("aws_elasticache_replication_group"):
        for attribute in ("snapshot_retention_limit", "automatic_failover_enabled", "multi_az_enabled"):
            if not cache.values.get(attribute):
                yield at(cache, f"{attribute} is not set")


def caches_upgrade_themselves(subject: PlanSubject) -> Iterator[Offence]:
    """Yield caches that stay at an old minor version."""
    for cache in subject.of("aws_elasticache_replication_group"):
        if cache.text("auto_minor_version_upgrade").lower() == "false":
            yield at(cache, "it stays at its minor version")


RULES = (
    control(
        "SC748",
        "cache-without-users",
        clients_are_users,
        source="https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html",
        summary="Clients of caches are users that sign in with IAM; the default user is off (ElastiCache.6)",
        fix='Use user_group_ids with users of authentication_mode "iam", and no auth_token.',
    ),
    control(
        "SC749",
        "cache-outside",
        caches_are_in_subnets_of_their_own,
        fsbp="ElastiCache.7",
        summary="Caches have a subnet group of their own",
        fix="Set subnet_group_name.",
    ),
    control(
        "SC750",
        "cache-not-encrypted",
        caches_are_encrypted,
        fsbp="ElastiCache.4",
        summary="Caches are encrypted with our key, at rest and on the way (and ElastiCache.5)",
        fix='Set kms_key_id, at_rest_encryption_enabled, and transit_encryption_mode = "required".',
    ),
    control(
        "SC751",
        "fragile-cache",
        caches_survive_a_node,
        fsbp="ElastiCache.3",
        is_for_protected=True,
        summary="Caches survive a node and a zone (and ElastiCache.1)",
        fix="Set snapshot_retention_limit, automatic_failover_enabled and multi_az_enabled.",
    ),
    control(
        "SC752",
        "cache-not-upgraded",
        caches_upgrade_themselves,
        fsbp="ElastiCache.2",
        summary="Caches take minor upgrades by themselves",
        fix="Set auto_minor_version_upgrade = true.",
    ),
)
