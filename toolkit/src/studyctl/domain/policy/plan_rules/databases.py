"""Controls of databases."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.resources import PlannedResource
from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control, nowhere
from studyctl.domain.policy.rules.rule import Offence

AUTHORITIES = frozenset({"rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"})
DEFAULT_ADMINS = frozenset({"postgres", "admin", "administrator", "root", "rdsadmin", "user", "awsuser", "mysql"})
EVENT_SOURCES = frozenset({"db-instance", "db-parameter-group", "db-security-group"})
BACKUP_DAYS = 7


def databases(subject: PlanSubject) -> Iterator[PlannedResource]:
    """Yield the databases, replicas included."""
    return iter(subject.of("aws_db_instance"))


def primaries(subject: PlanSubject) -> Iterator[PlannedResource]:
    """Yield the databases that are no copy of another."""
    return (database for database in databases(subject) if not database.has("replicate_source_db"))


def databases_are_in_subnets_of_their_own(subject: PlanSubject) -> Iterator[Offence]:
    """Yield databases with a public address, or outside of the plan's subnet groups."""
    own = {group.text("name") for group in subject.of("aws_db_subnet_group")}
    for database in databases(subject):
        is_replica = database.has("replicate_source_db")
        is_placed = is_replica or database.text("db_subnet_group_name") in own - {""}
        is_placed = is_placed or database.is_unknown("db_subnet_group_name")
        if database.values.get("publicly_accessible") or not is_placed:
            yield at(database, "it has a public address, or no subnet group of its own")


def the_admin_has_a_name_of_its_own(subject: PlanSubject) -> Iterator[Offence]:
    """Yield databases whose administrator everybody can guess."""
    for database in primaries(subject):
        if database.text("username") in DEFAULT_ADMINS | {""} and not database.is_unknown("username"):
            yield at(database, f'its administrator is called "{database.text("username")}"')


def no_password_lies_in_the_state(subject: PlanSubject) -> Iterator[Offence]:
    """Yield databases whose password terraform writes down."""
    for database in databases(subject):
        values = database.values
        is_managed = values.get("manage_master_user_password") or values.get("password_wo_version")
        if database.has("password") or not (database.has("replicate_source_db") or is_managed):
            yield at(database, "its password lies in the state")


def connections_are_encrypted(subject: PlanSubject) -> Iterator[Offence]:
    """Yield parameter groups of PostgreSQL that let plain connections in."""
    for group in subject.of("aws_db_parameter_group"):
        parameters = {parameter.get("name"): str(parameter.get("value")) for parameter in group.blocks("parameter")}
        if group.text("family").startswith("postgres") and parameters.get("rds.force_ssl") != "1":
            yield at(group, "rds.force_ssl is not 1")


def backups_are_kept_a_week(subject: PlanSubject) -> Iterator[Offence]:
    """Yield databases whose backups go sooner, or that have none because nobody said so."""
    for database in primaries(subject):
        days = database.values.get("backup_retention_period") or 0
        if int(days) < BACKUP_DAYS:
            yield at(database, f"its backups are kept for {days} days")


def certificates_are_of_a_modern_authority(subject: PlanSubject) -> Iterator[Offence]:
    """Yield databases with a certificate of an old authority; unnamed, it is the account's default, which is modern."""
    for database in databases(subject):
        named = database.text("ca_cert_identifier")
        if named and named not in AUTHORITIES:
            yield at(database, f"its certificate is of {named}")


def a_backup_plan_covers_databases(subject: PlanSubject) -> Iterator[Offence]:
    """Yield that databases are in no backup plan."""
    if subject.of("aws_db_instance") and not (subject.of("aws_backup_plan") and subject.of("aws_backup_selection")):
        yield nowhere(subject, "no backup plan covers the databases")


def operators_hear_of_database_events(subject: PlanSubject) -> Iterator[Offence]:
    """Yield kinds of events that nobody hears of."""
    if not subject.of("aws_db_instance"):
        return
    there = {s.text("source_type") for s in subject.of("aws_db_event_subscription") if s.values.get("enabled", True)}
    for missing in sorted(EVENT_SOURCES - there):
        yield nowhere(subject, f"nobody hears of events of {missing}")


