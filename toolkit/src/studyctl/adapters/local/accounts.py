"""Who a server runs as, and where such a user can keep data.

PostgreSQL refuses to run as root. Then it runs as another user of the machine, in a folder that this user owns outside
of the checkout, because a home or build folder of root is closed to everybody else.
"""

from __future__ import annotations

import hashlib
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from studyctl.errors import PreflightFailed

OF_ROOT = Path("/var/lib/studyctl")
CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A user of this machine."""

    name: str
    user_id: int
    group_id: int


def unprivileged_account() -> Account | None:
    """Who to run as in place of root; None for everybody else, who run it themselves.

    Raises:
        PreflightFailed: this is root and there is nobody else.
    """
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise PreflightFailed(
        f"there is no user {' or '.join(CANDIDATES)} on this machine",
        why="PostgreSQL does not run as root.",
        hint="Run studyctl as an ordinary user.",
    )


def data_home(folder: Path, account: Account | None) -> Path:
    """Where the server of `folder` keeps its data: in it, or for another account outside of it."""
    if account is None:
        return folder / "data"
    return OF_ROOT / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]


def shared_home(account: Account | None) -> Path:
    """Where things are kept that many servers start from."""
    if account is not None:
        return OF_ROOT / "shared"
    configured = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache") / "studyctl"


def make_owned_folder(path: Path, account: Account | None) -> None:
    """Make a folder that only the account (or who runs this) can read; its parents can be passed through.

    Raises:
        PreflightFailed: it cannot be made.
    """
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        give(path, account)
    except OSError as error:
        raise PreflightFailed(
            f"{path} cannot be made: {error.strerror or error}",
            why="PostgreSQL keeps its data there." if account else "",
            hint=f"See who owns it: ls -ld {path.parent}",
        ) from error


def give(path: Path, account: Account | None) -> None:
    """Make the account the owner of one file or folder."""
    if account is not None:
        os.chown(path, account.user_id, account.group_id, follow_symlinks=False)


def give_tree(folder: Path, account: Account | None) -> None:
    """Make the account the owner of a folder and all that is in it."""
    if account is None:
        return
    give(folder, account)
    for path in folder.rglob("*"):
        give(path, account)
