"""What everything that the release ledger keeps has in common: frozen, and readable by older and newer toolkits."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Recorded(BaseModel):
    """A value that is written into the ledger. Keys that a newer toolkit added are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")
