"""What becomes of a call that AWS does not answer: asked again later, or refused for good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from studyctl.errors import PreflightFailed
from studyctl.usecases.release_ports import NoAnswer

_ASK_AGAIN = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"})
_SERVER_ERROR = 500
NOT_IMPLEMENTED = 501
"""The emulator's answer where it has no such operation; asking again never helps."""


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Turn the client's errors into ours; `what` completes "AWS refused to ...".

    Raises:
        NoAnswer: throttled, a server error, or nothing came back.
        PreflightFailed: refused.
    """
    try:
        yield
    except ClientError as refused:
        error = refused.response.get("Error", {})
        code, message = error.get("Code", "error"), error.get("Message", "")
        status = refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _ASK_AGAIN or (status >= _SERVER_ERROR and status != NOT_IMPLEMENTED):
            raise NoAnswer(f"AWS did not {what}: {code}: {message}") from refused
        raise PreflightFailed(f"AWS refused to {what}: {code}: {message}") from refused
    except BotoCoreError as unreachable:
        raise NoAnswer(f"AWS could not be asked to {what}: {unreachable}") from unreachable


def code_of(refused: ClientError) -> str:
    """AWS's word for why it refused."""
    return str(refused.response.get("Error", {}).get("Code", ""))
