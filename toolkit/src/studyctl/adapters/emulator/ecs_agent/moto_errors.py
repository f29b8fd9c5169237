"""The errors with which moto answers a request that AWS would refuse, in both of its generations."""

from __future__ import annotations

from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

MOTO_ERRORS: tuple[type[Exception], ...] = (ServiceException, HTTPException)


def words(error: Exception) -> str:
    """Code and message, as an SDK shows them."""
    code = getattr(error, "error_type", "") or getattr(error, "code", type(error).__name__)
    return f"{code}: {getattr(error, 'message', error)}"
