"""moto's objects of one account and region, held while they are looked at or changed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from moto.backends import get_backend

# moto serves both generations of load balancers under the older name
_SERVED_AS = {"elbv2": "elb"}


@dataclass(frozen=True)
class Place:
    """An account and a region of it."""

    account: str
    region: str


class Accounts:
    """Opens the objects of a service: one at a time, or `ecs` and then another one. No request holds two."""

    def __init__(self, exclusively: Callable[[str], AbstractContextManager[None]]) -> None:
        self._exclusively = exclusively

    @contextlib.contextmanager
    def open(self, service: str, place: Place) -> Iterator[Any]:
        """The backend of a service by moto's name for it; its requests wait as long as it is open."""
        with self._exclusively(_SERVED_AS.get(service, service)):
            # the name is one of 150 literals to a type checker
            backends: Any = get_backend(service)  # type: ignore[call-overload]
            yield backends[place.account][place.region]

    def places(self, service: str) -> list[Place]:
        """Where the service has been used."""
        backends: Any = get_backend(service)  # type: ignore[call-overload]
        with self._exclusively(_SERVED_AS.get(service, service)):
            return [Place(account, region) for account, regions in list(backends.items()) for region in list(regions)]
