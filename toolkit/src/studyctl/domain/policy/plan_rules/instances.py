"""Controls of machines: launch templates, their volumes and how operators reach them."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.reach import Target, can
from studyctl.domain.policy.graph.resources import PlannedResource
from studyctl.domain.policy.plan_rules.network import doors
from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control
from studyctl.domain.policy.rules.rule import Offence

SSH = 22
_SESSION = Target(("ssmmessages:OpenDataChannel",))


def machines(subject: PlanSubject) -> Iterator[PlannedResource]:
    """Yield launch templates and instances."""
    yield from subject.of("aws_launch_template", "aws_instance")


def credentials_stay_on_the_machine(subject: PlanSubject) -> Iterator[Offence]:
    """Yield machines whose credentials a request that they forward can fetch."""
    for machine in machines(subject):
        metadata = machine.block("metadata_options")
        if metadata.get("http_tokens") != "required":
            yield at(machine, "its metadata is read without a token")
        if metadata.get("http_put_response_hop_limit") != 1:
            yield at(machine, "its metadata is read from further than one hop")


def machines_have_no_public_address_and_no_ssh(subject: PlanSubject) -> Iterator[Offence]:
    """Yield machines with a public address or a key for SSH, and doors for SSH."""
    for machine in machines(subject):
        interfaces = machine.blocks("network_interfaces")
        public = [str(one.get("associate_public_ip_address")).lower() for one in interfaces]
        if machine.type == "aws_instance":
            public = [str(machine.values.get("associate_public_ip_address")).lower()]
        if "true" in public or machine.has("key_name"):
            yield at(machine, "it has a public address, or a key for SSH")
    for door in doors(subject):
        if door.first is not None and door.opens(SSH):
            yield at(door.resource, "it lets SSH in; operators use Session Manager")


def machine_images_are_amazons_own(subject: PlanSubject) -> Iterator[Offence]:
    """Yield launch templates with an image that is not looked up under Amazon's own names."""
    for template in subject.of("aws_launch_template"):
        image = template.text("image_id")
        if image and not image.startswith("resolve:ssm:/aws/service/"):
            yield at(template, f"its image {image} is not one that Amazon names")


def machines_are_watched(subject: PlanSubject) -> Iterator[Offence]:
    """Yield machines without detailed monitoring or optimised volumes."""
    for template in subject.of("aws_launch_template"):
        is_watched = template.block("monitoring").get("enabled")
        if not is_watched or str(template.values.get("ebs_optimized")).lower() != "true":
            yield at(template, "it has no detailed monitoring, or is not EBS-optimised")


def volumes_are_encrypted_with_our_key(subject: PlanSubject) -> Iterator[Offence]:
    """Yield volumes that are not encrypted with our key."""
    for volume in subject.of("aws_ebs_volume"):
        if not volume.values.get("encrypted") or not volume.has("kms_key_id"):
            yield at(volume, "it is not encrypted with our key")


def operators_reach_machines_through_session_manager(subject: PlanSubject) -> Iterator[Offence]:
    """Yield machines whose role may not open a session."""
    for compute in subject.graph.world.computes:
        if compute.resource_type not in ("aws_launch_template", "aws_instance"):
            continue
        roles = [subject.graph.world.by_address[address] for address in compute.roles]
        machine = subject.plan.at(compute.address)
        if machine is not None and all(can(role, _SESSION).is_no for role in roles):
            yield at(machine, "its role may not open a session, so nobody reaches it")


def volumes_are_snapshot(subject: PlanSubject) -> Iterator[Offence]:
    """Yield volumes that no lifecycle policy selects."""
    targets = [
        target
        for policy in subject.of("aws_dlm_lifecycle_policy")
        if policy.text("state") == "ENABLED"
        for target in (policy.block("policy_details").get("target_tags") or {}).items()
    ]
    for volume in subject.of("aws_ebs_volume"):
        tags = volume.values.get("tags_all") or volume.values.get("tags") or {}
        if not any(tags.get(key) == value for key, value in targets):
            yield at(volume, "no policy takes snapshots of it")


