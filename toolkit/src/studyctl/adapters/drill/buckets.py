"""A bucket and its replica in the backup region. The emulator replicates nothing, so the drill copies in its place."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from studyctl.adapters.aws.calls import asking
from studyctl.domain.disaster.drill import Holdings, Marker, newest

MARKERS = "studyctl-drill/"
ARN_PREFIX = "arn:aws:s3:::"


@dataclass(frozen=True)
class BucketStore:
    """One bucket by its key in the environment's file. `there` and `here` are S3 of the lost and the backup region."""

    key: str
    there: Any
    here: Any
    source: str
    """The environment's own bucket."""

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.key} bucket"

    def mark(self, marker: Marker) -> None:
        """Write an object under a prefix of the drill's own."""
        with asking(f"mark the {self.name}"):
            self.there.put_object(
                Bucket=self.source,
                Key=f"{MARKERS}{marker.number}",
                Body=marker.written_at.isoformat().encode(),
                ContentType="text/plain",
            )

    def back_up(self) -> Holdings:
        """Do what replication would have done; what the replica holds."""
        source, replica = self.source, self._replica
        with asking(f"copy the {self.name}"):
            for key, _ in _objects(self.there, source):
                self.here.copy({"Bucket": source, "Key": key}, replica, key, SourceClient=self.there)
            return _holdings(self.here, replica)

    def restore(self, platform: Mapping[str, Any]) -> Holdings:
        """Copy the replica into the substitute's bucket, within the region."""
        replica, bucket = self._replica, platform["buckets"][self.key]
        with asking(f"restore the {self.name}"):
            for key, _ in _objects(self.here, replica):
                self.here.copy({"Bucket": replica, "Key": key}, bucket, key)
            return _holdings(self.here, bucket)

    def newest_marker(self, platform: Mapping[str, Any]) -> Marker | None:
        """The newest object under the drill's prefix."""
        bucket = platform["buckets"][self.key]
        with asking(f"look for markers in the {self.name}"):
            return newest(
                Marker(
                    int(key.removeprefix(MARKERS)),
                    datetime.datetime.fromisoformat(
                        self.here.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
                    ),
                )
                for key, _ in _objects(self.here, bucket, MARKERS)
            )

    def forget(self) -> None:
        """Remove every version of the markers. The replica keeps what replication would have put there anyway."""
        with asking(f"remove the markers of the {self.name}"):
            for s3, bucket in ((self.there, self.source), (self.here, self._replica)):
                for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=MARKERS):
                    for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                        s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])

    def ways(self) -> tuple[str, str]:
        """As a runbook tells it."""
        return (
            "its objects were copied into its replica in the backup region, as S3 replication does",
            "the replica's objects were copied into the new bucket",
        )

    @cached_property
    def _replica(self) -> str:
        """Where replication is configured to put objects. Asked once, before the loss: the answer is in the region."""
        with asking(f"read the replication of the {self.name}"):
            answer = self.there.get_bucket_replication(Bucket=self.source)
        return str(answer["ReplicationConfiguration"]["Rules"][0]["Destination"]["Bucket"]).removeprefix(ARN_PREFIX)


def _objects(s3: Any, bucket: str, prefix: str = "") -> Iterator[tuple[str, int]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from ((each["Key"], int(each["Size"])) for each in page.get("Contents", ()))


def _holdings(s3: Any, bucket: str) -> Holdings:
    sizes = [size for _, size in _objects(s3, bucket)]
    return {"objects": len(sizes), "bytes": sum(sizes)}
