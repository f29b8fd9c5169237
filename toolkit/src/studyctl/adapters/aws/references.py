"""Whether what tasks need is there: roles, secrets, parameters, images, log groups, networks, target groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from studyctl.adapters.aws.calls import asking, code_of
from studyctl.adapters.aws.registry import EcrRegistry
from studyctl.adapters.aws.session import AwsSession
from studyctl.domain.release.images import Image
from studyctl.domain.release.seen import Reference, ReferenceSeen
from studyctl.errors import StudyctlError

MAX_PARALLEL_CALLS = 8
CURRENT = "AWSCURRENT"
_CLIENTS = ("iam", "secretsmanager", "ssm", "logs", "ec2", "elbv2")


@dataclass(frozen=True)
class AwsReferences:
    """Asks each service about what belongs to it."""

    session: AwsSession
    registry: EcrRegistry

    def look(self, references: Sequence[Reference]) -> tuple[ReferenceSeen, ...]:
        """Whether each is there, in the order of asking."""
        # made here, so that no thread waits for another one
        clients = {name: self.session.client(name) for name in _CLIENTS}
        with ThreadPoolExecutor(MAX_PARALLEL_CALLS) as pool:
            return tuple(pool.map(lambda each: self._look(clients, each), references))

    def _look(self, clients: Mapping[str, Any], reference: Reference) -> ReferenceSeen:
        try:
            if reference.kind == "image":
                return ReferenceSeen(reference, self._image(reference.identifier))
            with asking(f"describe {reference.kind} {reference.identifier}"):
                problem, version = _ASK[reference.kind](clients, reference.identifier)
        except StudyctlError as refused:
            return ReferenceSeen(reference, refused.what)
        return ReferenceSeen(reference, problem, version)

    def _image(self, text: str) -> str:
        image = Image.parse(text)
        if image is None:
            return "it is named by tag, and a tag can be moved: name it by digest"
        found = self.registry.digest_of(image.repository, digest=image.digest)
        return "" if found else "the registry does not have it"


Answer = tuple[str, str]
"""What is wrong (empty: nothing), and what the present content is known as."""


def _role(clients: Mapping[str, Any], arn: str) -> Answer:
    return _unless(clients["iam"].get_role, "NoSuchEntity", RoleName=arn.rpartition("/")[2])


def _secret(clients: Mapping[str, Any], arn: str) -> Answer:
    try:
        found = clients["secretsmanager"].describe_secret(SecretId=arn)
    except ClientError as refused:
        if code_of(refused) != "ResourceNotFoundException":
            raise
        return "it does not exist", ""
    if found.get("DeletedDate"):
        return f"it is being deleted since {found['DeletedDate']:%Y-%m-%d}", ""
    versions = found.get("VersionIdsToStages", {})
    current = [version for version, stages in versions.items() if CURRENT in stages]
    return ("", current[0]) if current else ("it has no value yet", "")


def _parameter(clients: Mapping[str, Any], name: str) -> Answer:
    return _unless(clients["ssm"].get_parameter, "ParameterNotFound", Name=name.rpartition(":parameter")[2] or name)


def _log_group(clients: Mapping[str, Any], name: str) -> Answer:
    found = clients["logs"].describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return ("" if any(group["logGroupName"] == name for group in found) else "it does not exist"), ""


def _subnet(clients: Mapping[str, Any], subnet: str) -> Answer:
    return _unless(clients["ec2"].describe_subnets, "InvalidSubnetID.NotFound", SubnetIds=[subnet])


def _security_group(clients: Mapping[str, Any], group: str) -> Answer:
    return _unless(clients["ec2"].describe_security_groups, "InvalidGroup.NotFound", GroupIds=[group])


def _target_group(clients: Mapping[str, Any], arn: str) -> Answer:
    try:
        groups = clients["elbv2"].describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    except ClientError as refused:
        if code_of(refused) not in {"TargetGroupNotFound", "TargetGroupNotFoundException"}:
            raise
        groups = []
    if not groups:
        return "it does not exist", ""
    return ("" if groups[0].get("LoadBalancerArns") else "no load balancer uses it"), ""


def _unless(call: Callable[..., Any], absent: str, **arguments: Any) -> Answer:
    """Call; one answer of the service means that there is no such thing."""
    try:
        call(**arguments)
    except ClientError as refused:
        if code_of(refused) not in {absent, f"{absent}Exception"}:
            raise
        return "it does not exist", ""
    return "", ""


_ASK: Mapping[str, Callable[[Mapping[str, Any], str], Answer]] = {
    "role": _role,
    "secret": _secret,
    "parameter": _parameter,
    "log group": _log_group,
    "subnet": _subnet,
    "security group": _security_group,
    "target group": _target_group,
}
