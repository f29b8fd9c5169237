"""Who calls: the bearer token of a request, for every service that answers users."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from studyservices.errors import InvalidToken
from studyservices.tokens import Audience, Identity, TokenSigner


def bearer_identity(connection: HTTPConnection, signer: TokenSigner) -> Identity:
    """Who the request's bearer token speaks for.

    Raises:
        InvalidToken: there is none, or it is not good.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("no bearer token", hint="Send the header  Authorization: Bearer TOKEN")
    return signer.verify(token.strip(), Audience.API)
