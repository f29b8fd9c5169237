"""What happens to an exception that nobody caught: a problem for the caller, the whole story for the log."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studyruntime.errors import MessageRejected, NotFound, RuntimeFailure, Unavailable
from studyruntime.logs import get_logger
from studyruntime.middleware.problems import send_problem

_log = get_logger(__name__)

RETRY_AFTER_SECONDS = 5
STATUSES: Mapping[type[Exception], HTTPStatus] = {
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    NotFound: HTTPStatus.NOT_FOUND,
    MessageRejected: HTTPStatus.UNPROCESSABLE_ENTITY,
}


class AnswerErrors:
    """Answers foreseen failures by their kind and everything else with 500, without a word from the inside.

    `statuses` adds a service's own failures. The nearest class decides. A failure answered with less than 500 is the
    caller's, so its words are shown to him; of the others he learns the correlation id.
    """

    def __init__(self, app: ASGIApp, statuses: Mapping[type[Exception], HTTPStatus] | None = None) -> None:
        self._app = app
        self._statuses = {**STATUSES, **(statuses or {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def note_begin(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] in ("http.response.start", "websocket.accept")
            await send(message)

        try:
            await self._app(scope, receive, note_begin)
        except Exception as error:
            status = self._status_of(error)
            _tell(error, status, scope["path"])
            if has_begun:
                raise  # the answer is under way: all that is left is to break it off
            await _answer(scope, send, error, status)

    def _status_of(self, error: Exception) -> HTTPStatus:
        nearest = next((kind for kind in type(error).__mro__ if kind in self._statuses), None)
        return HTTPStatus.INTERNAL_SERVER_ERROR if nearest is None else self._statuses[nearest]


def _tell(error: Exception, status: HTTPStatus, path: str) -> None:
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request failed in an unforeseen way", path=path, exc_info=error)
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("request failed", path=path, status=status.value, problem=str(error))
    else:
        _log.info("request refused", path=path, status=status.value, problem=str(error))


async def _answer(scope: Scope, send: Send, error: Exception, status: HTTPStatus) -> None:
    is_callers = status < HTTPStatus.INTERNAL_SERVER_ERROR and isinstance(error, RuntimeFailure)
    is_passing = status is HTTPStatus.SERVICE_UNAVAILABLE
    await send_problem(
        scope,
        send,
        status,
        str(error) if is_callers else "",
        headers={"retry-after": str(RETRY_AFTER_SECONDS)} if is_passing else None,
    )
