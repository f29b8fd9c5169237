"""The WebSocket of a user: opened with a token, it shows what comes for him until one of the two leaves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from studyruntime.logs import get_logger
from studyservices.callers import socket_identity
from studyservices.errors import InvalidToken
from studyservices.notification.desk import Desk, desk_of
from studyservices.notification.sockets import Mailbox, converse
from studyservices.notification.store import NotificationView
from studyservices.problems import token_problem

AFTER = "after"
CLOSE_TIME_IS_UP = 1001
CLOSE_TRY_AGAIN = 1013
router = APIRouter()
_log = get_logger(__name__)


@router.websocket("/ws")
async def open_socket(websocket: WebSocket) -> None:
    """Show the caller's events as they pass, and his notifications after `after`; without it, those from now on."""
    desk = desk_of(websocket)
    try:
        identity = socket_identity(websocket, desk.signer)
    except InvalidToken as refusal:
        await websocket.send_denial_response(token_problem(refusal))
        return
    mailbox = desk.sockets.open(identity.user_id)  # before the cursor is read: what comes in between is not missed
    try:
        after = await _cursor(websocket, desk, identity.user_id)
        await websocket.accept()
        await _talk(websocket, desk, mailbox, after)
    finally:
        desk.sockets.close(mailbox)


async def _cursor(websocket: WebSocket, desk: Desk, user_id: str) -> int:
    asked = websocket.query_params.get(AFTER, "")
    if asked.isdecimal() and asked.isascii():
        return int(asked[:18])
    return await run_in_threadpool(desk.store.latest_sequence, user_id)


async def _talk(websocket: WebSocket, desk: Desk, mailbox: Mailbox, after: int) -> None:
    async def send(message: dict[str, Any]) -> None:
        await websocket.send_json(message)

    async def read_after(user_id: str, sequence: int) -> Sequence[NotificationView]:
        return await run_in_threadpool(desk.store.after, user_id, sequence)

    speaking = asyncio.create_task(
        converse(mailbox, send, read_after, sequence=after, poll_seconds=desk.options.socket_poll_seconds)
    )
    listening = asyncio.create_task(_until_gone(websocket))
    try:
        await asyncio.wait(
            {speaking, listening}, timeout=desk.options.socket_seconds, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        for task in (speaking, listening):
            task.cancel()
        ended = await asyncio.gather(speaking, listening, return_exceptions=True)
    problem = next((each for each in ended if isinstance(each, Exception)), None)
    if problem is not None and not isinstance(problem, WebSocketDisconnect):
        _log.warning("socket ended", problem=f"{type(problem).__name__}: {problem}")
    if websocket.client_state is WebSocketState.CONNECTED:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it left in the meantime
            await websocket.close(CLOSE_TIME_IS_UP if problem is None else CLOSE_TRY_AGAIN)


async def _until_gone(websocket: WebSocket) -> None:
    """Nothing a client says means anything here; that it left does."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
