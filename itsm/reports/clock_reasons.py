"""How missed clocks came to their time: their segments in words, computed from the tickets' history. Rule: C1."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from itsm.kernel.db import session
from itsm.kernel.text import _
from itsm.reports.document import Column, Explained, Reference, Segment, Table
from itsm.reports.request import Question
from itsm.reports.sla_words import metric_title
from itsm.tickets.models import Ticket
from itsm.tickets.pages import address_of, number_of
from sla.clock_values import Clock
from sla.explanation import reason_words, rule_words
from sla.kept_clocks import load

CHUNK = 200
MOST_EXPLAINED = 20_000
Row = Mapping[str, Any]
Standings = dict[tuple[int, str, str, int, int], Clock]


def key_of(row: Row) -> tuple[int, str, str, int, int]:
    """Which clock a row of the data set is about: ticket, kind of agreement, metric, owner, generation."""
    return row["ticket_id"], row["clock_kind"], row["metric"], row["owner_id"], row["generation"]


def standings_at(ticket_ids: Sequence[int], question: Question) -> Standings:
    """Every clock of some tickets as it stood at the data cut-off; a few statements for each 200 tickets."""
    found: Standings = {}
    for start in range(0, len(ticket_ids), CHUNK):
        chunk = ticket_ids[start : start + CHUNK]
        tickets = session.scalars(select(Ticket).where(Ticket.id.in_(chunk))).all()
        for kept in load(tickets):
            for each in kept.standings(question.cut_off_at):
                key = (kept.ticket.id, each.key.kind, each.clock.metric, each.key.owner_id, each.clock.generation)
                found[key] = each.clock
    return found


def explained(rows: Sequence[Row], question: Question) -> Iterator[Explained]:
    """The clocks of missed targets, each with its segments; what history does not tell any more is left out."""
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        found = standings_at(sorted({row["ticket_id"] for row in chunk}), question)
        for row in chunk:
            clock = found.get(key_of(row))
            if clock is not None and clock.segments:
                yield _explained(row, clock, question)


def _explained(row: Row, clock: Clock, question: Question) -> Explained:
    number = number_of(row["kind"], row["ticket_id"])
    return Explained(
        Reference(number, address_of(row["kind"], row["ticket_id"])),
        row["title"],
        metric_title(row["metric"]),
        _lead(clock, question),
        tuple(_segment(each) for each in clock.segments),
        sum(each.seconds for each in clock.segments if each.counted),
    )


def _segment(found: Any) -> Segment:
    rules = (
        "" if found.from_at == found.to_at else "; ".join(map(str, map(rule_words, found.calendar_rule.split(", "))))
    )
    return Segment(found.from_at, found.to_at, found.counted, str(reason_words(found.reason)), rules, found.seconds)


def _lead(clock: Clock, question: Question) -> str:
    reader = question.reader
    target = clock.target_seconds or 0
    words = {
        "agreed": reader.clock_time(target),
        "elapsed": reader.clock_time(clock.elapsed_seconds),
        "over": reader.clock_time(max(clock.elapsed_seconds - target, 0)),
    }
    if clock.stopped_at is None:
        return str(
            _("Agreed were %(agreed)s; %(elapsed)s had passed at the data cut-off, and it is still open.", **words)
        )
    words["end"] = reader.instant(clock.stopped_at)
    return str(_("Agreed were %(agreed)s; it took %(elapsed)s, over by %(over)s, until %(end)s.", **words))


def as_table(found: Iterator[Explained]) -> Table:
    """Every segment of explained clocks as a row, for sheets."""
    columns = (
        Column("ticket", str(_("Ticket")), "ticket"),
        Column("target", str(_("Target"))),
        Column("from", str(_("From")), "instant"),
        Column("to", str(_("To")), "instant"),
        Column("counted", str(_("Counted")), "yes_no"),
        Column("why", str(_("Why"))),
        Column("rule", str(_("Hours"))),
        Column("seconds", str(_("Business time")), "seconds"),
    )
    rows = tuple(
        (each.reference, each.target, part.from_at, part.to_at, part.counted, part.reason, part.rule, part.seconds)
        for each in found
        for part in each.segments
    )
    note = str(
        _("Counted segments add up to the time that a clock took; at most %(most)s clocks.", most=MOST_EXPLAINED)
    )
    return Table("explained", str(_("Missed clocks explained")), columns, rows, note=note)
