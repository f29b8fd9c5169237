"""Terraform's lock file in the state bucket, as an object: what it says, and how to remove one nobody can read."""

from __future__ import annotations

import json
import os
import pwd
import socket
from typing import Any

from botocore.exceptions import ClientError

from studyctl.domain.lock import HeldLock, LockInfo
from studyctl.errors import Locked

UNREADABLE = LockInfo(lock_id="", who="nobody can say: the lock file is unreadable")


def this_holder() -> str:
    """Return whom terraform writes into a lock that it takes for this user on this machine."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = os.environ.get("USER", "")
    return f"{user}@{socket.gethostname()}"


class StateLock:
    """The lock of one state."""

    def __init__(self, s3: Any, bucket: str, state_key: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key = f"{state_key}.tflock"

    def held(self) -> HeldLock | None:
        """Return the lock, or nothing where there is none."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._key)
        except ClientError as refused:
            if refused.response["Error"]["Code"] in {"NoSuchKey", "NoSuchBucket"}:
                return None
            raise
        return HeldLock(parse_lock(answer["Body"].read()), answer["ETag"], answer["LastModified"].timestamp())

    def remove(self, lock: HeldLock) -> None:
        """Delete the lock file if it is still exactly what was looked at.

        Raises:
            Locked: it was written anew since.
        """
        try:
            self._s3.delete_object(Bucket=self._bucket, Key=self._key, IfMatch=lock.version)
        except ClientError as refused:
            if refused.response["Error"]["Code"] not in {"PreconditionFailed", "ConditionalRequestConflict"}:
                raise
            raise Locked(
                "the lock was taken anew while it was looked at",
                why="Somebody began to work on the environment. Nothing was changed.",
                hint="Wait until it is done, then run the command again.",
            ) from refused


def parse_lock(body: bytes) -> LockInfo:
    """Read a lock file; one that is empty, cut short or something else is held by nobody knows whom."""
    try:
        content = json.loads(body)
        return LockInfo(
            lock_id=content["ID"],
            path=content["Path"],
            operation=content["Operation"].removeprefix("OperationType"),
            who=content["Who"],
            version=content["Version"],
            created=content["Created"],
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return UNREADABLE
