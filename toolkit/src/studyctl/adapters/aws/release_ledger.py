"""The release ledger in the state bucket: one object an entry, numbered by conditional writes.

An entry is written anew while it is carried out. Each write says which version it replaces, so a command that was
taken over can never overwrite what the other one wrote.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from studyctl.adapters.aws.calls import asking, code_of
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.errors import OutcomeUnknown
from studyctl.usecases.release_ports import LedgerMoved

ENTRIES_READ = 50
MAX_NUMBERING_ATTEMPTS = 50
PARALLEL_READS = 8
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


@dataclass(frozen=True)
class ReleaseLedger:
    """One environment's ledger. It remembers which version of each entry this process knows."""

    s3: Any
    bucket: str
    environment: str
    _versions: dict[int, str] = field(default_factory=dict, repr=False)

    @property
    def prefix(self) -> str:
        """Where the entries lie."""
        return f"environments/{self.environment}/ledger/releases/"

    def entries(self) -> tuple[LedgerEntry, ...]:
        """The newest entries, newest first."""
        numbers = self._numbers()[-ENTRIES_READ:]
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            return tuple(pool.map(self.reread, reversed(numbers)))

    def newest_number(self) -> int:
        """The number of the newest entry; 0 while there is none."""
        numbers = self._numbers()
        return numbers[-1] if numbers else 0

    def add(self, entry: LedgerEntry) -> LedgerEntry:
        """Write a new entry under the next free number.

        Raises:
            OutcomeUnknown: others take numbers as fast as this asks.
        """
        first = self.newest_number() + 1
        for number in range(first, first + MAX_NUMBERING_ATTEMPTS):
            numbered = entry.numbered(number)
            with asking("write the release ledger"):
                try:
                    answer = self._put(numbered, IfNoneMatch="*")
                except ClientError as refused:
                    if code_of(refused) not in _TAKEN:
                        raise
                else:
                    self._versions[number] = answer["ETag"]
                    return numbered
        raise OutcomeUnknown(
            f"no free number in the release ledger after {MAX_NUMBERING_ATTEMPTS} attempts",
            why="Other commands take numbers as fast as this one asks. No service was changed.",
            hint="Run the command again.",
        )

    def save(self, entry: LedgerEntry) -> None:
        """Write an entry anew.

        Raises:
            LedgerMoved: it is no longer what this process last read or wrote.
        """
        with asking("write the release ledger"):
            try:
                answer = self._put(entry, IfMatch=self._versions[entry.number])
            except ClientError as refused:
                if code_of(refused) not in _TAKEN:
                    raise
                raise LedgerMoved(
                    f"somebody else goes on with {entry.operation} {entry.number} of {self.environment}",
                    why="The ledger was written by another command since this one read it.",
                    hint=f"See what it does: studyctl releases show {self.environment} {entry.number}",
                ) from refused
        self._versions[entry.number] = answer["ETag"]

    def reread(self, number: int) -> LedgerEntry:
        """One entry as it is now.

        Raises:
            OutcomeUnknown: what lies there is no entry.
        """
        key = self._key(number)
        with asking("read the release ledger"):
            answer = self.s3.get_object(Bucket=self.bucket, Key=key)
            body = answer["Body"].read()
        try:
            entry = LedgerEntry.model_validate_json(body)
        except ValidationError as broken:
            raise OutcomeUnknown(
                f"s3://{self.bucket}/{key} is no entry of a release ledger ({len(body)} bytes)",
                why=str(broken).splitlines()[0],
                hint=f"List its versions: aws s3api list-object-versions --bucket {self.bucket} --prefix {key}",
            ) from broken
        self._versions[number] = answer["ETag"]
        return entry

    def _numbers(self) -> list[int]:
        with asking("list the release ledger"):
            try:
                pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
                keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
            except ClientError as refused:
                if code_of(refused) == "NoSuchBucket":
                    return []
                raise
        return sorted(int(key.removeprefix(self.prefix).removesuffix(".json")) for key in keys)

    def _key(self, number: int) -> str:
        return f"{self.prefix}{number:08d}.json"

    def _put(self, entry: LedgerEntry, **condition: str) -> Any:
        return self.s3.put_object(
            Bucket=self.bucket,
            Key=self._key(entry.number),
            Body=json.dumps(entry.model_dump(mode="json"), indent=1).encode(),
            ContentType="application/json",
            **condition,
        )
