"""Mail from machines is known and never answered; reports of other servers are read."""

from dataclasses import replace

import pytest

from itsm.channels.mail.automatic import (
    answers_allowed,
    automatic_reason,
    counts_as_contact,
    is_list_mail,
    suppresses_answers,
)
from itsm.channels.mail.message import BounceRecipient, BounceReport, FeedbackReport, ReadReceipt
from itsm.channels.mail.parse import ParsedMail, parse_mail


def mail(*headers: str, sender: str = "anna@example.com", body: str = "Hello") -> ParsedMail:
    return parse_mail("\r\n".join((f"From: {sender}", "To: desk@example.org", *headers, "", body)).encode())


def report(kind: str, *parts: str, sender: str = "MAILER-DAEMON@example.com") -> ParsedMail:
    body = "".join(f"--R\r\n{part}\r\n" for part in parts) + "--R--\r\n"
    return mail(f"Content-Type: multipart/report; report-type={kind}; boundary=R", sender=sender, body=body)


ORIGINAL = "Content-Type: message/rfc822\r\n\r\nMessage-ID: <ours@desk.example.org>\r\nSubject: x\r\n\r\nold"
NOTICE = "Content-Type: text/plain\r\n\r\nYour mail was not delivered."


def status(*recipients: str) -> str:
    blocks = "\r\n\r\n".join(("Reporting-MTA: dns; mx.example.com", *recipients))
    return f"Content-Type: message/delivery-status\r\n\r\n{blocks}\r\n"


FAILED = "Final-Recipient: rfc822; gone@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no"
DELAYED = "Final-Recipient: rfc822;slow@example.com\r\nAction: delayed\r\nStatus: 4.4.1"
TEMPORARY = "Final-Recipient: rfc822;full@example.com\r\nAction: failed\r\nStatus: 4.2.2"
DELIVERED = "Final-Recipient: rfc822;ok@example.com\r\nAction: delivered\r\nStatus: 2.0.0"


def test_mail_of_a_person_may_be_answered() -> None:
    parsed = mail("Precedence: normal", "Return-Path: <anna@example.com>", "X-Loop: no", "Subject: Automatic doors")
    assert (parsed.auto_reason, parsed.auto_submitted, parsed.bounce) == (None, False, None)
    assert answers_allowed(parsed)
    assert counts_as_contact(parsed)


@pytest.mark.parametrize(
    "value",
    [
        "auto-replied",
        "auto-generated",
        "auto-notified",
        "auto-replied (zimbra; vacation)",
        'auto-replied; owner-email="x"',
        "AUTO-Replied",
        "something-new",
    ],
)
def test_r1_any_auto_submitted(value: str) -> None:
    parsed = mail(f"Auto-Submitted: {value}")
    assert parsed.auto_reason == f"Auto-Submitted: {value}"
    assert not answers_allowed(parsed)
    assert not counts_as_contact(parsed)


@pytest.mark.parametrize("value", ["no", "No", " no ", "no (a person)", "no; x=y"])
def test_r2_auto_submitted_no_is_ordinary(value: str) -> None:
    assert answers_allowed(mail(f"Auto-Submitted: {value}"))


@pytest.mark.parametrize("value", ["<>", "< >", " <> "])
def test_r3_null_return_path(value: str) -> None:
    parsed = mail(f"Return-Path: {value}")
    assert parsed.auto_reason == "Return-Path: <>"
    assert not answers_allowed(parsed)


@pytest.mark.parametrize(
    "local",
    [
        "owner-users", "users-owner", "users-request", "mailer-daemon", "postmaster", "noreply", "no-reply", "no_reply",
        "no.reply", "donotreply", "do-not-reply", "do_not_reply", "calendar-noreply", "noreply-abc", "bounces+12",
        "autoreply",
    ],
)  # fmt: skip
def test_r4_senders_of_machines(local: str) -> None:
    for written in (local, local.upper()):
        assert mail(sender=f"Name <{written}@example.com>").auto_reason == f"Sender: {written}@example.com"
    assert not answers_allowed(mail(f"Sender: {local}@example.com"))


@pytest.mark.parametrize(
    "local", ["anna", "noreplacement", "owner", "request", "postmasters", "norbert.reply", "bouncer"]
)
def test_r4_people_with_similar_names(local: str) -> None:
    assert answers_allowed(mail(sender=f"{local}@example.com"))


