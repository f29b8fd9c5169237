"""What a saved plan was made for. An apply believes the plan beside it only if all of it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from studyctl.domain.records import StateVersion
from studyctl.errors import StalePlan


@dataclass(frozen=True)
class PlanManifest:
    """The circumstances of a plan. `boot_id` is set on the emulator only; times are RFC 3339 in UTC."""

    environment: str
    account_id: str
    region: str
    boot_id: str | None
    sha256: str
    size_bytes: int
    digest: str
    has_changes: bool
    state_serial: int | None
    state_lineage: str | None
    commit: str
    created_at: str

    def to_json(self) -> dict[str, Any]:
        """Plain values, the content of the file beside the plan."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> PlanManifest:
        """Read the file beside a plan.

        Raises:
            StalePlan: something is missing or of another kind.
        """
        try:
            return cls(**{name: content[name] for name in cls.__dataclass_fields__})
        except (KeyError, TypeError) as broken:
            raise StalePlan(
                "the file beside the plan is not one that studyctl wrote",
                why=f"{type(broken).__name__}: {broken}",
                hint="Make the plan anew: studyctl plan ENV --out FILE",
            ) from broken

    def require(
        self, *, environment: str, account_id: str, region: str, boot_id: str | None, state: StateVersion | None
    ) -> None:
        """Stop unless the plan was made for exactly this, and nothing happened since.

        Raises:
            StalePlan: names the first thing that differs.
        """
        serial, lineage = (state.serial, state.lineage) if state else (None, None)
        for what, planned, present in (
            ("environment", self.environment, environment),
            ("account", self.account_id, account_id),
            ("region", self.region, region),
            ("life of the emulator", self.boot_id, boot_id),
            ("lineage of the state", self.state_lineage, lineage),
            ("serial of the state", self.state_serial, serial),
        ):
            if planned != present:
                raise StalePlan(
                    f"the plan was made for {what} {planned}, and this is {present}",
                    why="Applying it would do something other than what was shown and approved. Nothing was changed.",
                    hint=f"Plan again: studyctl plan {environment} --out FILE",
                )
