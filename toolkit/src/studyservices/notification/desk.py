"""What the notification service's routes work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from studyservices.callers import bearer_identity
from studyservices.notification.sockets import Sockets
from studyservices.notification.store import NotificationStore
from studyservices.options import Options
from studyservices.tokens import Identity, TokenSigner


@dataclass(frozen=True)
class Desk:
    """Everything a request or a socket may need."""

    store: NotificationStore
    sockets: Sockets
    signer: TokenSigner
    options: Options


def desk_of(connection: HTTPConnection) -> Desk:
    """The desk of the application that a request or a socket came to."""
    return cast("Desk", connection.app.state.desk)


def _caller(request: Request) -> Identity:
    return bearer_identity(request, desk_of(request).signer)


AtDesk = Annotated[Desk, Depends(desk_of)]
Caller = Annotated[Identity, Depends(_caller)]
