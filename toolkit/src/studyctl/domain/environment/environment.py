"""The whole spec of an environment, and what its parts must agree on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from studyctl.domain.environment.base import Matches, Problem, Spec, TagValue, refuse
from studyctl.domain.environment.data import Cache, Database, ObjectStorage, VectorDatabase
from studyctl.domain.environment.deployments import Deployments
from studyctl.domain.environment.network import Domain, Network
from studyctl.domain.environment.operations import Alarms, Budget, Edge, Logs
from studyctl.domain.environment.services import Cluster, Queues, Services
from studyctl.domain.environment.telemetry import Telemetry
from studyctl.domain.target import TargetKind
from studyctl.domain.workspace import NAME_PATTERN

_SHORT_NAME = Matches(
    NAME_PATTERN.pattern, "2 to 16 characters: a lower-case letter, then lower-case letters, digits or hyphens"
)
Region = Annotated[
    str,
    Matches(r"[a-z]{2}(-[a-z]{2,12}){1,2}-[1-9]", "an AWS region such as us-east-1"),
]


class Environment(Spec):
    """What an environment is. Everything that differs between environments is here."""

    name: Annotated[
        Annotated[str, _SHORT_NAME],
        Field(description="Name of the environment: the same as the file's, without .yaml.", examples=["staging"]),
    ]
    project: Annotated[
        Annotated[str, _SHORT_NAME],
        Field(description="First part of every resource's name, and the tag Project.", examples=["study"]),
    ]
    owner: Annotated[TagValue, Field(description="Who answers for it: the tag Owner.", examples=["platform"])]
    cost_center: Annotated[TagValue, Field(description="Who pays: the tag CostCenter.", examples=["study-staging"])]
    account_id: Annotated[
        Annotated[
            str, Matches(r"[0-9]{12}", 'the 12 digits of an AWS account in quotes, such as "123456789012", or null')
        ]
        | None,
        Field(
            description="AWS account, 12 digits in quotes; null: the emulator on this machine.",
            examples=["123456789012"],
        ),
    ]
    region: Annotated[Region, Field(description="AWS region of the environment.", examples=["us-east-1"])]
    backup_region: Annotated[
        Region,
        Field(description="AWS region that holds the copies: another one, same partition.", examples=["us-west-2"]),
    ]
    can_be_destroyed: Annotated[bool, Field(description="Whether `studyctl destroy` may delete the environment.")]
    deployments: Annotated[Deployments, Field(description="When the environment may be changed.")] = Deployments()
    domain: Annotated[Domain, Field(description="The DNS name of the environment.")]
    network: Annotated[Network, Field(description="The VPC and how it reaches out.")]
    first_image_digest: Annotated[
        str,
        Field(
            description="Image that a service runs until its first release; afterwards the release ledger decides.",
            examples=["sha256:" + "0" * 64],
        ),
        Matches(r"sha256:[0-9a-f]{64}", "an image digest: sha256: and 64 lower-case hexadecimal digits"),
    ]
    image_signing_key: Annotated[
        Annotated[str, Matches(r"(alias/|arn:)[A-Za-z0-9/_:-]{1,256}", "a KMS key: its alias (alias/...) or its ARN")]
        | None,
        Field(
            description="KMS key that the manifest of released images must be signed with; null: any image of the"
            " registry may be released.",
            examples=["alias/study-images"],
        ),
    ] = None
    cluster: Annotated[Cluster, Field(description="The ECS cluster that the services share.")]
    services: Annotated[Services, Field(description="The Fargate services and their sizes.")]
    queues: Annotated[Queues, Field(description="The queues and how they repeat messages.")]
    object_storage: Annotated[ObjectStorage, Field(description="The buckets and their copies.")]
    cache: Annotated[Cache, Field(description="The ElastiCache replication group.")]
    database: Annotated[Database, Field(description="The PostgreSQL instance.")]
    vector_database: Annotated[VectorDatabase, Field(description="Qdrant on an EC2 instance.")]
    edge: Annotated[
        Edge | None, Field(description="CloudFront and its firewall; null: the load balancer faces the world.")
    ]
    logs: Annotated[Logs, Field(description="How long logs are kept.")]
    alarms: Annotated[Alarms, Field(description="What is watched and who is told.")]
    telemetry: Annotated[Telemetry, Field(description="What is collected beside CloudWatch, and where it goes.")] = (
        Telemetry()
    )
    budget: Annotated[Budget, Field(description="What the environment may cost.")]

    @property
    def target(self) -> TargetKind:
        """An environment without an account runs on the emulator."""
        return TargetKind.EMULATOR if self.account_id is None else TargetKind.AWS

    @model_validator(mode="after")
    def _parts_agree(self) -> Environment:
        refuse(self._disagreements())
        return self

    def _disagreements(self) -> Iterator[Problem]:
        if self.backup_region == self.region:
            yield Problem(
                ("backup_region",),
                f"copies in {self.region} would be lost with it: name another region, such as us-west-2",
            )
        elif _partition(self.backup_region) != _partition(self.region):
            yield Problem(
                ("backup_region",),
                f"{self.backup_region} and {self.region} are in different AWS partitions:"
                f" name a region of the partition {_partition(self.region)}",
            )
        if self.can_be_destroyed and self.database.is_deletion_protected:
            yield Problem(
                ("can_be_destroyed",),
                "database.is_deletion_protected is true, so it cannot: write can_be_destroyed: false,"
                " or is_deletion_protected: false",
            )
        sizes = {name: (service.cpu, service.memory_mib) for name, service in self.services.by_name().items()}
        for problem in self.telemetry.size_problems(sizes):
            yield Problem(("telemetry", *problem.path), problem.message)


def _partition(region: str) -> str:
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")
