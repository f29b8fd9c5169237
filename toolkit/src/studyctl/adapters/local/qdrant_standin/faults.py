"""What the stand-in answers in place of a result, in Qdrant's own words where it has some."""

from __future__ import annotations

BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, CONFLICT = 400, 401, 404, 409
INTERNAL, NOT_IMPLEMENTED = 500, 501


class Refusal(Exception):
    """An answer that is no result: its status and what is said."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def wrong_input(message: str) -> Refusal:
    """The request makes no sense."""
    return Refusal(BAD_REQUEST, f"Wrong input: {message}")


def unsupported(what: str) -> Refusal:
    """Qdrant could do it."""
    return Refusal(NOT_IMPLEMENTED, f"Not supported: this stand-in for Qdrant does not know {what}")


def missing_collection(name: str) -> Refusal:
    """There is none of this name."""
    return Refusal(NOT_FOUND, f"Not found: Collection `{name}` doesn't exist!")


def existing_collection(name: str) -> Refusal:
    """There is one of this name."""
    return Refusal(CONFLICT, f"Wrong input: Collection `{name}` already exists!")


def no_room() -> Refusal:
    """The volume is full. What only removes is let through: else nobody could make room."""
    words = "No space left on device: WAL buffer size exceeds available disk space"
    return Refusal(INTERNAL, f"Service internal error: {words}")
