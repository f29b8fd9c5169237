"""Controls of keys, secrets, parameters, logs, alarms and backups."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control, nowhere
from studyctl.domain.policy.rules.rule import Offence

DELETION_DAYS = 30
RECOVERY_DAYS = 7
CLASSES = ("data", "objects", "messages", "secrets", "logs")


def keys_rotate_and_are_not_deleted_quickly(subject: PlanSubject) -> Iterator[Offence]:
    """Yield keys that stay the same, or that a mistake takes away for good."""
    for key in subject.of("aws_kms_key"):
        is_asymmetric = key.text("customer_master_key_spec") not in ("", "SYMMETRIC_DEFAULT")
        if not key.values.get("enable_key_rotation") and not is_asymmetric:
            yield at(key, "it does not rotate")
        if (key.values.get("deletion_window_in_days") or DELETION_DAYS) < DELETION_DAYS:
            yield at(key, f"it can be deleted within {key.values.get('deletion_window_in_days')} days")


def classes_of_data_have_keys_of_their_own(subject: PlanSubject) -> Iterator[Offence]:
    """Yield classes of data that share a key, in an environment of ours."""
    if not subject.environment or not subject.of("aws_kms_key"):
        return
    there = {str(key.key) for key in subject.of("aws_kms_key")}
    for missing in sorted(set(CLASSES) - there):
        yield nowhere(subject, f"there is no key of its own for {missing}")


def secrets_are_encrypted_with_our_key(subject: PlanSubject) -> Iterator[Offence]:
    """Yield secrets under AWS's key."""
    for secret in subject.of("aws_secretsmanager_secret"):
        if not secret.has("kms_key_id"):
            yield at(secret, "it is not encrypted with our key")


def no_secret_lies_in_the_state(subject: PlanSubject) -> Iterator[Offence]:
    """Yield secrets that terraform writes down."""
    for version in subject.of("aws_secretsmanager_secret_version"):
        if version.has("secret_string") or version.has("secret_binary"):
            yield at(version, "its value lies in the state")


def deleted_secrets_can_be_restored(subject: PlanSubject) -> Iterator[Offence]:
    """Yield secrets that are gone at once."""
    for secret in subject.of("aws_secretsmanager_secret"):
        days = secret.values.get("recovery_window_in_days")
        if (DELETION_DAYS if days is None else int(days)) < RECOVERY_DAYS:
            yield at(secret, f"it can be restored for {days} days only")


def parameters_are_encrypted_with_our_key(subject: PlanSubject) -> Iterator[Offence]:
    """Yield parameters that are not encrypted with our key."""
    for parameter in subject.of("aws_ssm_parameter"):
        if parameter.text("type") != "SecureString" or not parameter.has("key_id"):
            yield at(parameter, "it is not a SecureString under our key")


def logs_are_kept_and_encrypted(subject: PlanSubject) -> Iterator[Offence]:
    """Yield log groups that are kept for ever or lie open."""
    for group in subject.of("aws_cloudwatch_log_group"):
        if not group.values.get("retention_in_days"):
            yield at(group, "nobody said how long it is kept")
        if not group.has("kms_key_id"):
            yield at(group, "it is not encrypted with our key")


def alarms_are_heard(subject: PlanSubject) -> Iterator[Offence]:
    """Yield alarms that nobody hears: no action, and in no composite alarm."""
    combined = " ".join(one.text("alarm_rule") for one in subject.of("aws_cloudwatch_composite_alarm"))
    referred = subject.companions("alarm_rule", "aws_cloudwatch_composite_alarm")
    watched = {str(n) for s in subject.of("aws_ecs_service") for n in s.block("alarms").get("alarm_names") or ()}
    for alarm in subject.of("aws_cloudwatch_metric_alarm"):
        name = alarm.text("alarm_name")
        is_used = name in watched or (name and name in combined) or alarm.address in referred
        if alarm.values.get("actions_enabled") is False:
            yield at(alarm, "its actions are off")
        elif not alarm.has("alarm_actions") and not is_used:
            yield at(alarm, "it tells nobody")


def backups_leave_the_region(subject: PlanSubject) -> Iterator[Offence]:
    """Yield backup plans whose copies are lost with the region."""
    for plan in subject.of("aws_backup_plan"):
        if not any(rule.get("copy_action") for rule in plan.blocks("rule")):
            yield at(plan, "no rule copies to another region")


def there_are_no_users(subject: PlanSubject) -> Iterator[Offence]:
    """Yield users and their keys, which do not expire."""
    for user in subject.of("aws_iam_user", "aws_iam_access_key"):
        yield at(user, "people and programs sign in with roles; a user's keys do not expire")


RULES = (
    control(
        "SC787",
        "key-lifetime",
        keys_rotate_and_are_not_deleted_quickly,
        fsbp="KMS.4",
        summary="Keys rotate and are not deleted quickly (and KMS.3)",
        fix="Set enable_key_rotation = true and deletion_window_in_days = 30.",
    ),
    control(
        "SC788",
        "shared-key",
        classes_of_data_have_keys_of_their_own,
        source="https://docs.aws.amazon.com/prescriptive-guidance/latest/aws-kms-best-practices/introduction.html",
        summary="Data, objects, messages, secrets and logs have a key each",
        fix="Add the class to the keys of the environment.",
    ),
    control(
        "SC789",
        "secret-not-encrypted",
        secrets_are_encrypted_with_our_key,
        source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
        summary="Secrets are encrypted with our own key",
        fix="Set kms_key_id.",
    ),
    control(
        "SC790",
        "secret-in-state",
        no_secret_lies_in_the_state,
        source="https://developer.hashicorp.com/terraform/language/manage-sensitive-data",
        severity=Severity.HIGH,
        summary="No secret lies in the state",
        fix="Use secret_string_wo with secret_string_wo_version, or write the value apart from terraform.",
    ),
    control(
        "SC791",
        "secret-gone-at-once",
        deleted_secrets_can_be_restored,
        source="https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html",
        is_for_protected=True,
        severity=Severity.LOW,
        summary="A deleted secret can be restored for a week",
        fix="Set recovery_window_in_days = 7 or more.",
    ),
    control(
        "SC792",
        "parameter-not-encrypted",
        parameters_are_encrypted_with_our_key,
        source="https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html",
        summary="Parameters are SecureStrings under our own key",
        fix='Set type = "SecureString" and key_id.',
    ),
    control(
        "SC793",
        "log-group",
        logs_are_kept_and_encrypted,
        fsbp="CloudWatch.16",
        summary="Log groups say how long they are kept, and are encrypted with our key",
        fix="Set retention_in_days and kms_key_id.",
    ),
    control(
        "SC794",
        "unheard-alarm",
        alarms_are_heard,
        fsbp="CloudWatch.15",
        summary="Somebody hears every alarm (and CloudWatch.17)",
        fix="Set alarm_actions, and actions_enabled = true.",
    ),
    control(
        "SC795",
        "backup-in-one-region",
        backups_leave_the_region,
        fsbp="Backup.1",
        is_for_protected=True,
        summary="Backups survive the region",
        fix="Add a copy_action to a vault in another region.",
    ),
    control(
        "SC796",
        "iam-user",
        there_are_no_users,
        fsbp="IAM.2",
        severity=Severity.HIGH,
        summary="There are no IAM users",
        fix="Use roles: IAM Identity Center for people, OIDC for pipelines, task roles for services.",
    ),
)