def test_r4_bounce_box_of_a_relay_is_no_sign() -> None:
    assert answers_allowed(mail("Return-Path: <bounces+123@relay.example.com>"))
    assert not answers_allowed(mail("Return-Path: <owner-users@lists.example.com>"))


def test_r4_bare_daemon_name() -> None:
    assert mail(sender="MAILER-DAEMON").auto_reason == "Sender: MAILER-DAEMON"


@pytest.mark.parametrize(
    "header", ["List-Id: <u.example.com>", "List-Unsubscribe: <mailto:x@example.com>", "List-Post: NO"]
)
def test_r5_list_mail(header: str) -> None:
    parsed = mail(header)
    assert parsed.is_list
    assert not answers_allowed(parsed)
    assert counts_as_contact(parsed)


@pytest.mark.parametrize("value", ["bulk", "Bulk", "list", "junk", "auto_reply", " JUNK "])
def test_r6_precedence(value: str) -> None:
    assert not answers_allowed(mail(f"Precedence: {value}"))


@pytest.mark.parametrize("value", ["All", "AutoReply", "OOF", "DR, OOF, AutoReply", "dr;all"])
def test_r7_suppressed_but_human(value: str) -> None:
    parsed = mail(f"X-Auto-Response-Suppress: {value}")
    assert parsed.suppressed
    assert not answers_allowed(parsed)
    assert not parsed.auto_submitted
    assert counts_as_contact(parsed)


@pytest.mark.parametrize("value", ["", "None", "DR", "RN, NRN"])
def test_r7_other_values_suppress_nothing(value: str) -> None:
    assert answers_allowed(mail(f"X-Auto-Response-Suppress: {value}"))


@pytest.mark.parametrize("name", ["X-Loop", "X-Autoreply", "X-Autorespond", "X-Autogenerated", "X-Mail-Autoreply"])
def test_r8_loop_headers(name: str) -> None:
    assert not answers_allowed(mail(f"{name}: yes"))
    assert not answers_allowed(mail(f"{name}: desk@example.org"))
    assert answers_allowed(mail(f"{name}: no"))


def test_plain_headers_can_be_asked_without_a_message() -> None:
    assert automatic_reason({"AUTO-SUBMITTED": "auto-replied"}) == "Auto-Submitted: auto-replied"
    assert automatic_reason([("From", "anna@example.com")]) is None
    assert suppresses_answers({"x-auto-response-suppress": "OOF"})
    assert is_list_mail([("List-Id", "<x>")])


def test_an_invalid_sender_is_not_answered() -> None:
    assert not answers_allowed(mail(sender="rubbish"))


def test_r17_permanent_failure_names_recipient_and_original() -> None:
    parsed = report("delivery-status", NOTICE, status(FAILED), ORIGINAL)
    recipient = BounceRecipient("gone@example.com", "failed", "5.1.1", "smtp; 550 no")
    assert parsed.bounce == BounceReport("failed", (recipient,), "<ours@desk.example.org>")
    assert parsed.text == "Your mail was not delivered."
    assert parsed.bounce.is_failure
    assert not answers_allowed(parsed)
    assert not counts_as_contact(parsed)


def test_r17_report_from_a_human_looking_sender_is_not_answered() -> None:
    parsed = report("delivery-status", NOTICE, status(FAILED), ORIGINAL, sender="mail.system@example.com")
    assert parsed.auto_reason is None
    assert not answers_allowed(parsed)


def test_r17_headers_only_original() -> None:
    original = "Content-Type: text/rfc822-headers\r\n\r\nSubject: x\r\nMessage-ID: <ours@desk.example.org>"
    bounce = report("delivery-status", NOTICE, status(FAILED), original).bounce
    assert bounce is not None
    assert bounce.original_message_id == "<ours@desk.example.org>"


def test_r18_only_permanent_failure_marks_the_address() -> None:
    bounce = report("delivery-status", NOTICE, status(FAILED, TEMPORARY, DELAYED)).bounce
    assert bounce is not None
    assert [recipient.is_permanent_failure for recipient in bounce.recipients] == [True, False, False]
    assert bounce.kind == "failed"


@pytest.mark.parametrize(("block", "kind"), [(DELAYED, "delayed"), (DELIVERED, "delivered")])
def test_r19_delay_and_success_are_no_failure(block: str, kind: str) -> None:
    bounce = report("delivery-status", NOTICE, status(block)).bounce
    assert bounce is not None
    assert (bounce.kind, bounce.is_failure) == (kind, False)


