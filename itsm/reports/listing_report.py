"""A report about any data set: its rows as a list, and counts by the fields that lend themselves to it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from itsm.kernel.actor import Actor
from itsm.kernel.datasets import DataField, DataSet, get_data_set
from itsm.kernel.text import _, plural
from itsm.reports.document import Column, Figure, Reference, Report, Table
from itsm.reports.request import Question, common_facts, digest_of
from itsm.tickets.pages import address_of, number_of

ROWS_SHOWN = 500
HIDDEN = frozenset({"ticket_id", "kind"})
Rows = Sequence[tuple[Any, ...]]


def build(actor: Actor, question: Question, data_set_name: str, *, complete: bool = False) -> Report:
    """Counts and rows of a data set in the period, as the actor may see them."""
    data_set = get_data_set(data_set_name)
    names = [field.name for field in data_set.fields]
    rows = data_set.read(actor, question.selection(actor), names)
    tables = tuple(_counts(data_set, rows, field) for field in data_set.fields if field.counted)
    listing = _listing(data_set, rows if complete else rows[:ROWS_SHOWN], more=not complete and len(rows) > ROWS_SHOWN)
    reader = question.reader
    return Report(
        name=data_set.name,
        title=str(data_set.title),
        language=question.language,
        period=question.period,
        cut_off_at=question.cut_off_at,
        facts=tuple(common_facts(question)),
        figures=(Figure("rows", str(data_set.title), len(rows)),),
        summary=(
            reader.digits(str(plural("%(num)s record in the period.", "%(num)s records in the period.", len(rows)))),
        ),
        tables=tables,
        charts=(),
        lists=(listing,),
        definitions=((str(_("Digest")), str(_("SHA-256 over the parameters and every row read."))),),
        flat=listing,
        digest=digest_of(data_set.name, question, [rows]),
    )


def _counts(data_set: DataSet, rows: Rows, field: DataField) -> Table:
    place = [each.name for each in data_set.fields].index(field.name)
    counts = Counter(row[place] for row in rows)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
    columns = (Column(field.name, str(field.title), field.kind), Column("count", str(_("Number")), "count"))
    return Table(
        f"by_{field.name}",
        str(_("By %(field)s", field=field.title)),
        columns,
        tuple(ordered),
        (str(_("Total")), len(rows)),
    )


def _listing(data_set: DataSet, rows: Rows, *, more: bool) -> Table:
    places = {field.name: number for number, field in enumerate(data_set.fields)}
    is_tickets = places.keys() >= HIDDEN
    shown = [field for field in data_set.fields if not (is_tickets and field.name in HIDDEN)]
    columns = [Column(field.name, str(field.title), field.kind) for field in shown]
    if is_tickets:
        columns.insert(0, Column("ticket", str(_("Ticket")), "ticket"))
    listed = []
    for row in rows:
        cells = [row[places[field.name]] for field in shown]
        if is_tickets:
            kind, ticket_id = row[places["kind"]], row[places["ticket_id"]]
            cells.insert(0, Reference(number_of(kind, ticket_id), address_of(kind, ticket_id)))
        listed.append(tuple(cells))
    note = str(_("Only the first %(most)s are shown here; the sheet has all.", most=ROWS_SHOWN)) if more else ""
    return Table("rows", str(_("List")), tuple(columns), tuple(listed), note=note)
