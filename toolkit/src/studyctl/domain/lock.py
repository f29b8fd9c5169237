"""Who holds the state lock, as terraform tells it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from studyctl.errors import Locked

_FIELD = re.compile(r"^\s*(ID|Path|Operation|Who|Version|Created|Info):[ \t]*(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LockInfo:
    """The content of the lock. `created` is terraform's text, for example `2026-11-22 14:12:03.1 +0000 UTC`."""

    lock_id: str
    path: str = ""
    operation: str = ""
    who: str = ""
    version: str = ""
    created: str = ""
    info: str = ""

    @classmethod
    def parse(cls, text: str) -> LockInfo | None:
        """Return the `Lock Info:` block of an error; None where there is none."""
        _, found, block = text.partition("Lock Info:")
        fields = {name: value.strip() for name, value in _FIELD.findall(block)} if found else {}
        if not fields.get("ID"):
            return None
        return cls(
            lock_id=fields["ID"],
            path=fields.get("Path", ""),
            operation=fields.get("Operation", "").removeprefix("OperationType"),
            who=fields.get("Who", ""),
            version=fields.get("Version", ""),
            created=fields.get("Created", ""),
            info=fields.get("Info", ""),
        )

    @property
    def is_readable(self) -> bool:
        """Whether it names a lock at all: an empty or garbled file does not, and terraform cannot release it."""
        return bool(self.lock_id)

    @property
    def created_at(self) -> float | None:
        """When it was taken, in seconds since the epoch; None where its text says nothing that is understood."""
        text = re.sub(r" \+0000 UTC$", "+00:00", self.created)
        try:
            return datetime.fromisoformat(text).timestamp()
        except ValueError:
            return None

    def __str__(self) -> str:
        """Say who, what and since when."""
        operation = (self.operation or "unknown").lower()
        return f"{self.who or 'unknown'}, operation {operation}, since {self.created or 'unknown'}"


@dataclass(frozen=True, slots=True)
class HeldLock:
    """A lock as it lies in the store. `version` is the store's mark of exactly this content."""

    info: LockInfo
    version: str
    modified_at: float


class StateLocked(Locked):
    """Terraform found the state locked; `lock` is None when the lock is there but cannot be read."""

    def __init__(self, what: str, *, why: str = "", hint: str = "", lock: LockInfo | None = None) -> None:
        super().__init__(what, why=why, hint=hint)
        self.lock = lock
