"""The error an extension answers with."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class AwsError(ServiceException):
    """An error code and a message of the service that is asked.

    moto reads the service of an error from the module of its class, and crashes on its own `ServiceException`.
    """
