"""No known secret is left in a text, however it was written into it."""

from __future__ import annotations

import base64
import json
import textwrap
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.domain.redaction import REDACTED, redact, secrets_of

PRINTABLE = st.characters(min_codepoint=33, max_codepoint=126)
SECRETS = st.text(PRINTABLE, min_size=12, max_size=60)
AROUND = st.text(PRINTABLE, max_size=9)


@given(SECRETS, AROUND, AROUND)
def test_f86_a_secret_is_found_plain_quoted_and_url_encoded(secret: str, before: str, after: str) -> None:
    for written in (
        secret,
        json.dumps(secret)[1:-1],
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
    ):
        assert written not in redact(f"{before}{written}{after}", [secret])


@given(SECRETS, st.binary(max_size=9), st.binary(max_size=9), st.sampled_from([60, 20, 7]))
def test_f86_a_secret_is_found_in_base64_wherever_it_begins_and_however_it_is_wrapped(
    secret: str, before: bytes, after: bytes, width: int
) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(before + secret.encode() + after).decode()
        wrapped = "\n".join(textwrap.wrap(encoded, width))
        left = redact(wrapped, [secret]).replace("\n", "").partition(REDACTED)
        assert left[1], "something was taken out"
        kept = base64.b64decode(left[0].replace("-", "+").replace("_", "/")[: len(left[0]) // 4 * 4])
        assert len(kept) <= len(before) + 2, "and what is left holds no more than its edge"


@given(SECRETS, st.integers(1, 9))
def test_f86_a_secret_is_found_over_several_lines(secret: str, width: int) -> None:
    lines = [secret[at : at + width] for at in range(0, len(secret), width)]
    for between in ("\n", "\n    ", '" +\n  "', "\\\n"):
        assert redact(f"x {between.join(lines)} y", [secret]) == f"x {REDACTED} y"


@given(st.text(max_size=200), st.lists(SECRETS, max_size=3))
def test_what_holds_no_secret_is_left_as_it_is(text: str, secrets: list[str]) -> None:
    if redact(text, secrets) != text:
        assert any(secret[0] in text for secret in secrets)
    assert redact(text, []) == text


def test_f86_each_line_of_a_key_is_a_secret_of_its_own() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"
    secrets = secrets_of({"DEPLOY_PRIVATE_KEY": key})
    assert redact("of it: hkiG9w0BAQEFAASC!", secrets) == f"of it: {REDACTED}!"


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        ("AWS_SECRET_ACCESS_KEY", True),
        ("AWS_SESSION_TOKEN", True),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", True),
        ("PGPASSWORD", True),
        ("AWS_REGION", False),
        ("PATH", False),
    ],
)
def test_which_variables_are_secret(name: str, is_secret: bool) -> None:
    assert bool(secrets_of({name: "hunter2-marker"})) is is_secret
    assert secrets_of({name: "test"}) == ()
