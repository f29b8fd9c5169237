"""Who calls: the token of a request or of a socket, for every service that answers users."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import Scope

from studyservices.errors import InvalidToken
from studyservices.tokens import Audience, Identity, TokenSigner

TOKEN_PARAMETER = "token"  # noqa: S105 - the name of a parameter


def bearer_identity(connection: HTTPConnection, signer: TokenSigner) -> Identity:
    """Who the request's bearer token speaks for.

    Raises:
        InvalidToken: there is none, or it is not good.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("no bearer token", hint="Send the header  Authorization: Bearer TOKEN")
    return signer.verify(token.strip(), Audience.API)


def socket_identity(connection: HTTPConnection, signer: TokenSigner) -> Identity:
    """Who a socket is for: by a token in its address, for browsers can set no header there, or by a bearer token.

    Raises:
        InvalidToken: there is neither, or it is not good.
    """
    token = connection.query_params.get(TOKEN_PARAMETER)
    return bearer_identity(connection, signer) if token is None else signer.verify(token, Audience.WEBSOCKET)


def proven_user(scope: Scope, signer: TokenSigner) -> str | None:
    """The user that a request proves to come from, for limits and logs; whether he is let in is decided elsewhere."""
    connection = HTTPConnection(scope)
    identity_of = socket_identity if scope["type"] == "websocket" else bearer_identity
    try:
        return identity_of(connection, signer).user_id
    except InvalidToken:
        return None
