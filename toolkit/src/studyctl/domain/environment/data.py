"""What holds data: buckets, cache, database, vector database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from studyctl.domain.environment.base import Matches, Problem, Spec, refuse

SIZE = r"(nano|micro|small|medium|large|(?:[0-9]{1,2})?xlarge)"
Days = Annotated[int, Field(ge=1, le=3_650)]
# S3 moves nothing to the infrequent-access tier before its 30th day, nor onwards within 30 days of that.
S3_MINIMUM_DAYS = 30
# RDS refuses a maximum that is not at least a tenth above what is allocated.
STORAGE_HEADROOM_PERCENT = 10


class Bucket(Spec):
    """What becomes of the objects of a bucket. Every bucket is versioned, encrypted and private."""

    infrequent_access_after_days: Annotated[
        Annotated[int, Field(ge=S3_MINIMUM_DAYS, le=3_650)] | None,
        Field(description="Age at which objects move to infrequent access; S3 accepts 30 days or more.", examples=[30]),
    ] = None
    glacier_after_days: Annotated[
        Days | None, Field(description="Age at which objects move to Glacier.", examples=[60])
    ] = None
    expire_after_days: Annotated[
        Days | None, Field(description="Age at which objects are deleted.", examples=[365])
    ] = None

    @model_validator(mode="after")
    def _tiers_are_in_order(self) -> Bucket:
        refuse(self._order_problems())
        return self

    def _order_problems(self) -> Iterator[Problem]:
        infrequent, glacier, expire = self.infrequent_access_after_days, self.glacier_after_days, self.expire_after_days
        if infrequent is not None and glacier is not None and glacier < infrequent + S3_MINIMUM_DAYS:
            yield Problem(
                ("glacier_after_days",),
                f"S3 keeps an object {S3_MINIMUM_DAYS} days in infrequent access before Glacier:"
                f" write {infrequent + S3_MINIMUM_DAYS} or more",
            )
        last_move = max(days for days in (infrequent, glacier, 0) if days is not None)
        if expire is not None and expire <= last_move:
            yield Problem(
                ("expire_after_days",),
                f"objects would be deleted before they move at {last_move} days: write more than {last_move}",
            )


class Buckets(Spec):
    """The buckets of the platform."""

    uploads: Annotated[Bucket, Field(description="Files as users sent them.")]
    processed: Annotated[Bucket, Field(description="What the workers made of them.")]
    web: Annotated[Bucket, Field(description="The web application that the CDN serves.")]
    logs: Annotated[Bucket, Field(description="Access logs of balancer, CDN and buckets, and archived service logs.")]


class ObjectStorage(Spec):
    """The buckets and their copies."""

    has_backup_region_copies: Annotated[bool, Field(description="Replicate what users own to the backup region.")]
    buckets: Annotated[Buckets, Field(description="What becomes of the objects of each bucket.")]


class Cache(Spec):
    """The ElastiCache replication group."""

    node_type: Annotated[
        str,
        Field(description="ElastiCache node type.", examples=["cache.t4g.small"]),
        Matches(rf"cache\.[a-z][0-9]+[a-z]{{0,3}}\.{SIZE}", "an ElastiCache node type such as cache.t4g.small"),
    ]
    replicas: Annotated[
        int, Field(ge=0, le=5, description="Copies besides the primary. One or more turns on failover across zones.")
    ]
    snapshot_retention_days: Annotated[
        int, Field(ge=0, le=35, description="How long daily snapshots are kept; 0: none.")
    ]


class Database(Spec):
    """The PostgreSQL instance on RDS."""

    engine_version: Annotated[
        str,
        Field(
            description="PostgreSQL version, in quotes: a major one (AWS picks the minor) or an exact one.",
            examples=["16"],
        ),
        Matches(r"1[3-9](\.[0-9]{1,2})?", 'a PostgreSQL version in quotes, such as "16" or "16.4"'),
    ]
    instance_class: Annotated[
        str,
        Field(description="RDS instance class.", examples=["db.t4g.medium"]),
        Matches(rf"db\.[a-z][0-9]+[a-z]{{0,4}}\.{SIZE}", "an RDS instance class such as db.t4g.medium"),
    ]
    storage_gib: Annotated[int, Field(ge=20, le=65_536, description="Storage at creation in GiB.")]
    max_storage_gib: Annotated[
        int,
        Field(
            ge=22,
            le=65_536,
            description="Storage up to which RDS grows by itself in GiB; at least 10 % above storage_gib.",
        ),
    ]
    is_multi_az: Annotated[bool, Field(description="Keep a standby in another zone.")]
    read_replicas: Annotated[int, Field(ge=0, le=5, description="Copies that serve reads.")]
    backup_retention_days: Annotated[
        int, Field(ge=7, le=35, description="How long any second can be restored (point in time recovery).")
    ]
    has_backup_region_copies: Annotated[bool, Field(description="Copy backups to the backup region.")]
    is_deletion_protected: Annotated[
        bool, Field(description="Refuse deletion, whoever asks, until this is turned off.")
    ]

    @model_validator(mode="after")
    def _can_grow(self) -> Database:
        least = -(-self.storage_gib * (100 + STORAGE_HEADROOM_PERCENT) // 100)
        if self.max_storage_gib < least:
            refuse(
                [
                    Problem(
                        ("max_storage_gib",),
                        f"RDS wants at least {STORAGE_HEADROOM_PERCENT} % above storage_gib {self.storage_gib}:"
                        f" write {least} or more",
                    )
                ]
            )
        return self


class VectorDatabase(Spec):
    """Qdrant on an EC2 instance."""

    instance_type: Annotated[
        str,
        Field(description="EC2 instance type, with an ARM (Graviton) processor.", examples=["r6g.large"]),
        Matches(rf"[a-z]{{1,2}}[0-9]+g[a-z]{{0,2}}\.{SIZE}", "a Graviton instance type such as r6g.large"),
    ]
    volume_gib: Annotated[int, Field(ge=10, le=16_384, description="Size of the gp3 data volume in GiB.")]
    snapshot_retention_days: Annotated[int, Field(ge=1, le=365, description="How long daily snapshots are kept.")]
    qdrant_version: Annotated[
        str,
        Field(description="Qdrant release.", examples=["1.20.0"]),
        Matches(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}", "a whole Qdrant release such as 1.20.0"),
    ]
