"""What somebody asked came to: a value, or the reason why there is none. A view of many things never drops one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from studyctl.errors import Interrupted, StudyctlError, Terminated

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """It was asked and answered."""

    value: T


@dataclass(frozen=True, slots=True)
class NotKnown:
    """There is no answer. `was_asked` is false where nobody tried; `hint` is what to run to know it."""

    reason: str
    hint: str = ""
    was_asked: bool = True


Answer = Known[T] | NotKnown


def answer_of(ask: Callable[[], T]) -> Answer[T]:
    """Ask, and keep a foreseen failure as the reason. Anything else is a bug and goes on up.

    Raises:
        Interrupted: somebody wants the command to end, and no answer.
        Terminated: the same, from the machine.
    """
    try:
        return Known(ask())
    except (Interrupted, Terminated):
        raise
    except StudyctlError as failure:
        return NotKnown(" ".join(part for part in (failure.what, failure.why) if part), failure.hint)
