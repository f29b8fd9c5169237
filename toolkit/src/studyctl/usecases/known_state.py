"""Whether the state in the bucket is the one that the ledger knows: there, and not older."""

from __future__ import annotations

from studyctl.domain.records import DeploymentRecord, StateVersion
from studyctl.errors import OutcomeUnknown


def require_known_state(state: StateVersion | None, latest: DeploymentRecord | None, environment: str) -> None:
    """Refuse to take a state that vanished for a new environment: the plan would create everything a second time.

    Raises:
        OutcomeUnknown: the ledger says deployed and there is no usable state.
    """
    if latest is None or latest.operation == "destroy":
        return
    if state is None or not state.lineage:
        raise OutcomeUnknown(
            f"the state of {environment} is {'missing' if state is None else 'without a lineage'}, but the ledger "
            f"says that deployment {latest.number} was applied",
            why=f"It was written at {latest.finished_at} with serial {latest.state_serial}, "
            f"version {latest.state_version_id}.",
            hint="Put that version of the object back, then run the command again.",
        )
    if latest.state_serial is not None and state.serial < latest.state_serial:
        raise OutcomeUnknown(
            f"the state of {environment} has serial {state.serial}, older than the {latest.state_serial} of "
            f"deployment {latest.number}",
            why="Somebody restored or overwrote it. Planning from it would repeat what is already done.",
            hint=f"Put version {latest.state_version_id} of the object back, then run the command again.",
        )
