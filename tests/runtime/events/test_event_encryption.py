from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyruntime.errors import ConfigurationError, InvalidEvent
from studyruntime.events.encryption import MARKER, FieldCipher, FieldKey, is_encrypted

OLD = "the key of last year"
NEW = base64.b64encode(bytes(range(32))).decode()
CIPHER = FieldCipher.parse(NEW)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(values, st.text(), st.text())
def test_what_is_encrypted_comes_back(value: Any, event_id: str, field: str) -> None:
    sealed = CIPHER.encrypt(value, event_id=event_id, field=field)

    assert is_encrypted(sealed)
    assert CIPHER.decrypt(sealed, event_id=event_id, field=field) == value


def test_the_same_value_never_looks_the_same() -> None:
    first, second = (CIPHER.encrypt("Ada", event_id="e", field="f") for _ in range(2))

    assert first != second


@pytest.mark.parametrize(("event_id", "field"), [("other", "filename"), ("event", "title"), ("event:", "filename")])
def test_a_value_moved_elsewhere_is_refused(event_id: str, field: str) -> None:
    sealed = CIPHER.encrypt("Ada", event_id="event", field="filename")

    with pytest.raises(InvalidEvent, match="was changed"):
        CIPHER.decrypt(sealed, event_id=event_id, field=field)


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_is_refused(position: int, difference: int) -> None:
    key_id, _, encoded = CIPHER.encrypt("Ada", event_id="e", field="f")[MARKER].partition(".")
    raw = bytearray(base64.urlsafe_b64decode(encoded))
    raw[position % len(raw)] ^= difference
    changed = {MARKER: f"{key_id}.{base64.urlsafe_b64encode(raw).decode()}"}

    with pytest.raises(InvalidEvent, match="was changed"):
        CIPHER.decrypt(changed, event_id="e", field="f")


def test_rotation_reads_old_values_and_writes_new_ones() -> None:
    sealed_before = FieldCipher.parse(OLD).encrypt("Ada", event_id="e", field="f")
    during = FieldCipher.parse(f"{NEW},{OLD}")

    assert during.decrypt(sealed_before, event_id="e", field="f") == "Ada"
    assert CIPHER.decrypt(during.encrypt("Ada", event_id="e", field="f"), event_id="e", field="f") == "Ada"
    with pytest.raises(InvalidEvent, match="which this process does not have"):
        CIPHER.decrypt(sealed_before, event_id="e", field="f")


@pytest.mark.parametrize("sealed", [{MARKER: 5}, {MARKER: None}, "text", {MARKER: f"{FieldKey.parse(NEW).id}.??"}])
def test_what_is_no_ciphertext_is_refused(sealed: object) -> None:
    with pytest.raises(InvalidEvent, match="holds no"):
        CIPHER.decrypt(sealed, event_id="e", field="f")


def test_a_truncated_value_is_refused() -> None:
    with pytest.raises(InvalidEvent, match="was changed"):
        CIPHER.decrypt({MARKER: f"{FieldKey.parse(NEW).id}.AAAA"}, event_id="e", field="f")


def test_a_key_of_the_command_line_is_taken_as_it_is() -> None:
    assert FieldKey.parse(NEW).secret == bytes(range(32))
    assert FieldKey.parse(f" {NEW}\n").secret == bytes(range(32))


def test_a_short_key_is_refused_and_a_key_is_never_shown() -> None:
    with pytest.raises(ConfigurationError, match="shorter than 16"):
        FieldCipher.parse("secret")
    with pytest.raises(ConfigurationError, match="needs a key"):
        FieldCipher.parse(" , ")
    assert "bytes" not in repr(FieldKey.parse(OLD)) and OLD not in repr(FieldKey.parse(OLD))
