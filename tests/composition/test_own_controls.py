"""Security controls that no check of checkov covers, or that only a whole environment can show: read from the plan.

Each yields what breaks it. Sources are the ids of AWS FSBP where there is one. What a plan from nothing cannot know,
such as the definition of a container, is asked of the deployed environment in tests/functional/test_end_to_end.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.composition.policies import of_all, statements
from tests.support.plans import Plan, Resource

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]

Broken = Iterator[str]
Rule = Callable[[Plan], Broken]

WORLD = frozenset({"0.0.0.0/0", "::/0"})
DATA_PORTS = (5432, 6379, 6333, 6334)
DATA_STORES = frozenset({"module.database", "module.cache", "module.vector_db"})
AUTHORITIES = frozenset({"rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"})
DEFAULT_ADMINS = frozenset({"postgres", "admin", "administrator", "root", "rdsadmin", "user"})
SILENT_SERVICES = frozenset({"ec2.amazonaws.com", "backup.amazonaws.com"})
"""They assume a role without saying for whom, so a condition on the account would lock them out."""
PRIVATE_ENDPOINTS = frozenset({"ecr.api", "ecr.dkr", "logs", "secretsmanager", "sqs", "ssm"})


@dataclass(frozen=True)
class Control:
    """What must hold, and where: in every environment (M), or at least in prod (P)."""

    id: str
    rule: Rule
    level: str = "M"


CONTROLS: list[Control] = []


def control(control_id: str, level: str = "M") -> Callable[[Rule], Rule]:
    """Put a rule on the list."""

    def keep(rule: Rule) -> Rule:
        CONTROLS.append(Control(control_id, rule, level))
        return rule

    return keep


def block(value: Any) -> dict[str, Any]:
    """A nested block, which terraform shows as a list of at most one object."""
    return dict(value[0]) if value else {}


def lacking(resources: tuple[Resource, ...], attribute: str) -> Broken:
    """The resources whose attribute is not set."""
    yield from (resource.address for resource in resources if not resource.has(attribute))


def ingress_from_world(plan: Plan) -> Iterator[Resource]:
    """Rules that let anybody in."""
    for rule in plan.of("aws_vpc_security_group_ingress_rule"):
        if WORLD & {rule.text("cidr_ipv4"), rule.text("cidr_ipv6")}:
            yield rule


# network


@control("EC2.19")
def data_ports_are_closed_to_the_world(plan: Plan) -> Broken:
    for rule in ingress_from_world(plan):
        if any(int(rule.values["from_port"]) <= port <= int(rule.values["to_port"]) for port in DATA_PORTS):
            yield rule.address


@control("EC2.18")
def the_world_reaches_the_load_balancer_only(plan: Plan) -> Broken:
    for rule in ingress_from_world(plan):
        if rule.module != "module.load_balancer" or rule.values["from_port"] not in {80, 443}:
            yield rule.address


@control("own: clients of data stores are named groups")
def data_stores_admit_groups_and_no_addresses(plan: Plan) -> Broken:
    for rule in plan.of("aws_vpc_security_group_ingress_rule"):
        has_addresses = rule.has("cidr_ipv4") or rule.has("cidr_ipv6") or rule.has("prefix_list_id")
        if rule.module in DATA_STORES and (has_addresses or not rule.has("referenced_security_group_id")):
            yield rule.address


@control("own: S3 gateway endpoint")
def objects_do_not_travel_through_nat(plan: Plan) -> Broken:
    gateways = [e for e in plan.of("aws_vpc_endpoint") if e.values["vpc_endpoint_type"] == "Gateway"]
    if not any(endpoint.text("service_name").endswith(".s3") for endpoint in gateways):
        yield "there is no gateway endpoint for S3"


@control("own: two zones a tier")
def every_tier_is_in_two_zones(plan: Plan) -> Broken:
    for tier in ("public", "private", "isolated"):
        zones = {subnet.text("availability_zone") for subnet in plan.of("aws_subnet") if subnet.name == tier}
        if len(zones) < 2:
            yield f"{tier}: {sorted(zones)}"


@control("CKV2_AWS_1")
def every_network_acl_has_subnets(plan: Plan) -> Broken:
    for acl in plan.of("aws_network_acl"):
        if not plan.references(acl.address, "subnet_ids"):
            yield acl.address


@control("EC2.55-57", "P")
def aws_services_are_reached_privately(plan: Plan) -> Broken:
    there = {endpoint.text("service_name").split(".", 3)[-1] for endpoint in plan.of("aws_vpc_endpoint")}
    yield from sorted(PRIVATE_ENDPOINTS - there)


# service, cluster, registry


@control("ECS.1")
def tasks_have_network_interfaces_of_their_own(plan: Plan) -> Broken:
    yield from (t.address for t in plan.of("aws_ecs_task_definition") if t.values["network_mode"] != "awsvpc")


@control("ECS.2")
def tasks_have_no_public_address(plan: Plan) -> Broken:
    for service in plan.of("aws_ecs_service"):
        if block(service.values["network_configuration"]).get("assign_public_ip") is not False:
            yield service.address


@control("CKV_AWS_332")
def tasks_run_on_the_latest_platform(plan: Plan) -> Broken:
    yield from (s.address for s in plan.of("aws_ecs_service") if s.values["platform_version"] != "LATEST")


@control("own: circuit breaker")
def a_bad_release_is_turned_back(plan: Plan) -> Broken:
    for service in plan.of("aws_ecs_service"):
        breaker, alarms = (block(service.values[name]) for name in ("deployment_circuit_breaker", "alarms"))
        has_breaker = breaker.get("enable") and breaker.get("rollback")
        has_alarms = alarms.get("enable") and alarms.get("rollback") and alarms.get("alarm_names")
        if not (has_breaker and has_alarms):
            yield service.address


@control("own: alarms of the breaker exist")
def the_alarms_that_turn_a_release_back_exist(plan: Plan) -> Broken:
    known = {alarm.text("alarm_name") for alarm in plan.of("aws_cloudwatch_metric_alarm")}
    for service in plan.of("aws_ecs_service"):
        yield from (f"{service.address}: {n}" for n in block(service.values["alarms"])["alarm_names"] if n not in known)


@control("CKV_AWS_249")
def the_application_has_not_the_rights_of_its_start(plan: Plan) -> Broken:
    for task in plan.of("aws_ecs_task_definition"):
        execution, own = (plan.references(task.address, f"{kind}_role_arn") for kind in ("execution", "task"))
        if not execution or not own or execution & own:
            yield task.address


@control("own: image by digest")
def images_are_named_by_digest(plan: Plan) -> Broken:
    digest = plan.document["variables"]["first_image_digest"]["value"]
    call = plan.document["configuration"]["root_module"]["module_calls"]["services"]["expressions"]["container"]
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest) or "var.first_image_digest" not in call["references"]:
        yield digest


@control("own: exec off", "P")
def nobody_opens_a_shell_in_a_task(plan: Plan) -> Broken:
    yield from (s.address for s in plan.of("aws_ecs_service") if s.values["enable_execute_command"])


@control("CKV_AWS_65", "P")
def container_insights_are_on(plan: Plan) -> Broken:
    for cluster in plan.of("aws_ecs_cluster"):
        settings = {setting["name"]: setting["value"] for setting in cluster.values["setting"]}
        if settings.get("containerInsights") not in {"enabled", "enhanced"}:
            yield cluster.address


@control("ECR.3")
def repositories_forget_old_images(plan: Plan) -> Broken:
    modules = {policy.module for policy in plan.of("aws_ecr_lifecycle_policy")}
    yield from (repo.address for repo in plan.of("aws_ecr_repository") if repo.module not in modules)


# load balancer


@control("ELB.13")
def the_balancer_is_in_every_public_zone(plan: Plan) -> Broken:
    for balancer in plan.of("aws_lb"):
        if not any("public_subnet_ids" in name for name in plan.references(balancer.address, "subnets")):
            yield balancer.address


@control("ELB.17")
def listeners_speak_modern_tls(plan: Plan) -> Broken:
    for listener in plan.of("aws_lb_listener"):
        if listener.values["protocol"] == "HTTPS":
            if not re.match(r"ELBSecurityPolicy-TLS13-1-[23]-", listener.text("ssl_policy")):
                yield f"{listener.address}: {listener.text('ssl_policy')}"
        elif block(listener.values["default_action"]).get("type") != "redirect":
            yield f"{listener.address}: answers over HTTP"


@control("CKV_AWS_261")
def targets_are_checked(plan: Plan) -> Broken:
    for group in plan.of("aws_lb_target_group"):
        health = block(group.values["health_check"])
        if not health.get("enabled") or not str(health.get("path", "")).startswith("/"):
            yield group.address


@control("CKV_AWS_150", "P")
def the_balancer_is_not_deleted_by_accident(plan: Plan) -> Broken:
    yield from (b.address for b in plan.of("aws_lb") if not b.values["enable_deletion_protection"])


@control("CKV2_AWS_28", "P")
def the_balancer_has_a_firewall(plan: Plan) -> Broken:
    if len(plan.of("aws_wafv2_web_acl_association")) < len(plan.of("aws_lb")):
        yield "a balancer has no web ACL"


@control("own: balancer behind the CDN", "P")
def the_balancer_admits_the_cdn_only(plan: Plan) -> Broken:
    yield from (rule.address for rule in ingress_from_world(plan))
    doors = [r for r in plan.of("aws_vpc_security_group_ingress_rule") if r.module == "module.load_balancer"]
    yield from (rule.address for rule in doors if not rule.text("prefix_list_id"))


# database


@control("own: in the VPC")
def databases_are_in_subnets_of_their_own(plan: Plan) -> Broken:
    own = {group.text("name") for group in plan.of("aws_db_subnet_group")}
    for database in plan.of("aws_db_instance"):
        is_replica = database.has("replicate_source_db")
        if database.values["publicly_accessible"] or not (is_replica or database.text("db_subnet_group_name") in own):
            yield database.address


@control("RDS.25")
def the_admin_has_a_name_of_its_own(plan: Plan) -> Broken:
    for database in plan.of("aws_db_instance"):
        if not database.has("replicate_source_db") and database.text("username") in DEFAULT_ADMINS | {""}:
            yield database.address


@control("own: password not in the state")
def no_password_lies_in_the_state(plan: Plan) -> Broken:
    for database in plan.of("aws_db_instance"):
        is_replica = database.has("replicate_source_db")
        is_managed = database.values.get("manage_master_user_password") or database.values.get("password_wo_version")
        if database.has("password") or not (is_replica or is_managed):
            yield database.address


@control("CKV2_AWS_69")
def connections_are_encrypted(plan: Plan) -> Broken:
    for group in plan.of("aws_db_parameter_group"):
        if {p["name"]: p["value"] for p in group.values["parameter"]}.get("rds.force_ssl") != "1":
            yield group.address


@control("RDS.11")
def backups_are_kept_a_week(plan: Plan) -> Broken:
    for database in plan.of("aws_db_instance"):
        if not database.has("replicate_source_db") and (database.values["backup_retention_period"] or 0) < 7:
            yield database.address


@control("own: modern CA")
def certificates_are_of_a_modern_authority(plan: Plan) -> Broken:
    for database in plan.of("aws_db_instance"):
        named = database.text("ca_cert_identifier")  # unnamed, it is the account's default, which is modern
        if named and named not in AUTHORITIES:
            yield database.address


@control("RDS.26")
def a_backup_plan_covers_the_database(plan: Plan) -> Broken:
    if not plan.of("aws_backup_plan") or not plan.of("aws_backup_selection"):
        yield "there is no backup plan"


@control("RDS.20-22", "P")
def operators_hear_of_database_events(plan: Plan) -> Broken:
    there = {s.text("source_type") for s in plan.of("aws_db_event_subscription") if s.values["enabled"]}
    yield from sorted({"db-instance", "db-parameter-group", "db-security-group"} - there)


@control("RDS.5, RDS.6, RDS.8", "P")
def the_primary_survives_a_zone_and_a_mistake(plan: Plan) -> Broken:
    for database in plan.of("aws_db_instance"):
        if database.has("replicate_source_db"):
            continue
        values = database.values
        if not (values["multi_az"] and values["deletion_protection"] and values["monitoring_interval"]):
            yield database.address
        if values["skip_final_snapshot"] or values["delete_automated_backups"]:
            yield f"{database.address}: nothing is kept when it goes"


@control("CKV_AWS_354")
def performance_insights_are_encrypted_with_our_key(plan: Plan) -> Broken:
    for database in plan.of("aws_db_instance"):
        if not database.values["performance_insights_enabled"] or not database.has("performance_insights_kms_key_id"):
            yield database.address


# cache


@control("own: RBAC")
def clients_of_the_cache_are_users(plan: Plan) -> Broken:
    for cache in plan.of("aws_elasticache_replication_group"):
        if not cache.has("user_group_ids") or cache.has("auth_token"):
            yield cache.address
    for user in plan.of("aws_elasticache_user"):
        if user.values["user_name"] == "default":
            if not user.text("access_string").startswith("off "):
                yield f"{user.address}: the default user may sign in"
        elif block(user.values["authentication_mode"]).get("type") != "iam":
            yield user.address


@control("ElastiCache.7")
def the_cache_is_in_subnets_of_its_own(plan: Plan) -> Broken:
    own = {group.text("name") for group in plan.of("aws_elasticache_subnet_group")} - {"default"}
    caches = plan.of("aws_elasticache_replication_group")
    yield from (cache.address for cache in caches if cache.text("subnet_group_name") not in own)


@control("ElastiCache.4, ElastiCache.5")
def the_cache_is_encrypted(plan: Plan) -> Broken:
    for cache in plan.of("aws_elasticache_replication_group"):
        values = cache.values
        in_transit = values["transit_encryption_enabled"] and values["transit_encryption_mode"] == "required"
        if not in_transit or cache.text("at_rest_encryption_enabled") != "true" or not cache.has("kms_key_id"):
            yield cache.address


@control("ElastiCache.1, ElastiCache.3", "P")
def the_cache_survives_a_node(plan: Plan) -> Broken:
    for cache in plan.of("aws_elasticache_replication_group"):
        needed = ("snapshot_retention_limit", "automatic_failover_enabled", "multi_az_enabled")
        if not all(cache.values[name] for name in needed):
            yield cache.address


# queue


@control("own: queues over TLS only")
def queues_are_reached_over_tls_only(plan: Plan) -> Broken:
    yield from (queue.address for queue in plan.of("aws_sqs_queue") if not _denies_plain_http(queue))


@control("own: dead letters")
def messages_that_fail_are_kept(plan: Plan) -> Broken:
    for queue in plan.of("aws_sqs_queue"):
        if queue.name != "dead_letter" and not queue.has("redrive_policy"):
            yield queue.address
    allowed = {policy.module for policy in plan.of("aws_sqs_queue_redrive_allow_policy")}
    yield from (q.address for q in plan.of("aws_sqs_queue") if q.module not in allowed)


@control("SQS.1")
def messages_are_encrypted_with_our_key(plan: Plan) -> Broken:
    yield from lacking(plan.of("aws_sqs_queue"), "kms_master_key_id")


# object store


@control("S3.5")
def buckets_are_reached_over_tls_only(plan: Plan) -> Broken:
    for policy in plan.of("aws_s3_bucket_policy"):
        if not policy.unknown.get("policy") and not _denies_plain_http(policy):
            yield policy.address
    buckets, policies = len(plan.of("aws_s3_bucket")), len(plan.of("aws_s3_bucket_policy"))
    if buckets != policies:
        yield f"{buckets} buckets, {policies} policies"


@control("S3.6")
def other_accounts_are_kept_out_of_buckets(plan: Plan) -> Broken:
    for policy in plan.of("aws_s3_bucket_policy"):
        if policy.unknown.get("policy"):
            continue
        denied = (s for s in statements(policy) if s.effect == "Deny" and "aws:principalaccount" in s.condition_keys)
        if not any(denied):
            yield policy.address


@control("S3.8, S3.12, S3.14")
def buckets_are_private_and_versioned(plan: Plan) -> Broken:
    number = len(plan.of("aws_s3_bucket"))
    blocks = plan.of("aws_s3_bucket_public_access_block")
    versionings, owners = plan.of("aws_s3_bucket_versioning"), plan.of("aws_s3_bucket_ownership_controls")
    if {len(blocks), len(versionings), len(owners)} != {number}:
        yield "a bucket has no block, no versioning or no ownership"
    names = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    yield from (b.address for b in blocks if not all(b.values[name] for name in names))
    yield from (v.address for v in versionings if block(v.values["versioning_configuration"])["status"] != "Enabled")
    yield from (o.address for o in owners if block(o.values["rule"])["object_ownership"] != "BucketOwnerEnforced")


@control("S3.17")
def objects_are_encrypted_with_our_key(plan: Plan) -> Broken:
    for encryption in plan.of("aws_s3_bucket_server_side_encryption_configuration"):
        default = block(block(encryption.values["rule"])["apply_server_side_encryption_by_default"])
        if default["sse_algorithm"] != "aws:kms" and encryption.module != "module.log_bucket":
            yield encryption.address


@control("S3.10, S3.13")
def unfinished_uploads_are_removed(plan: Plan) -> Broken:
    for lifecycle in plan.of("aws_s3_bucket_lifecycle_configuration"):
        if not any(rule["abort_incomplete_multipart_upload"] for rule in lifecycle.values["rule"]):
            yield lifecycle.address


@control("S3.9", "P")
def accesses_to_data_are_logged(plan: Plan) -> Broken:
    logging = {logged.module for logged in plan.of("aws_s3_bucket_logging")}
    data = (bucket for bucket in plan.of("aws_s3_bucket") if bucket.module.startswith("module.buckets["))
    yield from (bucket.address for bucket in data if bucket.module not in logging)


@control("S3.7", "P")
def what_users_gave_us_is_copied_to_another_region(plan: Plan) -> Broken:
    copied = {str(copy.module) for copy in plan.of("aws_s3_bucket_replication_configuration")}
    yield from ({'module.buckets["uploads"]', 'module.buckets["processed"]'} - copied)


# edge


@control("CloudFront.8")
def viewers_use_sni_and_modern_tls(plan: Plan) -> Broken:
    for distribution in plan.of("aws_cloudfront_distribution"):
        certificate = block(distribution.values["viewer_certificate"])
        if certificate["ssl_support_method"] != "sni-only" or certificate["minimum_protocol_version"] < "TLSv1.2_2021":
            yield distribution.address


@control("CloudFront.3")
def viewers_come_over_https(plan: Plan) -> Broken:
    for distribution in plan.of("aws_cloudfront_distribution"):
        values = distribution.values
        behaviours = [*values["default_cache_behavior"], *values["ordered_cache_behavior"]]
        if any(b["viewer_protocol_policy"] not in {"https-only", "redirect-to-https"} for b in behaviours):
            yield distribution.address


@control("CloudFront.9, CloudFront.10, CloudFront.12")
def origins_exist_and_are_reached_over_tls(plan: Plan) -> Broken:
    for distribution in plan.of("aws_cloudfront_distribution"):
        for origin in distribution.values["origin"]:
            custom = block(origin["custom_origin_config"])
            wanted = ("https-only", ["TLSv1.2"])
            if custom and (custom["origin_protocol_policy"], custom["origin_ssl_protocols"]) != wanted:
                yield f"{distribution.address}: {origin['origin_id']}"
        if not plan.of("aws_cloudfront_origin_access_control"):
            yield f"{distribution.address}: the bucket's origin is not signed for"


@control("CKV_AWS_259")
def viewers_are_told_to_stay_on_https(plan: Plan) -> Broken:
    for policy in plan.of("aws_cloudfront_response_headers_policy"):
        transport = block(block(policy.values["security_headers_config"])["strict_transport_security"])
        if transport["access_control_max_age_sec"] < 31_536_000 or not transport["include_subdomains"]:
            yield policy.address


@control("CKV_AWS_192, CKV2_AWS_31")
def firewalls_know_log4j_limit_rates_and_log(plan: Plan) -> Broken:
    for acl in plan.of("aws_wafv2_web_acl"):
        written = str(acl.values["rule"])
        for rule in ("AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesCommonRuleSet", "rate_based_statement"):
            if rule not in written:
                yield f"{acl.address}: no {rule}"
    logged = {logging.module for logging in plan.of("aws_wafv2_web_acl_logging_configuration")}
    yield from (acl.address for acl in plan.of("aws_wafv2_web_acl") if acl.module not in logged)


@control("CKV_AWS_68", "P")
def the_cdn_has_a_firewall(plan: Plan) -> Broken:
    yield from lacking(plan.of("aws_cloudfront_distribution"), "web_acl_id")
    if not plan.of("aws_cloudfront_distribution"):
        yield "there is no CDN"


# vector database


@control("EC2.8, own: hop limit")
def credentials_of_a_node_stay_on_it(plan: Plan) -> Broken:
    for template in plan.of("aws_launch_template"):
        metadata = block(template.values["metadata_options"])
        if metadata["http_tokens"] != "required" or metadata["http_put_response_hop_limit"] != 1:
            yield template.address


@control("EC2.25")
def nodes_have_no_public_address_and_no_ssh(plan: Plan) -> Broken:
    for template in plan.of("aws_launch_template"):
        public = [i["associate_public_ip_address"] for i in template.values["network_interfaces"]]
        if any(value != "false" for value in public) or template.has("key_name"):
            yield template.address
    for rule in plan.of("aws_vpc_security_group_ingress_rule"):
        if rule.values["from_port"] is not None and rule.values["from_port"] <= 22 <= rule.values["to_port"]:
            yield rule.address


@control("CKV_AWS_386")
def machine_images_are_amazons_own(plan: Plan) -> Broken:
    for template in plan.of("aws_launch_template"):
        if not template.text("image_id").startswith("resolve:ssm:/aws/service/"):
            yield template.address


@control("CKV_AWS_126, CKV_AWS_135", "P")
def nodes_are_watched(plan: Plan) -> Broken:
    for template in plan.of("aws_launch_template"):
        if not block(template.values["monitoring"]).get("enabled") or template.values["ebs_optimized"] != "true":
            yield template.address


@control("EC2.3")
def volumes_are_encrypted_with_our_key(plan: Plan) -> Broken:
    yield from (v.address for v in plan.of("aws_ebs_volume") if not v.values["encrypted"] or not v.has("kms_key_id"))


@control("own: SSM-managed")
def operators_reach_the_node_through_session_manager(plan: Plan) -> Broken:
    actions = {action for s in of_all(plan, "aws_iam_role_policy") if s.effect == "Allow" for action in s.actions}
    if "ssmmessages:OpenDataChannel" not in actions:
        yield "no role of the node may open a session"


@control("own: backups of the vector database")
def volumes_are_snapshot_every_day(plan: Plan) -> Broken:
    targets = [
        target
        for policy in plan.of("aws_dlm_lifecycle_policy")
        if policy.values["state"] == "ENABLED"
        for target in block(policy.values["policy_details"])["target_tags"].items()
    ]
    for volume in plan.of("aws_ebs_volume"):
        if not any(volume.values["tags_all"].get(key) == value for key, value in targets):
            yield volume.address


@control("own: a node replaces itself")
def a_node_that_dies_is_replaced(plan: Plan) -> Broken:
    for group in plan.of("aws_autoscaling_group"):
        if (group.values["min_size"], group.values["max_size"]) != (1, 1):
            yield group.address


# iam, kms, secrets, logs


@control("own: aws:SourceAccount on service trusts")
def services_act_for_this_account_only(plan: Plan) -> Broken:
    for role in plan.of("aws_iam_role"):
        for statement in statements(role, "assume_role_policy"):
            services = set(statement.principals.get("Service", ()))
            if services - SILENT_SERVICES and "aws:sourceaccount" not in statement.condition_keys:
                yield f"{role.address}: {', '.join(sorted(services))}"


@control("IAM.1")
def nobody_may_do_everything(plan: Plan) -> Broken:
    for statement in of_all(plan, "aws_iam_role_policy", "aws_iam_policy"):
        if statement.effect == "Allow" and "*" in statement.actions:
            yield statement.where


@control("IAM.21")
def nobody_may_do_everything_in_a_service(plan: Plan) -> Broken:
    for statement in of_all(plan, "aws_iam_role_policy", "aws_iam_policy"):
        if statement.effect == "Allow" and any(action.endswith(":*") for action in statement.actions):
            yield statement.where


@control("KMS.1, KMS.2")
def nobody_decrypts_with_every_key(plan: Plan) -> Broken:
    for statement in of_all(plan, "aws_iam_role_policy", "aws_iam_policy"):
        decrypts = {"kms:Decrypt", "kms:ReEncryptFrom", "kms:*"} & set(statement.actions)
        is_on_all = any(name == "*" or name.endswith(":key/*") for name in statement.resources)
        if statement.effect == "Allow" and decrypts and is_on_all:
            yield statement.where


@control("IAM.2")
def there_are_no_users(plan: Plan) -> Broken:
    yield from (r.address for r in plan.of("aws_iam_user", "aws_iam_access_key", "aws_iam_user_policy"))


@control("KMS.3, KMS.4")
def keys_rotate_and_are_not_deleted_quickly(plan: Plan) -> Broken:
    for key in plan.of("aws_kms_key"):
        if not key.values["enable_key_rotation"] or (key.values["deletion_window_in_days"] or 30) < 30:
            yield key.address


@control("own: one key a class of data")
def classes_of_data_have_keys_of_their_own(plan: Plan) -> Broken:
    classes = {key.key for key in plan.of("aws_kms_key") if key.module == "module.encryption"}
    yield from sorted({"data", "objects", "messages", "secrets", "logs"} - {str(key) for key in classes})


@control("CloudWatch.16, CKV_AWS_158")
def logs_are_kept_and_encrypted(plan: Plan) -> Broken:
    for group in plan.of("aws_cloudwatch_log_group"):
        if not group.values["retention_in_days"] or not group.has("kms_key_id"):
            yield group.address


@control("CKV_AWS_149")
def secrets_are_encrypted_with_our_key(plan: Plan) -> Broken:
    yield from lacking(plan.of("aws_secretsmanager_secret"), "kms_key_id")


@control("own: secrets are written, not stored")
def no_secret_lies_in_the_state(plan: Plan) -> Broken:
    for version in plan.of("aws_secretsmanager_secret_version"):
        if version.has("secret_string") or not version.has("secret_string_wo_version"):
            yield version.address


@control("own: deleted secrets come back", "P")
def a_deleted_secret_can_be_restored(plan: Plan) -> Broken:
    secrets = plan.of("aws_secretsmanager_secret")
    yield from (s.address for s in secrets if (s.values["recovery_window_in_days"] or 0) < 7)


@control("SSM.1, CKV_AWS_337")
def parameters_are_encrypted_with_our_key(plan: Plan) -> Broken:
    for parameter in plan.of("aws_ssm_parameter"):
        if parameter.values["type"] != "SecureString" or not parameter.has("key_id"):
            yield parameter.address


@control("SNS.1")
def notifications_are_encrypted_and_from_this_account(plan: Plan) -> Broken:
    yield from lacking(plan.of("aws_sns_topic"), "kms_master_key_id")
    for statement in of_all(plan, "aws_sns_topic_policy"):
        if statement.effect == "Allow" and "aws:sourceaccount" not in statement.condition_keys:
            yield statement.where


@control("CloudWatch.15, CloudWatch.17")
def alarms_are_heard(plan: Plan) -> Broken:
    alarms = plan.of("aws_cloudwatch_metric_alarm")
    yield from (alarm.address for alarm in alarms if not alarm.values["actions_enabled"])
    yield from lacking(tuple(alarm for alarm in alarms if alarm.module == "module.alarms"), "alarm_actions")


@control("own: copies leave the region", "P")
def backups_survive_the_region(plan: Plan) -> Broken:
    for backup in plan.of("aws_backup_plan"):
        if not any(rule["copy_action"] for rule in backup.values["rule"]):
            yield backup.address


def _denies_plain_http(resource: Resource) -> bool:
    return any(s.effect == "Deny" and "aws:securetransport" in s.condition_keys for s in statements(resource, "policy"))


ENVIRONMENTS = {"M": ("dev", "staging", "prod"), "P": ("prod",)}
CASES = [(rule, environment) for rule in CONTROLS for environment in ENVIRONMENTS[rule.level]]


@pytest.mark.parametrize(
    ("rule", "environment"), CASES, ids=[f"{rule.id} {rule.rule.__name__}-{name}" for rule, name in CASES]
)
def test_the_control_holds(rule: Control, environment: str, planned: Callable[[str], Plan]) -> None:
    assert list(rule.rule(planned(environment))) == []
