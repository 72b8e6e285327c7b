"""Which ticket a mail answers, as far as the mail itself can tell."""

import pytest

from itsm.channels.mail.parse import parse_mail
from itsm.channels.mail.threading import reference_candidates, subject_tags
from itsm.notifications.message_ids import sign_message_id, verify_message_id

SECRET = b"0123456789abcdef0123456789abcdef"
HOST = "desk.example.org"
ISSUED = sign_message_id(SECRET, installation=HOST, kind="incident", number="INC0000123", key="k-1_Z")


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
