"""Where the state of what prepares an account is: on the machine that began, until it moved into the bucket it made."""

from __future__ import annotations

import enum

from studyctl.domain.state import StateSnapshot
from studyctl.errors import OutcomeUnknown

STATE_KEY = "bootstrap/terraform.tfstate"
"""Beside `environments/`, which the roles of an environment are held to."""


class Home(enum.Enum):
    """Where the next apply keeps its state."""

    MACHINE = "machine"
    """It has to move when that apply is done."""
    BUCKET = "bucket"


def home_of_state(local: StateSnapshot | None, kept: StateSnapshot | None, *, bucket: str, has_bucket: bool) -> Home:
    """Decide from what is on this machine and what is in the bucket, wherever an earlier command ended.

    Raises:
        OutcomeUnknown: the bucket is there and nobody knows its state, or two states know it.
    """
    if not has_bucket:
        return Home.MACHINE
    if kept is None and local is None:
        raise OutcomeUnknown(
            f"the bucket {bucket} is there, but neither it nor this machine holds the state it was made with",
            why="Applying again would try to make all of it a second time. Nothing was changed.",
            hint="Run it on the machine that began. Without that file, import what is there into infra/bootstrap "
            "(docs/accounts.md).",
        )
    if kept is None:
        return Home.MACHINE
    if local is None:
        return Home.BUCKET
    if local.instances == kept.instances:
        return Home.BUCKET  # it moved, and the file was not put aside; terraform gave it a new lineage on the way
    if local.lineage != kept.lineage:
        raise OutcomeUnknown(
            f"the state on this machine and the one in {bucket} are of different origin",
            why=f"Lineage {local.lineage} here, {kept.lineage} there. Both claim the account. Nothing was changed.",
            hint="Most likely the bucket is right: move the local file away, then run the command again.",
        )
    return Home.MACHINE if local.serial > kept.serial else Home.BUCKET


def require_moved(local: StateSnapshot, kept: StateSnapshot | None, bucket: str) -> None:
    """Believe that a state moved only when the bucket names the same things as the file.

    Pushed to where nothing is, a state gets a new lineage and serial, and its texts are written anew.

    Raises:
        OutcomeUnknown: it does not.
    """
    if kept is None or kept.instances != local.instances:
        raise OutcomeUnknown(
            f"the state did not arrive in {bucket} as it was sent",
            why="The file on this machine is untouched and still counts.",
            hint="Run the command again: it goes on with moving it.",
        )
