"""Which ticket a mail answers, as far as the mail itself can tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itsm.channels.mail.parse import parse_mail
from itsm.channels.mail.threading import reference_candidates, subject_tags
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


@pytest.mark.parametrize(
    ("subject", "tags"),
    [
        ("Re: [INC0000123] printer", ["INC0000123"]),
        ("AW: RE: [Ticket#20260503] [JIRA-12] [#999] [INC0000123] printer", ["INC0000123"]),
        ("[CHG0000001][PRB0000002] [CHG0000001]", ["CHG0000001", "PRB0000002"]),
        ("[Ticket#2026050310000123]", []),
        ("[INC000123] six digits", []),
        ("[inc0000123] [INCID0000123] [I0000123] INC0000123 (INC0000123)", []),
        ("[INC" + "1" * 40 + "]", []),
        ("[INC٠٠٠٠١٢٣] other digits", []),
        ("", []),
    ],
)
def test_subject_tags(subject: str, tags: list[str]) -> None:
    assert subject_tags(subject) == tags


def test_tag_split_over_encoded_words_is_found() -> None:
    raw = b"Subject: =?utf-8?Q?Sv=3A_[INC00?=\r\n =?utf-8?Q?00123]_sk=C3=A4rm?=\r\n\r\nx"
    assert subject_tags(parse_mail(raw).subject) == ["INC0000123"]


def test_r20_in_reply_to_then_references_from_right_to_left() -> None:
    parsed = parse_mail(b"References: <a@x> <b@x>\r\n\t<c@x>\r\nIn-Reply-To: <b@x>\r\n\r\nx")
    assert reference_candidates(parsed) == ["<b@x>", "<c@x>", "<a@x>"]


def test_only_in_reply_to() -> None:
    parsed = parse_mail(f"In-Reply-To: Your message of Monday {ISSUED}\r\n\r\nx".encode())
    assert reference_candidates(parsed) == [ISSUED]


def test_only_in_the_middle_of_references() -> None:
    parsed = parse_mail(f"References: <a@x> {ISSUED} <c@x>\r\n\r\nx".encode())
    found = [candidate for candidate in reference_candidates(parsed) if verify_message_id(SECRET, HOST, candidate)]
    assert found == [ISSUED]


def test_tag_or_id_in_body_or_attachment_only_is_no_reference() -> None:
    body = (
        f"--b\r\n\r\n[INC0000123] {ISSUED}\r\n--b\r\nContent-Type: text/plain; name=a.txt\r\n\r\n[INC0000123]\r\n--b--"
    )
    parsed = parse_mail(f"Subject: printer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{body}".encode())
    assert "[INC0000123]" in parsed.text
    assert subject_tags(parsed.subject) == []
    assert reference_candidates(parsed) == []


def test_customers_own_first_mail_is_a_candidate_for_another_person_in_copy() -> None:
    parsed = parse_mail(b"Subject: AW: RE: same\r\nReferences: <first@customer> <second@customer>\r\n\r\nx")
    assert reference_candidates(parsed) == ["<second@customer>", "<first@customer>"]


def test_endless_references_are_bounded_from_the_left() -> None:
    many = " ".join(f"<{number}@x>" for number in range(5000))
    candidates = reference_candidates(parse_mail(f"References: {many}\r\n\r\nx".encode()))
    assert len(candidates) == 200
