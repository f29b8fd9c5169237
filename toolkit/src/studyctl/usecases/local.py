"""Run the platform on this machine: start, stop and look at its parts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol, TypeVar

from studyctl.domain.local import parts
from studyctl.domain.local.parts import Part, Stage


@dataclass(frozen=True)
class Place:
    """Where a part is. `state` is running, stopped, or died; the rest is empty unless it runs."""

    part: Part
    state: str
    pid: int | None = None
    url: str = ""
    log: str = ""

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self.state == "running"


class Stack(Protocol):
    """The parts as processes."""

    def require(self, wanted: Sequence[Part]) -> None:
        """Raise what is missing on this machine, before anything is started."""
        ...

    def start(self, part: Part) -> Place:
        """Start a part and wait until it serves, or find it running."""
        ...

    def stop(self, part: Part) -> bool:
        """Stop a part; False when it did not run."""
        ...

    def erase(self, part: Part) -> None:
        """Stop a part and remove what it kept."""
        ...

    def look(self, part: Part) -> Place:
        """Where a part is. Starts and asks nothing."""
        ...

    def migrate(self) -> None:
        """Bring the database to the shape that the services need."""
        ...

    def route(self, serving: Sequence[Place]) -> None:
        """Let the load balancer lead requests to these."""
        ...


Tell = Callable[[str], None]
_Result = TypeVar("_Result")


def up(stack: Stack, *, only: Collection[str] = (), extras: Collection[str] = (), tell: Tell) -> tuple[Place, ...]:
    """Start what is named and what that needs, stage by stage; parts that run already are found.

    What was started before something failed goes on running: the next `up` finds it.
    """
    wanted = parts.to_start(only, extras)
    stack.require(wanted)
    places: list[Place] = []
    for stage, members in _stages(wanted):
        if stage is Stage.SERVICES:
            tell("migrating the database")
            stack.migrate()
        tell(f"starting {', '.join(part.name for part in members)}")
        places += _each(stack.start, members)
    _route(stack)
    return tuple(places)


def down(stack: Stack, *, only: Collection[str] = (), erase: bool = False) -> tuple[Part, ...]:
    """Stop what is named, last started first; the parts that ran. With `erase` what they kept is removed too."""
    stopped: list[Part] = []
    for _, members in reversed(_stages(parts.chosen(only))):
        ran = _each(stack.stop, members)
        stopped += [part for part, did_run in zip(members, ran, strict=True) if did_run]
        if erase:
            _each(stack.erase, members)
    _route(stack)
    return tuple(stopped)


def look(stack: Stack, *, only: Collection[str] = ()) -> tuple[Place, ...]:
    """Where everything is."""
    return tuple(stack.look(part) for part in parts.chosen(only))


def _route(stack: Stack) -> None:
    if stack.look(parts.PARTS[parts.BALANCER]).is_running:
        found = [stack.look(part) for part in parts.PARTS.values() if part.paths]
        stack.route([place for place in found if place.is_running])


def _stages(wanted: Iterable[Part]) -> list[tuple[Stage, tuple[Part, ...]]]:
    return [(stage, tuple(members)) for stage, members in groupby(wanted, key=lambda part: part.stage)]


def _each(act: Callable[[Part], _Result], members: Sequence[Part]) -> list[_Result]:
    """Do it for all members at once; when some fail, the first failure is raised once all have come to an end."""
    with ThreadPoolExecutor(len(members)) as pool:
        done = [pool.submit(act, part) for part in members]
    return [each.result() for each in done]
