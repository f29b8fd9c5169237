"""The lock on an environment's releases: an object in the state bucket, written with conditions only."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from studyctl.adapters.aws.calls import asking, code_of
from studyctl.domain.release.release_lock import HeldReleaseLock, ReleaseLock

_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_ABSENT = frozenset({"NoSuchKey", "NoSuchBucket"})
UNREADABLE = ReleaseLock(lock_id="", who="nobody can say: the lock is unreadable", what="unknown", since="", beat_at="")


@dataclass(frozen=True)
class ReleaseLockStore:
    """One environment's lock. `is_alive` says of a process on this machine whether it still runs."""

    s3: Any
    bucket: str
    environment: str
    is_alive: Callable[[str], bool]

    @property
    def key(self) -> str:
        """Where the lock lies."""
        return f"environments/{self.environment}/release.lock"

    def held(self) -> HeldReleaseLock | None:
        """The lock, or nothing. How long it was silent is measured by the store's own clock."""
        with asking("read the lock on releases"):
            try:
                answer = self.s3.get_object(Bucket=self.bucket, Key=self.key)
                body = answer["Body"].read()
            except ClientError as refused:
                if code_of(refused) in _ABSENT:
                    return None
                raise
        try:
            lock = ReleaseLock.model_validate_json(body)
        except ValidationError:
            lock = UNREADABLE
        is_ours_to_know = lock.machine == socket.gethostname() and bool(lock.process)
        return HeldReleaseLock(
            lock=lock,
            version=answer["ETag"],
            silent_seconds=_age_seconds(answer),
            is_dead=is_ours_to_know and not self.is_alive(lock.process),
        )

    def take(self, lock: ReleaseLock) -> bool:
        """Write the lock if there is none."""
        return self._write(lock, IfNoneMatch="*")

    def replace(self, held: HeldReleaseLock, lock: ReleaseLock) -> bool:
        """Write the lock if it is still exactly what was looked at."""
        return self._write(lock, IfMatch=held.version)

    def remove(self, held: HeldReleaseLock) -> bool:
        """Remove the lock if it is still exactly what was looked at."""
        with asking("remove the lock on releases"):
            try:
                self.s3.delete_object(Bucket=self.bucket, Key=self.key, IfMatch=held.version)
            except ClientError as refused:
                if code_of(refused) in _TAKEN | _ABSENT:
                    return False
                raise
        return True

    def _write(self, lock: ReleaseLock, **condition: str) -> bool:
        with asking("write the lock on releases"):
            try:
                self.s3.put_object(
                    Bucket=self.bucket,
                    Key=self.key,
                    Body=lock.model_dump_json(indent=1).encode(),
                    ContentType="application/json",
                    **condition,
                )
            except ClientError as refused:
                if code_of(refused) in _TAKEN | _ABSENT:
                    return False
                raise
        return True


def _age_seconds(answer: dict[str, Any]) -> float:
    written: datetime = answer["LastModified"]
    now = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return max(0.0, (parsedate_to_datetime(now) - written).total_seconds()) if now else 0.0
