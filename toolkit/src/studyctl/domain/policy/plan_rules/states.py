"""Controls of the bucket that holds Terraform's state: a version that is gone cannot be recovered from.

The bucket is known by its name, as it is made once for all environments: one of its words is `state` or `tfstate`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.policy.documents import Statement
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.globs import Reading, action_glob, glob, matches, matches_any
from studyctl.domain.policy.graph.reach import Target, can
from studyctl.domain.policy.graph.resources import PlannedResource
from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control
from studyctl.domain.policy.rules.exposure.narrowing import names_anybody
from studyctl.domain.policy.rules.rule import Offence

_WORDS = frozenset({"state", "tfstate"})
_SEPARATORS = re.compile(r"[-._]")
_DELETION = "s3:deleteobjectversion"
_WRITE = "s3:PutObject"
_OBJECT = "environments/some-other-name/platform.tfstate"
"""The state of an environment of which no policy speaks: whoever writes it writes that of any."""


def nobody_deletes_versions_of_state(subject: PlanSubject) -> Iterator[Offence]:
    """Yield buckets of state whose policy does not deny everybody the deletion of versions."""
    denials = [one for p in subject.graph.policies if p.service == "s3" for one in p.document.denies if _keeps(one)]
    for bucket in _state_buckets(subject):
        wanted = f"{_arn(subject, bucket)}/{_OBJECT}"
        if not any(_is_about(statement, wanted) for statement in denials):
            yield at(bucket, "its policy does not deny everybody s3:DeleteObjectVersion")


def roles_write_the_state_of_one_environment(subject: PlanSubject) -> Iterator[Offence]:
    """Yield identities that may write the state of an environment that nobody named."""
    for bucket in _state_buckets(subject):
        wanted = Target((_WRITE,), (f"{_arn(subject, bucket)}/{_OBJECT}",))
        for identity in subject.graph.world.identities:
            answer = can(identity, wanted)
            if not answer.is_no:
                yield Offence(
                    f"{identity} may write the state of any environment in {bucket.text('bucket')}",
                    identity.position,
                    identity.name,
                    str(answer),
                    answer.is_yes,
                )


def _state_buckets(subject: PlanSubject) -> Iterator[PlannedResource]:
    logs = subject.companions("target_bucket", "aws_s3_bucket_logging")
    for bucket in subject.of("aws_s3_bucket"):
        if bucket.address not in logs and not _WORDS.isdisjoint(_SEPARATORS.split(bucket.text("bucket"))):
            yield bucket


def _arn(subject: PlanSubject, bucket: PlannedResource) -> str:
    return f"arn:{subject.graph.world.partition}:s3:::{bucket.text('bucket')}"


def _keeps(statement: Statement) -> bool:
    """Whether a denial is for everybody, always, and of the deletion of versions."""
    if statement.conditions or statement.is_not_action or statement.is_not_principal or statement.is_not_resource:
        return False
    patterns = [action_glob(item.text) for item in statement.actions]
    return names_anybody(statement) and matches_any(patterns, _DELETION)


def _is_about(statement: Statement, resource: str) -> bool:
    return any(matches(glob(item.text, Reading.RESOURCE), resource) for item in statement.resources or ())


_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"

RULES = (
    control(
        "SC607",
        "state-of-any-environment",
        roles_write_the_state_of_one_environment,
        source="https://developer.hashicorp.com/terraform/language/backend/s3#s3-bucket-permissions",
        severity=Severity.HIGH,
        summary="A role writes the state of its own environment only",
        fix="Name the environment's prefix in Resource: BUCKET/environments/NAME/*.",
    ),
    control(
        "SC767",
        "state-versions-deletable",
        nobody_deletes_versions_of_state,
        source=_S3 + "DeletingObjectVersions.html",
        severity=Severity.HIGH,
        summary="Nobody can delete a version of Terraform's state",
        fix="Deny s3:DeleteObjectVersion on BUCKET/* to everybody, without a condition.",
    ),
)
