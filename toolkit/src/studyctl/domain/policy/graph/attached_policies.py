"""Every policy of a plan that stands on something: which attribute of which type holds it, and of what kind it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from studyctl.domain.policy.documents import PolicyKind
from studyctl.domain.policy.grammar import parse_policy_value
from studyctl.domain.policy.graph.documents import PlannedDocuments
from studyctl.domain.policy.graph.permissions import permissions
from studyctl.domain.policy.graph.resources import Plan, PlannedResource
from studyctl.domain.policy.problems import PolicyError
from studyctl.domain.policy.rules.subjects import PolicySubject, Unreadable


@dataclass(frozen=True, slots=True)
class Place:
    """An attribute that holds a policy. `service` is that of the resource which the policy stands on."""

    resource_type: str
    attribute: str
    kind: PolicyKind
    service: str = ""


def _on(service: str, resource_type: str, attribute: str = "policy") -> Place:
    return Place(resource_type, attribute, PolicyKind.RESOURCE, service)


PLACES = (
    Place("aws_iam_policy", "policy", PolicyKind.IDENTITY),
    Place("aws_iam_role_policy", "policy", PolicyKind.IDENTITY),
    Place("aws_iam_user_policy", "policy", PolicyKind.IDENTITY),
    Place("aws_iam_group_policy", "policy", PolicyKind.IDENTITY),
    Place("aws_iam_role", "assume_role_policy", PolicyKind.TRUST),
    Place("aws_ssoadmin_permission_set_inline_policy", "inline_policy", PolicyKind.IDENTITY),
    Place("aws_iot_policy", "policy", PolicyKind.IDENTITY),
    Place("aws_vpc_endpoint", "policy", PolicyKind.ENDPOINT),
    Place("aws_vpc_endpoint_policy", "policy", PolicyKind.ENDPOINT),
    _on("s3", "aws_s3_bucket_policy"),
    _on("s3", "aws_s3_bucket"),
    _on("s3", "aws_s3_access_point"),
    _on("s3", "aws_s3control_access_point_policy"),
    _on("s3-outposts", "aws_s3control_bucket_policy"),
    _on("s3-object-lambda", "aws_s3control_object_lambda_access_point_policy"),
    _on("s3tables", "aws_s3tables_table_bucket_policy", "resource_policy"),
    _on("s3tables", "aws_s3tables_table_policy", "resource_policy"),
    _on("sqs", "aws_sqs_queue"),
    _on("sqs", "aws_sqs_queue_policy"),
    _on("sns", "aws_sns_topic"),
    _on("sns", "aws_sns_topic_policy"),
    _on("kms", "aws_kms_key"),
    _on("kms", "aws_kms_key_policy"),
    _on("kms", "aws_kms_replica_key"),
    _on("kms", "aws_kms_external_key"),
    _on("kms", "aws_kms_replica_external_key"),
    _on("secretsmanager", "aws_secretsmanager_secret"),
    _on("secretsmanager", "aws_secretsmanager_secret_policy"),
    _on("ecr", "aws_ecr_repository_policy"),
    _on("ecr", "aws_ecr_registry_policy"),
    _on("ecr-public", "aws_ecrpublic_repository_policy"),
    _on("backup", "aws_backup_vault_policy"),
    _on("logs", "aws_cloudwatch_log_resource_policy", "policy_document"),
    _on("logs", "aws_cloudwatch_log_destination_policy", "access_policy"),
    _on("elasticfilesystem", "aws_efs_file_system_policy"),
    _on("es", "aws_opensearch_domain", "access_policies"),
    _on("es", "aws_opensearch_domain_policy", "access_policies"),
    _on("es", "aws_elasticsearch_domain", "access_policies"),
    _on("es", "aws_elasticsearch_domain_policy", "access_policies"),
    _on("dynamodb", "aws_dynamodb_resource_policy"),
    _on("kinesis", "aws_kinesis_resource_policy"),
    _on("execute-api", "aws_api_gateway_rest_api"),
    _on("execute-api", "aws_api_gateway_rest_api_policy"),
    _on("glacier", "aws_glacier_vault", "access_policy"),
    _on("codeartifact", "aws_codeartifact_repository_permissions_policy", "policy_document"),
    _on("codeartifact", "aws_codeartifact_domain_permissions_policy", "policy_document"),
    _on("glue", "aws_glue_resource_policy"),
    _on("events", "aws_cloudwatch_event_bus_policy"),
    _on("codebuild", "aws_codebuild_resource_policy"),
    _on("ses", "aws_ses_identity_policy"),
    _on("ses", "aws_sesv2_email_identity_policy"),
    _on("acm-pca", "aws_acmpca_policy"),
    _on("kafka", "aws_msk_cluster_policy"),
    _on("redshift", "aws_redshift_resource_policy"),
    _on("redshift-serverless", "aws_redshiftserverless_resource_policy"),
    _on("sagemaker", "aws_sagemaker_model_package_group_policy", "resource_policy"),
    _on("vpc-lattice", "aws_vpclattice_auth_policy"),
    _on("vpc-lattice", "aws_vpclattice_resource_policy"),
    _on("mediastore", "aws_media_store_container_policy"),
    _on("network-firewall", "aws_networkfirewall_resource_policy"),
    _on("schemas", "aws_schemas_registry_policy"),
    _on("xray", "aws_xray_resource_policy", "policy_document"),
    _on("organizations", "aws_organizations_resource_policy", "content"),
)
"""By the documentation of the AWS provider."""


_OF_ORGANIZATIONS = {
    "": PolicyKind.SERVICE_CONTROL,
    "SERVICE_CONTROL_POLICY": PolicyKind.SERVICE_CONTROL,
    "RESOURCE_CONTROL_POLICY": PolicyKind.RESOURCE_CONTROL,
}
"""Their other types, such as TAG_POLICY, are no policies of IAM."""


def attached_policies(
    plan: Plan, documents: PlannedDocuments
) -> tuple[tuple[PolicySubject, ...], tuple[Unreadable, ...]]:
    """Return the documents that stand on resources of a plan, and those that could not be read."""
    subjects: list[PolicySubject] = []
    unreadable: list[Unreadable] = []
    for place, resource in _places(plan):
        found = documents.of(resource, place.attribute)
        unreadable.extend(found.unreadable)
        subjects.extend(
            PolicySubject(document, place.kind, place.service, resource.address, plan.account_id)
            for document in found.documents
        )
    for permission in permissions(plan):
        address = permission.resource.address
        try:
            document = parse_policy_value(permission.policy, address)
        except PolicyError as error:
            unreadable.append(Unreadable(address, error.problems))
        else:
            subjects.append(PolicySubject(document, PolicyKind.RESOURCE, permission.service, address, plan.account_id))
    return tuple(subjects), tuple(dict.fromkeys(unreadable))


def _places(plan: Plan) -> Iterator[tuple[Place, PlannedResource]]:
    for place in PLACES:
        for resource in plan.of(place.resource_type):
            yield place, resource
    for resource in plan.of("aws_organizations_policy"):
        kind = _OF_ORGANIZATIONS.get(resource.text("type"))
        if kind is not None:
            yield Place(resource.type, "content", kind), resource