def primaries_survive_a_zone_and_a_mistake(subject: PlanSubject) -> Iterator[Offence]:
    """Yield what a zone or a wrong command would take away."""
    for database in primaries(subject):
        for attribute in ("multi_az", "deletion_protection", "monitoring_interval"):
            if not database.values.get(attribute):
                yield at(database, f"{attribute} is not set")


def something_is_kept_when_a_database_goes(subject: PlanSubject) -> Iterator[Offence]:
    """Yield databases that leave nothing behind."""
    for database in primaries(subject):
        if database.values.get("skip_final_snapshot") or database.values.get("delete_automated_backups"):
            yield at(database, "nothing is kept when it goes")


def performance_insights_are_encrypted_with_our_key(subject: PlanSubject) -> Iterator[Offence]:
    """Yield databases without insights, or with insights under AWS's key."""
    for database in databases(subject):
        is_on = database.values.get("performance_insights_enabled")
        if not is_on or not database.has("performance_insights_kms_key_id"):
            yield at(database, "Performance Insights are off or not under our key")


RULES = (
    control(
        "SC735",
        "database-outside",
        databases_are_in_subnets_of_their_own,
        fsbp="RDS.2",
        severity=Severity.HIGH,
        summary="Databases have no public address and subnets of their own",
        fix="Set publicly_accessible = false and db_subnet_group_name.",
    ),
    control(
        "SC736",
        "default-admin-name",
        the_admin_has_a_name_of_its_own,
        fsbp="RDS.25",
        severity=Severity.LOW,
        summary="Administrators of databases have a name of their own",
        fix="Choose another username.",
    ),
    control(
        "SC737",
        "password-in-state",
        no_password_lies_in_the_state,
        source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html",
        severity=Severity.HIGH,
        summary="No password of a database lies in the state",
        fix="Use manage_master_user_password, or password_wo with password_wo_version.",
    ),
    control(
        "SC738",
        "plain-database-connections",
        connections_are_encrypted,
        source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html",
        summary="PostgreSQL takes encrypted connections only",
        fix='Set the parameter rds.force_ssl to "1".',
    ),
    control(
        "SC739",
        "short-backups",
        backups_are_kept_a_week,
        fsbp="RDS.11",
        summary="Backups of databases are kept for a week or longer",
        fix="Set backup_retention_period = 7 or more.",
    ),
    control(
        "SC740",
        "old-certificate-authority",
        certificates_are_of_a_modern_authority,
        source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html",
        summary="Certificates of databases are of a current authority",
        fix='Set ca_cert_identifier = "rds-ca-rsa2048-g1" or remove it.',
    ),
    control(
        "SC741",
        "no-backup-plan",
        a_backup_plan_covers_databases,
        fsbp="RDS.26",
        summary="A backup plan covers the databases",
        fix="Add aws_backup_plan and aws_backup_selection.",
    ),
    control(
        "SC742",
        "unheard-database-events",
        operators_hear_of_database_events,
        fsbp="RDS.20",
        is_for_protected=True,
        severity=Severity.LOW,
        summary="Somebody hears of events of instances, parameters and security groups",
        fix="Add an aws_db_event_subscription for the source type.",
    ),
    control(
        "SC743",
        "fragile-database",
        primaries_survive_a_zone_and_a_mistake,
        fsbp="RDS.5",
        is_for_protected=True,
        summary="Databases survive a zone, a wrong command and a slow host: RDS.5, RDS.6, RDS.8",
        fix="Set multi_az, deletion_protection and monitoring_interval.",
    ),
    control(
        "SC744",
        "no-final-snapshot",
        something_is_kept_when_a_database_goes,
        source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
        is_for_protected=True,
        summary="A database leaves a snapshot and its backups when it goes",
        fix="Set skip_final_snapshot = false and delete_automated_backups = false.",
    ),
    control(
        "SC745",
        "insights-not-encrypted",
        performance_insights_are_encrypted_with_our_key,
        source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.Overview.html",
        severity=Severity.LOW,
        summary="Performance Insights are on, under our own key",
        fix="Set performance_insights_enabled and performance_insights_kms_key_id.",
    ),
)