@pytest.mark.parametrize("block", ["Final-Recipient: rfc822;x@example.com\r\nStatus: 5.1.1", "", "\0", "Action: (?"])
def test_broken_reports_are_still_bounces(block: str) -> None:
    assert report("delivery-status", NOTICE, status(block)).bounce is not None


def test_bounce_of_an_older_server() -> None:
    body = "The following address failed:\r\n550 5.1.1 gone\r\n\r\n> Message-ID: <ours@desk.example.org>"
    headers = ("Subject: Mail delivery failed: returning message", "X-Failed-Recipients: gone@example.com")
    parsed = mail(*headers, sender="Mail Delivery System <Mailer-Daemon@example.com>", body=body)
    recipient = BounceRecipient("gone@example.com", "failed", "5.1.1", "")
    assert parsed.bounce == BounceReport("failed", (recipient,), "<ours@desk.example.org>")


def test_person_who_writes_about_a_bounce_is_a_person() -> None:
    parsed = mail("Subject: Undeliverable: my mail comes back", body="550 5.1.1")
    assert parsed.bounce is None
    assert answers_allowed(parsed)


def test_r33_request_for_a_receipt_changes_nothing() -> None:
    parsed = mail("Disposition-Notification-To: anna@example.com")
    assert parsed.read_receipt is None
    assert answers_allowed(parsed)


def test_r34_vacation_answer_is_no_contact() -> None:
    parsed = mail("Auto-Submitted: auto-replied", "Subject: Out of office", "In-Reply-To: <ours@desk.example.org>")
    assert parsed.in_reply_to == "<ours@desk.example.org>"
    assert not counts_as_contact(parsed)


def test_r35_complaint() -> None:
    fields = "Feedback-Type: abuse\r\nUser-Agent: x\r\nOriginal-Rcpt-To: <anna@example.com>"
    parsed = report("feedback-report", NOTICE, f"Content-Type: message/feedback-report\r\n\r\n{fields}", ORIGINAL)
    assert parsed.feedback == FeedbackReport("abuse", ("anna@example.com",), "<ours@desk.example.org>")
    assert not answers_allowed(parsed)
    assert not counts_as_contact(parsed)


def test_r36_read_receipt() -> None:
    fields = "Original-Message-ID: <ours@desk.example.org>\r\nDisposition: manual-action/MDN-sent-manually; displayed"
    part = f"Content-Type: message/disposition-notification\r\n\r\n{fields}"
    parsed = report("disposition-notification", NOTICE, part, sender="anna@example.com")
    assert parsed.read_receipt == ReadReceipt("displayed", "<ours@desk.example.org>")
    assert not answers_allowed(parsed)
    assert not counts_as_contact(parsed)


@pytest.mark.parametrize(("method", "is_reply"), [("REPLY", True), ("REQUEST", False), ("CANCEL", False)])
def test_r36_calendar_reply(method: str, is_reply: bool) -> None:
    lines = (
        "BEGIN:VCALENDAR",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        "UID:42@x",
        "ATTENDEE;PARTSTAT=ACC",
        " EPTED:mailto:a@b",
    )
    calendar = "Content-Type: text/calendar; charset=utf-8\r\n\r\n" + "\r\n".join(lines)
    body = f"--B\r\nContent-Type: text/plain\r\n\r\nAccepted\r\n--B\r\n{calendar}\r\n--B--"
    parsed = mail("Content-Type: multipart/alternative; boundary=B", body=body)
    assert (parsed.calendar_reply is not None) is is_reply
    assert answers_allowed(parsed) is not is_reply
    if parsed.calendar_reply:
        assert (parsed.calendar_reply.uid, parsed.calendar_reply.status) == ("42@x", "ACCEPTED")


def test_r24_authentication_results_keep_their_order() -> None:
    parsed = mail("Authentication-Results: mx.example.org; dmarc=fail", "Authentication-Results: forged; dmarc=pass")
    assert parsed.authentication_results == ("mx.example.org; dmarc=fail", "forged; dmarc=pass")


@pytest.mark.parametrize("header", ["X-OTRS-State: closed", "x-zammad-ticket-state: closed", "X-Priority: 1"])
def test_r25_commands_in_headers_do_nothing(header: str) -> None:
    commanded = mail(header, "Subject: s")
    assert commanded == replace(mail("Subject: s"), headers=commanded.headers)
