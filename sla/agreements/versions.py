"""The versions of an agreement, each with what it changed, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from itsm.kernel.text import Message, _
from sla.agreements import queries as agreement_queries
from sla.naming import MetricTitles

FLAGS: dict[str, Message] = {
    "pause_response": _("on hold pauses the response clock"),
    "reopen_counts": _("the time between resolved and reopened counts"),
    "target_change": _("how a new priority is measured"),
    "own": _("metrics of your own"),
    "steps": _("escalation steps"),
}


@dataclass(frozen=True)
class Version:
    """One version: its number, since when it applied, who made it, and what was different from the one before."""

    number: int
    made_at: datetime
    made_by: str
    changes: list[Message]


def list_versions(agreement_id: int) -> list[Version]:
    """The latest versions of an agreement, newest first."""
    rows = agreement_queries.list_terms(agreement_id)
    titles = MetricTitles()
    found = []
    for place, row in enumerate(rows):
        before = rows[place + 1].content if place + 1 < len(rows) else None
        changes = _changes(before, row.content, titles) if before is not None else []
        found.append(Version(row.number, row.made_at, row.made_by, changes))
    return found


def _changes(before: Mapping[str, Any], after: Mapping[str, Any], titles: MetricTitles) -> list[Message]:
    found: list[Message] = []
    if before["name"] != after["name"]:
        found.append(_("name: %(before)s → %(after)s", before=before["name"], after=after["name"]))
    if before["calendar"] != after["calendar"]:
        found.append(_calendar(before["calendar"], after["calendar"]))
    metrics = dict.fromkeys([*before["targets"], *after["targets"]])
    for metric in metrics:
        found += _targets(titles[metric], before["targets"].get(metric, {}), after["targets"].get(metric, {}))
    found += [words for name, words in FLAGS.items() if before.get(name) != after.get(name)]
    return found


def _calendar(before: Mapping[str, Any], after: Mapping[str, Any]) -> Message:
    if before["name"] != after["name"]:
        return _("calendar: %(before)s → %(after)s", before=before["name"], after=after["name"])
    return _("hours of the calendar %(name)s", name=after["name"])


def _targets(title: Message, before: Mapping[str, int], after: Mapping[str, int]) -> list[Message]:
    changed = sorted(priority for priority in {*before, *after} if before.get(priority) != after.get(priority))
    return [
        _(
            "%(metric)s, priority %(priority)s: %(before)s → %(after)s",
            metric=title,
            priority=priority,
            before=_length(before.get(priority)),
            after=_length(after.get(priority)),
        )
        for priority in changed
    ]


def _length(seconds: int | None) -> str:
    return "–" if seconds is None else f"{seconds // 3600}:{seconds % 3600 // 60:02d}"
