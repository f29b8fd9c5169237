"""Tokens: ours are taken, for their purpose and time; no change to one goes unnoticed."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyruntime.errors import ConfigurationError
from studyservices.errors import InvalidToken
from studyservices.tokens import Audience, TokenSigner

KEY = "k" * 32
NOW = 1_800_000_000.0
USERS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._@\-]{0,63}", fullmatch=True)


def signer(key: str = KEY, now: float = NOW) -> TokenSigner:
    return TokenSigner(key, clock=lambda: now)


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@given(USERS, st.sampled_from(Audience), st.integers(1, 10**6))
def test_a_token_says_who_signed_in_and_until_when(user_id: str, audience: Audience, seconds: int) -> None:
    identity = signer().verify(signer().sign(user_id, audience, lifetime_seconds=seconds), audience)

    assert (identity.user_id, identity.expires_at) == (user_id, NOW + seconds)


@given(st.integers(0, 200), st.characters(codec="ascii", categories=("L", "N")))
def test_no_character_can_be_changed(place: int, character: str) -> None:
    token = signer().sign("user-1", Audience.API, lifetime_seconds=60)
    place %= len(token)
    forged = token[:place] + character + token[place + 1 :]

    # The last character of base64 may carry bits that mean nothing: then the bytes signed and read are the same.
    if forged == token or place in (len(token) - 1, token.index(".") - 1, token.rindex(".") - 1):
        return
    with pytest.raises(InvalidToken):
        signer().verify(forged, Audience.API)


@pytest.mark.parametrize("forged", ["", ".", "..", "...", "a.b.c", "é.é.é", "x" * 5000, "\ud800.a.b"])
def test_what_is_no_token_is_refused(forged: str) -> None:
    with pytest.raises(InvalidToken):
        signer().verify(forged, Audience.API)


def test_a_token_cannot_choose_to_be_unsigned() -> None:
    claims = encoded({"sub": "user-1", "aud": "study-api", "exp": int(NOW) + 60})

    for signature in ("", encoded("x")):
        with pytest.raises(InvalidToken):
            signer().verify(f"{encoded({'alg': 'none'})}.{claims}.{signature}", Audience.API)


def test_a_token_is_good_for_its_purpose_only_with_its_key_only_and_for_its_time_only() -> None:
    token = signer().sign("user-1", Audience.WEBSOCKET, lifetime_seconds=60)

    signer(now=NOW + 59).verify(token, Audience.WEBSOCKET)
    with pytest.raises(InvalidToken, match="something else"):
        signer().verify(token, Audience.API)
    with pytest.raises(InvalidToken, match="not one of ours"):
        signer(key="j" * 32).verify(token, Audience.WEBSOCKET)
    with pytest.raises(InvalidToken, match="out of date"):
        signer(now=NOW + 60).verify(token, Audience.WEBSOCKET)


def test_a_short_key_is_refused_with_the_command_that_makes_one() -> None:
    with pytest.raises(ConfigurationError, match="token_urlsafe"):
        TokenSigner("short")


@pytest.mark.parametrize("user_id", ["", "a b", "../x", "a" * 65, "-x"])
def test_a_user_id_that_would_mean_something_elsewhere_is_refused(user_id: str) -> None:
    with pytest.raises(ValueError, match="user id"):
        signer().sign(user_id, Audience.API, lifetime_seconds=1)
