"""Something that can be killed at any call, before it takes effect or right after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

Answer = TypeVar("Answer")


class Killed(BaseException):
    """The command died here: nothing of it runs any more, whatever it had in mind."""


@dataclass
class Mortal:
    """Counts the calls of the command that is at work."""

    kill_at: int | None = None
    """Which call from now on kills: even numbers before it takes effect, odd ones after."""
    stop_at: str = ""
    """At which call, by its name, the operator presses Ctrl-C; once."""
    stop_is_late: bool = False
    """Whether that call takes effect before the answer is given up."""
    calls: int = 0
    running: str = "run-0"
    """Which command is at work; the calls of a dead one do nothing."""
    dead: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)

    def acting(self, what: str, act: Callable[[], Answer], *, is_recorded: bool = True) -> Answer:
        """Count a call and let it take effect, unless the command dies or is stopped before; or else right after."""
        if self.running in self.dead:
            raise Killed(what)
        index, self.calls = self.calls, self.calls + 1
        if self.kill_at == 2 * index:
            self._die(what)
        is_stopped = what == self.stop_at
        if is_stopped:
            self.stop_at = ""
        if is_stopped and not self.stop_is_late:
            raise KeyboardInterrupt
        answer = act()
        if is_recorded:
            self.done.append(what)
        if is_stopped:
            raise KeyboardInterrupt
        if self.kill_at == 2 * index + 1:
            self._die(what)
        return answer

    def called(self, what: str) -> None:
        """Count a call that changes nothing."""
        self.acting(what, lambda: None, is_recorded=False)

    def _die(self, what: str) -> None:
        self.dead.add(self.running)
        raise Killed(what)
