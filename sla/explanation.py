"""Why a clock stands where it stands: its segments in words, with the calendar's rules, for pages. Rule: C1."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.errors import NotFound
from itsm.kernel.text import Message, _
from itsm.tickets.models import Ticket
from sla import queries
from sla.agreements.choice import Choice, Considered
from sla.agreements.terms import AgreedTerms
from sla.clock_values import Clock, Segment
from sla.kept_clocks import key_of, load
from sla.models import SlaClock

BAR_WIDTH = 1000
SHOWN_OPENINGS = timedelta(days=60)

DAYS = {
    "mon": _("Monday"),
    "tue": _("Tuesday"),
    "wed": _("Wednesday"),
    "thu": _("Thursday"),
    "fri": _("Friday"),
    "sat": _("Saturday"),
    "sun": _("Sunday"),
}
PAUSE_REASONS = {
    "customer": _("waits for the customer"),
    "supplier": _("waits for the supplier"),
    "change": _("waits for a change"),
    "problem": _("waits for a problem"),
    "planned": _("planned date"),
    "other_group": _("with another group"),
    "not_with_supplier": _("does not wait for the supplier"),
    "own_condition": _("its own condition holds"),
}
VERDICTS = {
    "applies": _("applies"),
    "less_specific": _("would apply, but a more specific one comes first"),
    "not_valid": _("was not valid when the ticket was recorded"),
    "organisation": _("is for another organisation"),
    "group": _("is for another group"),
    "service": _("is for a service that the ticket does not touch"),
    "condition": _("its condition does not hold"),
}


@dataclass(frozen=True)
class Line:
    """One segment in words; `is_note` marks one without length, which explains a change of the target."""

    segment: Segment
    reason: Message
    rules: list[Message]
    is_note: bool


@dataclass(frozen=True)
class Bar:
    """One piece of the drawn clock, in thousandths of its width; `kind` is `running`, `open` or `paused`."""

    x: float
    width: float
    kind: str


@dataclass(frozen=True)
class Explanation:
    """Everything that the page of one clock shows; `sum_seconds` is what the counted lines add up to.

    `apart` are the reasons why it was paused with the open seconds that each took; `considered` the agreements that were
    looked at, the one that applies among them.
    """

    row: SlaClock
    owner: str
    clock: Clock
    terms: AgreedTerms
    lines: list[Line]
    bars: list[Bar]
    due_x: float | None
    sum_seconds: int
    apart: list[tuple[Message, int]]
    considered: list[Considered]


def explain(actor: Actor, ticket: Ticket, metric: str, clock_id: int | None = None) -> Explanation:
    """Compute one clock of a ticket at this instant and say why: a stored one, else the customer's present one of a metric.

    Raises `NotFound` where there is none.
    """
    shown = queries.get_clock(actor, ticket, metric, clock_id)
    row, key = shown.row, key_of(shown.row)
    kept = next(iter(load([ticket])), None)
    found_standings = kept.standings(clock.now()) if kept else []
    same = [each for each in found_standings if each.key == key]
    standing = next((each for each in same if each.clock.generation == row.generation), same[-1] if same else None)
    if standing is None or standing.terms is None:
        raise NotFound(_("%(number)s has no such clock.", number=ticket.number))
    found, terms = standing.clock, standing.terms
    lines = [_line(segment) for segment in found.segments]
    bars, due_x = _drawing(found, terms)
    spent = sum(segment.seconds for segment in found.segments if segment.counted)
    considered = Choice(ticket).considered(key.kind, key.owner_id)
    return Explanation(row, shown.owner, found, terms, lines, bars, due_x, spent, _apart(found), considered)


def _apart(found: Clock) -> list[tuple[Message, int]]:
    """Open seconds that the clock was paused, by reason, the longest first."""
    seconds: dict[str, int] = {}
    for segment in found.segments:
        if not segment.counted:
            seconds[segment.reason] = seconds.get(segment.reason, 0) + segment.seconds
    return [(reason_words(reason), spared) for reason, spared in sorted(seconds.items(), key=lambda each: -each[1])]


def _line(segment: Segment) -> Line:
    is_note = segment.from_at == segment.to_at
    rules = [] if is_note else [rule_words(rule) for rule in segment.calendar_rule.split(", ")]
    return Line(segment, reason_words(segment.reason), rules, is_note)


def reason_words(reason: str) -> Message:
    """Why a segment was counted or not, in words for people."""
    if reason == "running":
        return _("The clock runs")
    if reason == "resolved until reopened":
        return _("From resolved until reopened")
    if reason.startswith("paused: "):
        cause = reason.removeprefix("paused: ")
        return _("Paused: %(cause)s", cause=PAUSE_REASONS.get(cause, cause))
    if reason.startswith("no target"):
        return _("No target applies any more")
    return _target_words(reason)


def _target_words(reason: str) -> Message:
    match = re.fullmatch(r"target now (\d+) seconds, measured from the (start|change)", reason)
    if match is None:
        return reason
    minutes = int(match[1]) // 60
    length = f"{minutes // 60}:{minutes % 60:02d}"
    if match[2] == "start":
        return _("The target became %(length)s hours, measured from the start", length=length)
    return _("The target became %(length)s hours, measured from this change", length=length)


def rule_words(rule: str) -> Message:
    """A calendar rule in words for people."""
    if rule == "closed":
        return _("closed")
    if rule == "weekly hours":
        return _("weekly hours")
    words = rule.split(" ")
    if words[0] == "weekly":
        return _("%(day)s %(hours)s", day=DAYS[words[1]], hours=" ".join(words[2:]))
    if words[0] == "holiday":
        return _("holiday %(date)s", date=" ".join(words[1:]))
    if words[:2] == ["date", "hours"]:
        closed = words[-1] == "closed"
        return _("%(date)s closed", date=words[2]) if closed else _("special hours %(when)s", when=" ".join(words[2:]))
    return rule


def _drawing(found: Clock, terms: AgreedTerms) -> tuple[list[Bar], float | None]:
    """The segments to scale; in running ones the open hours stand out, as long as they can be told apart."""
    stretches = [segment for segment in found.segments if segment.to_at > segment.from_at]
    if not stretches:
        return [], None
    first = stretches[0].from_at
    due_at = found.due_at or found.breached_at
    last = max(stretches[-1].to_at, due_at or first)
    scale = BAR_WIDTH / (last - first).total_seconds()

    def bar(from_at: datetime, to_at: datetime, kind: str) -> Bar:
        x = (from_at - first).total_seconds() * scale
        return Bar(round(x, 1), round(max((to_at - from_at).total_seconds() * scale, 1), 1), kind)

    bars = []
    for segment in stretches:
        bars.append(bar(segment.from_at, segment.to_at, "running" if segment.counted else "paused"))
        if segment.counted and last - first <= SHOWN_OPENINGS:
            bars += [bar(*span, "open") for span in _openings(terms, segment)]
    return bars, round((due_at - first).total_seconds() * scale, 1) if due_at else None


def _openings(terms: AgreedTerms, segment: Segment) -> Iterator[tuple[datetime, datetime]]:
    return terms.calendar.intervals(segment.from_at, segment.to_at)
