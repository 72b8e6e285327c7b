"""Whether our own mail server vouches for a sender. Rules: R23, R24 (RFC 8601)."""

import re
from collections.abc import Sequence

_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r'"[^"]*"')
_METHOD = re.compile(r"^\s*(dmarc|dkim)\s*=\s*pass\b(.*)$", re.IGNORECASE | re.DOTALL)
_DOMAIN = re.compile(r"\bheader\.(?:from|d)\s*=\s*@?([\w.-]+)", re.IGNORECASE)


def is_vouched_for(results: Sequence[str], *, authserv_id: str, address: str) -> bool:
    """Whether the topmost Authentication-Results is our own server's and says that the sender's domain signed the mail.

    Lower ones are never read: whoever sends a mail can write them. Without an `authserv_id` nobody is vouched for.
    """
    if not authserv_id or not results:
        return False
    plain = _QUOTED.sub("", _COMMENT.sub("", results[0]))
    server, *methods = plain.split(";")
    if server.strip().split(" ")[0].casefold() != authserv_id.casefold():
        return False
    domain = address.rpartition("@")[2].casefold()
    return any(_passes(method, domain) for method in methods)


def _passes(method: str, domain: str) -> bool:
    found = _METHOD.match(method)
    named = _DOMAIN.search(found[2]) if found else None
    return named is not None and named[1].casefold() == domain
