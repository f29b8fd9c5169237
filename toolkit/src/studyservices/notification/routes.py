"""The routes under /notifications: what a user was told, and the token that opens a socket."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from studyservices.api.library import NoSuchThing
from studyservices.notification.desk import AtDesk, Caller
from studyservices.notification.store import MAX_PAGE, NotificationView
from studyservices.tokens import Audience

router = APIRouter(prefix="/notifications")


class NotificationPage(BaseModel):
    """Some notifications, newest first. `next_before` continues; nothing when these were the last."""

    model_config = ConfigDict(frozen=True)

    notifications: tuple[NotificationView, ...]
    next_before: int | None


class SocketToken(BaseModel):
    """A token that opens a WebSocket, soon and as the caller."""

    model_config = ConfigDict(frozen=True)

    token: str
    expires_in_seconds: int


@router.get("")
def list_notifications(
    desk: AtDesk,
    caller: Caller,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    before: Annotated[int | None, Query(ge=0)] = None,
    unread: bool = False,
) -> NotificationPage:
    """The caller's notifications, newest first."""
    found = desk.store.newest(caller.user_id, limit=limit, before=before, only_unread=unread)
    next_before = found[-1].sequence if len(found) == limit else None
    return NotificationPage(notifications=tuple(found), next_before=next_before)


@router.post("/token")
def make_socket_token(desk: AtDesk, caller: Caller) -> SocketToken:
    """A token for /ws?token=..., for browsers, which can set no header there. It opens nothing else."""
    seconds = desk.options.socket_token_seconds
    token = desk.signer.sign(caller.user_id, Audience.WEBSOCKET, lifetime_seconds=seconds)
    return SocketToken(token=token, expires_in_seconds=seconds)


@router.post("/{notification_id}/read", status_code=204)
def mark_read(desk: AtDesk, caller: Caller, notification_id: uuid.UUID) -> None:
    """Note that the caller read it."""
    if not desk.store.mark_read(caller.user_id, notification_id):
        raise NoSuchThing(f"you have no notification {notification_id}")
