from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyruntime.logs.patterns import has_iban_checksum, has_luhn_checksum, redact_text
from studyruntime.logs.redaction import MAX_DEPTH, REDACTED, TOO_DEEP, redact_entry, redact_field

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA==\n-----END EC PRIVATE KEY-----"
FOUND = [
    ("mail ada.lovelace+maths@mail.example.co.uk now", "mail [email] now"),
    ("<ada@example.com>", "<[email]>"),
    ("müller@beispiel.de", "[email]"),
    ("ssn 078-05-1120.", "ssn [ssn]."),
    ("078 05 1120", "[ssn]"),
    ("card 4111 1111 1111 1111", "card [card]"),
    ("card=4111-1111-1111-1111;", "card=[card];"),
    ("378282246310005", "[card]"),
    ("5555555555554444", "[card]"),
    ("to GB82 WEST 1234 5698 7654 32", "to [iban]"),
    ("de89370400440532013000", "[iban]"),
    ("call +44 20 7946 0958", "call [phone]"),
    ("call +1 (415) 555-0132", "call [phone]"),
    ("(415) 555-0132", "[phone]"),
    ("415-555-0132", "[phone]"),
    ("from 8.8.4.4 and 10.0.0.1", "from 8.8.4.[address] and 10.0.0.1"),
    (f"cookie {JWT}", "cookie [token]"),
    ("Authorization: Bearer abcdef0123456789", "Authorization: Bearer [token]"),
    ("authorization: basic YWRhOmxvdmVsYWNl", "authorization: basic [token]"),
    ("redis://study:s3cret@cache:6379/0", "redis://study:[password]@cache:6379/0"),
    ("postgresql+psycopg://u:p%40ss@host/db", "postgresql+psycopg://u:[password]@host/db"),
    ("redis://:s3cret@cache", "redis://:[password]@cache"),
    ("key AKIAIOSFODNN7EXAMPLE", "key [access key]"),
    ("password=hunter2&next=1", "password=[secret]&next=1"),
    ('{"api_key": "k-123", "n": 1}', '{"api_key": "[secret]", "n": 1}'),
    ("db_password: hunter2, host: x", "db_password: [secret], host: x"),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key = [secret]"),
    (f"found {PEM} there", "found [private key] there"),
    ("-----BEGIN PRIVATE KEY-----\ncut off here", "[private key]"),
]
INNOCENT = [
    "document doc456 processed in 12.5 s",
    "2026-01-01T12:30:00.123456Z",
    "1767225600123",
    "order 4111 1111 1111 1112",
    "0000 0000 0000 0000",
    "000-12-3456 is no number of anyone",
    "GB82 WEST 1234 5698 7654 33",
    "listening on 127.0.0.1:8000, peer 192.168.1.20",
    "version 300.1.2.3 and 1.2.3",
    "5f3c1c1e9d9c4f5d8a7b6c5d4e3f2a1b",
    "http://service:8000/path?x=1",
    "keyboard tokenless passing",
    "arn:aws:sqs:us-east-1:123456789012:document",
    "a@b and user@host",
    "",
]


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_what_is_private_is_taken_out(text: str, expected: str) -> None:
    assert redact_text(text) == expected


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_innocent_stays(text: str) -> None:
    assert redact_text(text) == text


@given(st.text(), st.sampled_from(FOUND), st.text())
def test_surroundings_do_not_hide_it(before: str, found: tuple[str, str], after: str) -> None:
    redacted = redact_text(f"{before} \n{found[0]}\n {after}")

    assert found[0] not in redacted


@given(st.lists(st.sampled_from([text for text, _ in FOUND] + INNOCENT) | st.text()).map(" ".join))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact_text(redact_text(text)) == redact_text(text)


@given(st.text(alphabet="0123456789", min_size=12, max_size=18))
def test_exactly_one_last_digit_is_right(digits: str) -> None:
    assert sum(has_luhn_checksum(digits + last) for last in "0123456789") == 1


@given(st.text(alphabet="0123456789", min_size=18, max_size=18), st.integers(0, 17), st.integers(1, 9))
def test_an_iban_with_a_changed_digit_is_none(account: str, place: int, difference: int) -> None:
    checksum = 98 - int(f"{account}131400") % 97  # D and E are 13 and 14
    changed = (int(account[place]) + difference) % 10

    assert has_iban_checksum(f"DE{checksum:02}{account}")
    assert not has_iban_checksum(f"DE{checksum:02}{account[:place]}{changed}{account[place + 1 :]}")


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "user_password",
        "Authorization",
        "x-api-key",
        "set-cookie",
        "session_id",
        "refresh_token",
        "email",
        "user_email",
        "phone_number",
        "date_of_birth",
        "firstName",
        "last_name",
        "SESSION_SIGNING_KEY",
        "event_encryption_key",
        "card_number",
    ],
)
def test_fields_with_private_names_are_redacted_whatever_they_hold(name: str) -> None:
    assert redact_field(name, "x") == REDACTED
    assert redact_field(name, {"inner": 1}) == REDACTED
    assert redact_field("outer", [{name: 5}]) == [{name: REDACTED}]


@pytest.mark.parametrize(
    "name", ["filename", "token_count", "tokens", "key_id", "compass", "bypass", "user_id", "path"]
)
def test_fields_with_harmless_names_keep_their_value(name: str) -> None:
    assert redact_field(name, 5) == 5


def test_an_absent_value_says_so() -> None:
    assert redact_field("password", None) is None


def test_text_inside_of_structures_is_redacted_and_structures_end() -> None:
    nested: Any = "ada@example.com"
    for _ in range(MAX_DEPTH + 2):
        nested = {"inner": nested}

    assert redact_field("a", ({"b": "ada@example.com"}, b"raw", 1.5)) == [{"b": "[email]"}, "[3 bytes]", 1.5]
    assert redact_field("a", {"ada@example.com": 1}) == {"[email]": 1}
    assert TOO_DEEP in str(redact_field("a", nested)) and "example" not in str(redact_field("a", nested))


def test_an_object_is_redacted_as_the_text_it_would_be_logged_as() -> None:
    assert redact_field("error", ValueError("no mail for ada@example.com")) == "no mail for [email]"


def test_what_logging_adds_itself_is_left_alone() -> None:
    entry = {"event": "ada@example.com", "correlation_id": "4111111111111111", "timestamp": "2026-01-01"}

    assert redact_entry(None, "info", entry) == {**entry, "event": "[email]"}