def snapshots_are_private(subject: PlanSubject) -> Iterator[Offence]:
    """Yield what gives snapshots and images to other accounts, or to everybody."""
    for one in subject.of("aws_snapshot_create_volume_permission", "aws_ami_launch_permission"):
        whom = one.text("account_id") or one.text("group") or one.text("organization_arn") or "somebody"
        yield at(one, f"it gives what a volume holds to {whom}")
    for policy in subject.of("aws_dlm_lifecycle_policy"):
        schedules = policy.block("policy_details").get("schedule") or ()
        if any(schedule.get("share_rule") for schedule in schedules):
            yield at(policy, "it shares its snapshots with other accounts")
    for snapshot in subject.of("aws_db_snapshot"):
        accounts = snapshot.values.get("shared_accounts")
        if accounts:
            yield at(snapshot, f"it gives what a database holds to {', '.join(map(str, accounts))}")


def a_machine_that_dies_is_replaced(subject: PlanSubject) -> Iterator[Offence]:
    """Yield groups that may be empty."""
    for group in subject.of("aws_autoscaling_group"):
        if not group.values.get("min_size"):
            yield at(group, "nothing replaces its last machine")


_EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"

RULES = (
    control(
        "SC778",
        "metadata-without-token",
        credentials_stay_on_the_machine,
        fsbp="EC2.8",
        severity=Severity.HIGH,
        summary="Metadata of machines needs a token and goes one hop",
        fix='Set metadata_options { http_tokens = "required", http_put_response_hop_limit = 1 }.',
    ),
    control(
        "SC779",
        "machine-in-public",
        machines_have_no_public_address_and_no_ssh,
        fsbp="EC2.25",
        severity=Severity.HIGH,
        summary="Machines have no public address and no SSH",
        fix="Set associate_public_ip_address = false, remove key_name and port 22; use Session Manager.",
    ),
    control(
        "SC780",
        "foreign-image",
        machine_images_are_amazons_own,
        source=_EC2 + "finding-an-ami.html",
        summary="Images of machines are looked up under Amazon's own names",
        fix='Write image_id = "resolve:ssm:/aws/service/...".',
    ),
    control(
        "SC781",
        "unwatched-machine",
        machines_are_watched,
        source=_EC2 + "manage-detailed-monitoring.html",
        is_for_protected=True,
        severity=Severity.LOW,
        summary="Machines have detailed monitoring and optimised volumes",
        fix="Set monitoring { enabled = true } and ebs_optimized = true.",
    ),
    control(
        "SC782",
        "volume-not-encrypted",
        volumes_are_encrypted_with_our_key,
        fsbp="EC2.3",
        summary="Volumes are encrypted with our own key",
        fix="Set encrypted = true and kms_key_id.",
    ),
    control(
        "SC783",
        "machine-without-sessions",
        operators_reach_machines_through_session_manager,
        fsbp="SSM.1",
        summary="Operators reach machines through Session Manager",
        fix="Allow its role ssmmessages:Create* and Open* of ControlChannel and DataChannel, written out.",
    ),
    control(
        "SC784",
        "volume-without-snapshots",
        volumes_are_snapshot,
        fsbp="EC2.28",
        summary="Volumes are snapshot regularly",
        fix="Add an aws_dlm_lifecycle_policy that selects their tag.",
    ),
    control(
        "SC786",
        "snapshot-shared",
        snapshots_are_private,
        fsbp="EC2.1",
        severity=Severity.HIGH,
        summary="Snapshots and images of machines and databases stay in the account",
        fix="Remove the permission; whoever needs the data gets a copy of what he needs.",
    ),
    control(
        "SC785",
        "machine-not-replaced",
        a_machine_that_dies_is_replaced,
        source="https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html",
        summary="A machine that dies is replaced",
        fix="Set min_size to 1 or more.",
    ),
)
