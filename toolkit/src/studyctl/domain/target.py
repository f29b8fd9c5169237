"""Where an environment lives: a real account, or the emulator on this machine."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

EMULATED_ACCOUNT_ID = "123456789012"


class TargetKind(enum.StrEnum):
    """What answers AWS calls."""

    AWS = "aws"
    EMULATOR = "emulator"


@dataclass(frozen=True)
class Connection:
    """Everything a child process or an AWS client needs to reach the target, and nothing else.

    `variables` are environment variables, credentials of the emulator included; real credentials are never
    copied into it: they stay where the AWS SDK finds them.
    """

    kind: TargetKind
    account_id: str
    region: str
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    endpoint_url: str | None = None
    profile: str | None = None
    """Of the AWS SDK's configuration; None: whatever it finds by itself."""
    boot_id: str | None = None
    """Identity of the emulator's memory. A new one means that everything it held is gone."""

    @property
    def is_real(self) -> bool:
        """Whether money and data are at stake."""
        return self.kind is TargetKind.AWS
