"""How a ticket's story and the form of a call tell where a proposal comes from: how many earlier tickets had the same."""

from collections.abc import Mapping
from typing import Any

from itsm.kernel.text import Message, _, plural

FIELDS = {
    "category_id": _("Category"),
    "group_id": _("Group"),
    "impact": _("Impact"),
    "urgency": _("Urgency"),
    "ci_id": _("CI"),
}


def reason(votes: int, cases: int, source: str) -> Message:
    """Why something is proposed, in one sentence."""
    if source == "title":
        return _("named in the title")
    if source == "caller":
        return plural(
            "%(votes)s of %(num)s earlier ticket of the caller",
            "%(votes)s of %(num)s earlier tickets of the caller",
            cases,
            votes=votes,
        )
    if source == "ci":
        return plural(
            "%(votes)s of %(num)s earlier ticket of the CI",
            "%(votes)s of %(num)s earlier tickets of the CI",
            cases,
            votes=votes,
        )
    return plural("%(votes)s of %(num)s similar ticket", "%(votes)s of %(num)s similar tickets", cases, votes=votes)


def proposal_lines(changes: Mapping[str, Any]) -> list[str]:
    """The words of what was taken from earlier tickets, among an entry's changes (`proposed`: [field, votes, cases, source])."""
    if not changes.get("proposed"):
        return []
    return [
        str(_("%(field)s taken over: %(reason)s", field=FIELDS.get(field, field), reason=reason(votes, cases, source)))
        for field, votes, cases, source in changes["proposed"][1]
    ]
