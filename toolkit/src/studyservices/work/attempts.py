"""The frame of every piece of work: begin it if it is still to be done, and say what became of it."""

from __future__ import annotations

import enum
from collections.abc import Callable

from studyruntime.errors import MessageRejected, NotFound
from studyservices.endpoint import ModelRefused
from studyservices.errors import NotEnoughText, UnreadableDocument

# What will not be better next time. Everything else may be, and is tried again.
FINAL = (UnreadableDocument, NotEnoughText, ModelRefused, NotFound, MessageRejected)
MAX_EXPLANATION_CHARS = 500


class Outcome(enum.Enum):
    """What an attempt came to."""

    DONE = "done"
    NOTHING_TO_DO = "nothing to do"
    OVERTAKEN = "overtaken"
    REMOVED = "removed"
    FAILED = "failed"


def attempt(work: Callable[[], Outcome], give_up: Callable[[str], None], *, is_last: bool) -> Outcome:
    """Do `work`. What cannot succeed, or failed for the last time, is given up with a reason that a user may read.

    Raises:
        Exception: whatever `work` raised, for the queue to try it again or to keep it with its dead letters.
    """
    try:
        return work()
    except FINAL as error:
        give_up(explain(error))
        return Outcome.FAILED
    except Exception:
        if is_last:
            give_up("It failed several times for a reason that does not lie in the document. Try again later.")
        raise


def explain(error: UnreadableDocument | NotEnoughText | ModelRefused | NotFound | MessageRejected) -> str:
    """The reason in words for the user. What a dependency said is for the logs alone."""
    if isinstance(error, UnreadableDocument | NotEnoughText):
        return f"{error.what[:1].upper()}{error.what[1:]}. {error.hint}".strip()[:MAX_EXPLANATION_CHARS]
    return "It cannot be done with what is there. Upload the document again."
