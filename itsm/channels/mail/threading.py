"""References between mails and tickets: subject tags, and the order in which Message-IDs are looked up."""

import re

from itsm.channels.mail.message import ParsedMail

_TAG = re.compile(r"\[([A-Z]{2,4}[0-9]{7,15})\]")


def subject_tags(subject: str) -> list[str]:
    """Ticket numbers in tags such as `[INC0000123]`, from left to right, each once.

    Tags of other systems and numbers of fewer than seven digits are no tags of ours.
    """
    return list(dict.fromkeys(_TAG.findall(subject)))


def reference_candidates(parsed: ParsedMail) -> list[str]:
    """Message-IDs to look up: In-Reply-To, then References from right to left. Rule: R20 (RFC 5322 3.6.4)."""
    first = [parsed.in_reply_to] if parsed.in_reply_to else []
    return list(dict.fromkeys([*first, *reversed(parsed.references)]))
