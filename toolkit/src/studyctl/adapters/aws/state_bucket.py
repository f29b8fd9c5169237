"""The bucket that holds terraform's state and, beside it, what was deployed when.

Objects of one environment live under `environments/<name>/`. Numbered records are written with conditional PUTs,
so two writers can never take the same number.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from studyctl.adapters.aws.session import AwsSession
from studyctl.adapters.aws.state_lock import StateLock
from studyctl.domain.drift import identifiers
from studyctl.domain.lock import LockInfo
from studyctl.domain.records import DeploymentRecord, StateVersion
from studyctl.errors import OutcomeUnknown, PreflightFailed

MAX_NUMBERING_ATTEMPTS = 20
MAX_VERSIONS_READ = 20
STATE_FIELDS = frozenset({"serial", "lineage", "terraform_version", "resources", "outputs"})


@dataclass(frozen=True)
class StateBucket:
    """One environment's view of the state bucket."""

    session: AwsSession
    name: str
    environment: str

    @property
    def _prefix(self) -> str:
        return f"environments/{self.environment}/"

    @property
    def state_key(self) -> str:
        """Where terraform keeps this environment's state."""
        return f"{self._prefix}platform.tfstate"

    def exists(self) -> bool:
        """Whether the bucket is there and ours.

        Raises:
            PreflightFailed: it exists but may not be read.
        """
        try:
            self._s3.head_bucket(Bucket=self.name)
        except ClientError as refused:
            code = refused.response["ResponseMetadata"]["HTTPStatusCode"]
            if code == 404:  # noqa: PLR2004
                return False
            raise PreflightFailed(
                f"the state bucket {self.name} may not be read (HTTP {code})",
                why="It belongs to another account, or the role lacks s3:ListBucket on it.",
                hint="Check the profile in use: aws sts get-caller-identity",
            ) from refused
        return True

    def state_version(self) -> StateVersion | None:
        """Serial, lineage and object version of the newest state, or nothing when there is none.

        Raises:
            OutcomeUnknown: an object is there but is no state.
        """
        found = self._read_state()
        if found is None:
            return None
        state, version_id = found
        return StateVersion(
            serial=state["serial"],
            lineage=state["lineage"],
            version_id=version_id,
            terraform_version=state["terraform_version"],
            resources=sum(
                len(resource["instances"]) for resource in state["resources"] if resource["mode"] == "managed"
            ),
        )

    def state_outputs(self) -> Mapping[str, Any]:
        """The outputs that the newest state holds, sensitive ones left out; nothing when there is no state.

        Raises:
            OutcomeUnknown: an object is there but is no state.
        """
        found = self._read_state()
        outputs = found[0]["outputs"] if found else {}
        return {name: output["value"] for name, output in outputs.items() if not output.get("sensitive")}

    def identifiers(self) -> frozenset[str] | None:
        """Every ARN and id that the newest state names; None when there is no state.

        Raises:
            OutcomeUnknown: an object is there but is no state.
        """
        found = self._read_state()
        return identifiers(found[0]) if found else None

    def _read_state(self) -> tuple[dict[str, Any], str | None] | None:
        try:
            answer = self._s3.get_object(Bucket=self.name, Key=self.state_key)
        except ClientError as refused:
            if refused.response["Error"]["Code"] in {"NoSuchKey", "NoSuchBucket"}:
                return None
            raise
        body = answer["Body"].read()
        try:
            state = _parse_state(body)
        except ValueError as broken:
            raise OutcomeUnknown(
                f"s3://{self.name}/{self.state_key} is not a terraform state ({len(body)} bytes)",
                why=f"{broken}. Planning from it would create everything a second time.",
                hint=self._way_back(),
            ) from broken
        return state, answer.get("VersionId")

    def _way_back(self) -> str:
        """Name the newest version that is a state, and how to put it back."""
        place = f"--bucket {self.name} --{{}} {self.state_key}"
        try:
            good = next(self._good_versions(), None)
        except ClientError:  # versions may be listed by others; the command below says what is missing
            good = None
        if good is None:
            return f"List its versions: aws s3api list-object-versions {place.format('prefix')}"
        version_id, serial, written_at = good
        source = f"{self.name}/{self.state_key}?versionId={version_id}"
        return (
            f"Its last good version is {version_id}, serial {serial}, written at {written_at}. Put it back with: "
            f"aws s3api copy-object --copy-source '{source}' {place.format('key')}"
        )

    def _good_versions(self) -> Iterator[tuple[str, int, str]]:
        """Yield id, serial and time of what is a state, newest first."""
        pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=self.state_key)
        versions = (version for page in pages for version in page.get("Versions", ()))
        for version in islice((each for each in versions if each["Key"] == self.state_key), MAX_VERSIONS_READ):
            version_id = version["VersionId"]
            answer = self._s3.get_object(Bucket=self.name, Key=self.state_key, VersionId=version_id)
            with contextlib.suppress(ValueError):
                serial = _parse_state(answer["Body"].read())["serial"]
                yield version_id, serial, version["LastModified"].isoformat(timespec="seconds")

    @property
    def state_lock(self) -> StateLock:
        """Terraform's lock beside the state."""
        return StateLock(self._s3, self.name, self.state_key)

    def lock(self) -> LockInfo | None:
        """Who holds terraform's lock, or nothing. An unreadable lock is reported as held by somebody unknown."""
        held = self.state_lock.held()
        return held.info if held else None

    def records(self) -> tuple[DeploymentRecord, ...]:
        """Every deployment of this environment, newest first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=self._records_prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return tuple(self._read_record(key) for key in sorted(keys, reverse=True))

    def latest_record(self) -> DeploymentRecord | None:
        """The newest deployment, or nothing."""
        keys = self._record_keys()
        return self._read_record(keys[-1]) if keys else None

    def append(self, record: DeploymentRecord) -> DeploymentRecord:
        """Write `record` under the next free number and return it with that number."""
        keys = self._record_keys()
        number = int(keys[-1].rsplit("/", 1)[1].removesuffix(".json")) + 1 if keys else 1
        for attempt in range(number, number + MAX_NUMBERING_ATTEMPTS):
            numbered = record.with_number(attempt)
            try:
                self._s3.put_object(
                    Bucket=self.name,
                    Key=f"{self._records_prefix}{attempt:08d}.json",
                    Body=json.dumps(numbered.to_json(), indent=2, sort_keys=True).encode(),
                    ContentType="application/json",
                    IfNoneMatch="*",
                )
            except ClientError as refused:
                if refused.response["Error"]["Code"] not in {"PreconditionFailed", "ConditionalRequestConflict"}:
                    raise
            else:
                return numbered
        raise OutcomeUnknown(
            f"no free number for the record of this deployment after {MAX_NUMBERING_ATTEMPTS} attempts",
            why="Other deployments of the environment take numbers as fast as this one asks.",
            hint=f"The deployment itself is done; see: studyctl status {self.environment}",
        )

    @property
    def _s3(self) -> Any:
        return self.session.client("s3")

    @property
    def _records_prefix(self) -> str:
        return f"{self._prefix}ledger/deployments/"

    def _record_keys(self) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=self._records_prefix)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", ()))

    def _read_record(self, key: str) -> DeploymentRecord:
        content: Mapping[str, Any] = json.loads(self._s3.get_object(Bucket=self.name, Key=key)["Body"].read())
        return DeploymentRecord.from_json(content)


def _parse_state(body: bytes) -> dict[str, Any]:
    state = json.loads(body)
    if not isinstance(state, dict) or not state.keys() >= STATE_FIELDS:
        raise ValueError("fields of a state are missing")
    try:
        blank = [f"{each['type']}.{each['name']}" for each in state["resources"] if _is_blank(each)]
    except (KeyError, TypeError, AttributeError) as missing:
        raise ValueError("fields of a resource are missing") from missing
    if blank:
        raise ValueError(f"{', '.join(blank)} lost all attributes")
    return state


def _is_blank(resource: Mapping[str, Any]) -> bool:
    """Whether something real is named with nothing said of it: terraform would take it for gone and make it again."""
    if resource["mode"] != "managed":
        return False
    said = ((instance["attributes"] or {}).values() for instance in resource["instances"])
    return any(all(value is None for value in values) for values in said)
