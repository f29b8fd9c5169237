"""Controls of buckets. What their policies say about TLS and other accounts is judged where policies are, too."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.documents import Document
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control
from studyctl.domain.policy.rules.exposure.narrowing import names_anybody
from studyctl.domain.policy.rules.rule import Offence

BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
_OUTSIDERS = frozenset({"aws:principalaccount", "aws:principalorgid", "s3:resourceaccount", "aws:principalarn"})


def every_bucket_has_a_policy(subject: PlanSubject) -> Iterator[Offence]:
    """Yield buckets without a policy, which then denies no plain request."""
    tended = subject.companions("bucket", "aws_s3_bucket_policy")
    for bucket in subject.of("aws_s3_bucket"):
        if bucket.address not in tended and not bucket.text("policy"):
            yield at(bucket, "it has no policy, so plain HTTP is not denied")


def other_accounts_are_kept_out(subject: PlanSubject) -> Iterator[Offence]:
    """Yield bucket policies that do not deny other accounts what a later statement may allow."""
    for policy in subject.graph.policies:
        if policy.service == "s3" and not _denies_outsiders(policy.document):
            resource = subject.plan.at(policy.holder)
            if resource is not None:
                yield at(resource, "its policy does not deny other accounts")


def _denies_outsiders(document: Document) -> bool:
    return any(
        names_anybody(statement) and any(c.key.text.lower() in _OUTSIDERS for c in statement.conditions)
        for statement in document.denies
    )


def buckets_are_private(subject: PlanSubject) -> Iterator[Offence]:
    """Yield buckets without a whole public access block."""
    whole = [
        one for one in subject.of("aws_s3_bucket_public_access_block") if all(one.values.get(name) for name in BLOCKS)
    ]
    blocked = {address for one in whole for address in subject.refers(one, "bucket")}
    for bucket in subject.of("aws_s3_bucket"):
        if bucket.address not in blocked:
            yield at(bucket, "public access is not blocked in all four ways")


def buckets_are_versioned(subject: PlanSubject) -> Iterator[Offence]:
    """Yield buckets that forget what is overwritten."""
    kept = [
        one
        for one in subject.of("aws_s3_bucket_versioning")
        if one.block("versioning_configuration").get("status") == "Enabled"
    ]
    versioned = {address for one in kept for address in subject.refers(one, "bucket")}
    for bucket in subject.of("aws_s3_bucket"):
        if bucket.address not in versioned:
            yield at(bucket, "it is not versioned")


def buckets_have_no_acls(subject: PlanSubject) -> Iterator[Offence]:
    """Yield buckets in which ACLs count."""
    enforced = [
        one
        for one in subject.of("aws_s3_bucket_ownership_controls")
        if one.block("rule").get("object_ownership") == "BucketOwnerEnforced"
    ]
    owned = {address for one in enforced for address in subject.refers(one, "bucket")}
    for bucket in subject.of("aws_s3_bucket"):
        if bucket.address not in owned:
            yield at(bucket, "ACLs are not off")


def objects_are_encrypted_with_our_key(subject: PlanSubject) -> Iterator[Offence]:
    """Yield buckets that are not encrypted with our key, but for those that receive logs of services that cannot."""
    logs = _log_targets(subject)
    for encryption in subject.of("aws_s3_bucket_server_side_encryption_configuration"):
        rules = encryption.blocks("rule")
        kinds = {
            str(default.get("sse_algorithm"))
            for rule in rules
            for default in rule.get("apply_server_side_encryption_by_default") or ()
        }
        if not all(kind.startswith("aws:kms") for kind in kinds) and not subject.refers(encryption, "bucket") & logs:
            yield at(encryption, f"objects are encrypted with {', '.join(sorted(kinds))}, not with our key")


def _log_targets(subject: PlanSubject) -> frozenset[str]:
    """Return the buckets to which a load balancer or S3 delivers logs; they take SSE-S3 only."""
    balancers = {one for lb in subject.of("aws_lb") for one in subject.refers(lb, "access_logs")}
    return subject.companions("target_bucket", "aws_s3_bucket_logging") | balancers


def unfinished_uploads_are_removed(subject: PlanSubject) -> Iterator[Offence]:
    """Yield buckets that keep parts of uploads for ever."""
    for lifecycle in subject.of("aws_s3_bucket_lifecycle_configuration"):
        if not any(rule.get("abort_incomplete_multipart_upload") for rule in lifecycle.blocks("rule")):
            yield at(lifecycle, "unfinished uploads are kept")


def accesses_to_data_are_logged(subject: PlanSubject) -> Iterator[Offence]:
    """Yield buckets whose accesses nobody can tell, but for those that receive such logs, and copies."""
    logged = subject.companions("bucket", "aws_s3_bucket_logging")
    spared = _log_targets(subject) | subject.companions("rule", "aws_s3_bucket_replication_configuration")
    for bucket in subject.of("aws_s3_bucket"):
        if bucket.address not in logged | spared:
            yield at(bucket, "its accesses are not logged")


def what_users_gave_is_copied_to_another_region(subject: PlanSubject) -> Iterator[Offence]:
    """Yield that no bucket has a copy elsewhere, where there are buckets with accesses worth logging."""
    if subject.of("aws_s3_bucket_logging") and not subject.of("aws_s3_bucket_replication_configuration"):
        for logging in subject.of("aws_s3_bucket_logging"):
            yield at(logging, "what it holds is lost with its region")


RULES = (
    control(
        "SC758",
        "bucket-without-policy",
        every_bucket_has_a_policy,
        fsbp="S3.5",
        summary="Every bucket has a policy, which denies plain HTTP",
        fix="Add an aws_s3_bucket_policy with a Deny on aws:SecureTransport false.",
    ),
    control(
        "SC759",
        "bucket-open-to-accounts",
        other_accounts_are_kept_out,
        fsbp="S3.6",
        summary="Bucket policies deny other accounts",
        fix="Add a Deny for everybody with StringNotEquals on aws:PrincipalAccount.",
    ),
    control(
        "SC760",
        "bucket-public-access",
        buckets_are_private,
        fsbp="S3.8",
        severity=Severity.HIGH,
        summary="Public access to buckets is blocked",
        fix="Add an aws_s3_bucket_public_access_block with all four set.",
    ),
    control(
        "SC761",
        "bucket-not-versioned",
        buckets_are_versioned,
        fsbp="S3.14",
        summary="Buckets are versioned",
        fix="Add an aws_s3_bucket_versioning.",
    ),
    control(
        "SC762",
        "bucket-acls",
        buckets_have_no_acls,
        fsbp="S3.12",
        summary="ACLs of buckets are off",
        fix='Set object_ownership = "BucketOwnerEnforced".',
    ),
    control(
        "SC763",
        "bucket-not-encrypted",
        objects_are_encrypted_with_our_key,
        fsbp="S3.17",
        summary="Objects are encrypted with our own key",
        fix='Set sse_algorithm = "aws:kms" with kms_master_key_id.',
    ),
    control(
        "SC764",
        "unfinished-uploads",
        unfinished_uploads_are_removed,
        fsbp="S3.13",
        severity=Severity.LOW,
        summary="Unfinished uploads are removed",
        fix="Add abort_incomplete_multipart_upload to a lifecycle rule.",
    ),
    control(
        "SC765",
        "bucket-not-logged",
        accesses_to_data_are_logged,
        fsbp="S3.9",
        is_for_protected=True,
        severity=Severity.LOW,
        summary="Accesses to data are logged",
        fix="Add an aws_s3_bucket_logging.",
    ),
    control(
        "SC766",
        "bucket-in-one-region",
        what_users_gave_is_copied_to_another_region,
        fsbp="S3.7",
        is_for_protected=True,
        severity=Severity.LOW,
        summary="What users gave is copied to another region",
        fix="Add an aws_s3_bucket_replication_configuration.",
    ),
)
