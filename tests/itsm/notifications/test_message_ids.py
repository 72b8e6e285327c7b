"""The signed Message-IDs that we issue. Rule: R22."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itsm.notifications.message_ids import SignedReference, sign_message_id, verify_message_id

SECRET = b"0123456789abcdef0123456789abcdef"
HOST = "desk.example.org"
ISSUED = sign_message_id(SECRET, installation=HOST, kind="incident", number="INC0000123", key="k-1_Z")


def test_r22_own_message_id_comes_back() -> None:
    assert verify_message_id(SECRET, HOST, ISSUED) == SignedReference("incident", "INC0000123", "k-1_Z")
    assert verify_message_id(SECRET, HOST, f" {ISSUED}\r\n") is not None
    assert ISSUED.startswith("<incident.INC0000123.k-1_Z.")
    assert ISSUED.endswith("@desk.example.org>")


def test_r22_one_changed_character_is_not_ours() -> None:
    for position, character in enumerate(ISSUED):
        changed = ISSUED[:position] + ("1" if character != "1" else "2") + ISSUED[position + 1 :]
        assert verify_message_id(SECRET, HOST, changed) is None


def test_r22_absent_or_shortened_signature_is_refused() -> None:
    signature = ISSUED.partition("@")[0].rpartition(".")[2]
    assert len(signature) == 32
    for length in range(32):
        assert verify_message_id(SECRET, HOST, ISSUED.replace(signature, signature[:length])) is None
    assert verify_message_id(SECRET, HOST, ISSUED.replace(f".{signature}", "")) is None
    assert verify_message_id(SECRET, HOST, ISSUED.replace(signature, signature + "0")) is None


def test_r22_another_secret_does_not_verify() -> None:
    assert verify_message_id(SECRET[::-1], HOST, ISSUED) is None


def test_parts_cannot_be_moved_between_fields() -> None:
    first = sign_message_id(SECRET, installation=HOST, kind="incident", number="INC0000123", key="a")
    swapped = first.replace("incident.INC0000123.a.", "incident.INC0000123a.a.")
    assert verify_message_id(SECRET, HOST, swapped) is None


def test_another_installation_is_not_joined() -> None:
    other = sign_message_id(SECRET, installation="desk.example.net", kind="incident", number="INC0000123", key="k")
    assert verify_message_id(SECRET, HOST, other) is None
    assert verify_message_id(SECRET, HOST, other.replace("example.net", "example.org")) is None


def test_unknown_kind_is_named_and_left_to_the_caller() -> None:
    issued = sign_message_id(SECRET, installation=HOST, kind="unheard_of", number="X1", key="k")
    reference = verify_message_id(SECRET, HOST, issued)
    assert reference is not None
    assert reference.kind == "unheard_of"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "Incident"),
        ("kind", ""),
        ("number", "INC 1"),
        ("number", "a.b"),
        ("key", "a@b"),
        ("key", "a>b"),
        ("installation", "x y"),
    ],
)
def test_parts_that_a_message_id_cannot_carry(field: str, value: str) -> None:
    parts = {"installation": HOST, "kind": "incident", "number": "INC0000123", "key": "k", field: value}
    with pytest.raises(ValueError, match=field):
        sign_message_id(SECRET, **parts)


def test_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="secret"):
        sign_message_id(b"short", installation=HOST, kind="incident", number="1", key="k")
    with pytest.raises(ValueError, match="secret"):
        verify_message_id(b"", HOST, ISSUED)


@given(st.text(max_size=120))
def test_any_text_is_not_ours(text: str) -> None:
    assert verify_message_id(SECRET, HOST, text) is None
