"""The buckets: an object can be put, read and removed, and nobody reads it without being asked who they are."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from studyctl.adapters.aws.calls import asking
from studyctl.adapters.smoke.asking import Wrong, result_of
from studyctl.adapters.smoke.web import Door, ask
from studyctl.domain.smoke.report import ProbeKind, ProbeResult
from studyctl.domain.smoke.subject import Subject

_KIND = ProbeKind.BUCKETS
PREFIX = "_smoke/"
NOT_WRITTEN = frozenset({"logs"})
"""Buckets that only AWS writes to; asked for public access all the same."""
_REFUSED = frozenset({403, 404})


@dataclass(frozen=True)
class BucketsProbe:
    """Asks S3."""

    s3: Any

    @property
    def kinds(self) -> frozenset[ProbeKind]:
        """What it asks about."""
        return frozenset({_KIND})

    def run(self, subject: Subject, wanted: frozenset[ProbeKind], *, deadline_seconds: float) -> Iterable[ProbeResult]:
        """One result a bucket."""
        del wanted
        buckets: Mapping[str, str] = subject.platform["buckets"]
        each_seconds = deadline_seconds / max(1, len(buckets))
        for key, name in sorted(buckets.items()):
            yield result_of(_KIND, key, partial(self._asked, key, name, each_seconds))

    def _asked(self, key: str, bucket: str, timeout_seconds: float) -> str:
        self._require_blocked(bucket)
        if key in NOT_WRITTEN:
            return "public access is blocked; only AWS writes here"
        name, content = f"{PREFIX}{secrets.token_hex(8)}", secrets.token_bytes(32)
        with asking(f"put an object into {bucket}"):
            self.s3.put_object(Bucket=bucket, Key=name, Body=content)
        try:
            with asking(f"read an object of {bucket}"):
                found = self.s3.get_object(Bucket=bucket, Key=name)["Body"].read()
            if found != content:
                raise Wrong("what was read is not what was put")
            self._require_private(bucket, name, timeout_seconds)
        finally:
            self._remove(bucket, name)
        return "put, read and removed; strangers are refused"

    def _require_blocked(self, bucket: str) -> None:
        with asking(f"describe public access to {bucket}"):
            block = self.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        if not all(block.values()):
            raise Wrong("public access is possible")

    def _require_private(self, bucket: str, name: str, timeout_seconds: float) -> None:
        """Ask as a stranger: the same address, without a signature."""
        parts = urlsplit(self.s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": name}))
        assert parts.hostname is not None  # noqa: S101  an S3 address has a host
        is_tls = parts.scheme == "https"
        door = Door(parts.hostname, parts.hostname, parts.port or (443 if is_tls else 80), is_tls=is_tls)
        status = ask(door, parts.path, timeout_seconds=timeout_seconds).status
        if status not in _REFUSED:
            raise Wrong(f"a stranger who asks for an object is answered {status}")

    def _remove(self, bucket: str, name: str) -> None:
        """Remove the object with all its versions: a marker alone would keep what the probe put for ever."""
        with asking(f"remove an object of {bucket}"):
            found = self.s3.list_object_versions(Bucket=bucket, Prefix=name)
            for version in (*found.get("Versions", ()), *found.get("DeleteMarkers", ())):
                self.s3.delete_object(Bucket=bucket, Key=name, VersionId=version["VersionId"])
