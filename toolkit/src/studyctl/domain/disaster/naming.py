"""How the environment is called that takes another one's place. Apart, because rules over policies must know it too."""

from __future__ import annotations

SUFFIX = "-dr"
LETTERS_KEPT = 4
"""`study-stag-dr-notification-green` is the name of a target group, which may have 32 characters."""


def substitute_name(name: str) -> str:
    """How the environment is called that takes the place of `name`."""
    return f"{name[:LETTERS_KEPT].rstrip('-')}{SUFFIX}"
