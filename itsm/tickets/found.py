"""Tickets on the search page: found by words or number, with facets, in the order in which they fit best."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select

from itsm.identity.models import Group
from itsm.kernel.actor import Actor
from itsm.kernel.db import one_of, session
from itsm.kernel.module import Facet, Found, Hit, registry
from itsm.kernel.text import Message, _
from itsm.search import queries as search
from itsm.search.text import WORD, normalised, words_of
from itsm.tickets import filters, indexing, pages, policy, queries
from itsm.tickets.desk.board import CATEGORY_TITLES
from itsm.tickets.models import Attachment, JournalEntry, Ticket
from itsm.tickets.queries.finding import Matches, find_matches

SHOWN = 30
WEIGHED = 100  # of what is not narrowed, so many of the newest are looked at for the best few
FACETS: dict[str, tuple[Message, str]] = {
    "kind": (_("Kind"), "kind"),
    "stage": (_("State"), "state_category"),
    "category": (_("Category"), "category_id"),
    "group": (_("Group"), "group_id"),
}
OF_STAFF = frozenset({"group"})


def find(actor: Actor, text: str, chosen: Mapping[str, str] | None) -> Found:
    """Tickets that the actor may read, best first; the facets count those of the other choices."""
    matches = find_matches(actor, text)
    ids = list(matches.through)
    if chosen is None:
        rows = _rows(actor, ids[:WEIGHED])
        return Found(_hits(actor, _best(rows, text, matches), matches), len(ids), more=matches.more)
    rows = _rows(actor, ids)
    offered = {name: facet for name, facet in FACETS.items() if policy.is_staff(actor) or name not in OF_STAFF}
    wanted = {offered[name][1]: value for name, value in chosen.items() if name in offered}
    kept = [row for row in rows if _fits(row, wanted)]
    facets = [_facet(name, title, column, rows, wanted) for name, (title, column) in offered.items()]
    return Found(_hits(actor, _best(kept, text, matches), matches), len(kept), facets, more=matches.more)


def _rows(actor: Actor, ids: Collection[int]) -> Sequence[Row[Any]]:
    columns: Sequence[Any] = (
        Ticket.id,
        Ticket.title,
        Ticket.kind,
        Ticket.state_category,
        Ticket.category_id,
        Ticket.group_id,
    )
    statement = select(*columns).where(policy.visible(actor), one_of(Ticket.id, ids))
    return session.execute(statement).all() if ids else []


def _best(rows: Sequence[Row[Any]], text: str, matches: Matches) -> list[int]:
    """Ids of the hits to show: the one with that number, then by how many of the words the title holds, then newest."""
    asked = words_of(text)
    places = {each: place for place, each in enumerate(matches.through)}

    def rank(row: Row[Any]) -> tuple[bool, int, int]:
        said = WORD.findall(normalised(row.title))
        held = sum(any(word.startswith(each) for word in said) for each in asked)
        return row.id != matches.numbered, -held, places[row.id]

    return [row.id for row in sorted(rows, key=rank)[:SHOWN]]


def _fits(row: Row[Any], wanted: Mapping[str, str], *, without: str = "") -> bool:
    return all(str(getattr(row, column)) == value for column, value in wanted.items() if column != without)


def _facet(name: str, title: Message, column: str, rows: Sequence[Row[Any]], wanted: Mapping[str, str]) -> Facet:
    values = (getattr(row, column) for row in rows if _fits(row, wanted, without=column))
    numbers = Counter(value for value in values if value is not None)
    titles = _titles(name, numbers)
    return Facet(name, title, {str(key): (titles.get(key, str(key)), number) for key, number in numbers.most_common()})


def _titles(name: str, keys: Iterable[Any]) -> Mapping[Any, Message]:
    match name:
        case "kind":
            modules = registry().by_name
            return {key: modules[key].title for key in keys if key in modules}
        case "stage":
            return {str(stage): title for stage, title in CATEGORY_TITLES.items()} | {"closed": _("Closed")}
        case "category":
            return dict(queries.category_titles())
        case _:
            named = select(Group.id, Group.name).where(Group.id.in_(list(keys)))
            return {row.id: row.name for row in session.execute(named)}


def _hits(actor: Actor, ids: Sequence[int], matches: Matches) -> list[Hit]:
    columns: Sequence[Any] = (Ticket.id, Ticket.kind, Ticket.title, Ticket.state, Ticket.description)
    statement = select(*columns).where(policy.visible(actor), one_of(Ticket.id, ids))
    rows = {row.id: row for row in session.execute(statement)} if ids else {}
    told = _told([through for each in ids if (through := matches.through[each]) is not None])
    states = filters.state_titles()
    return [_hit(rows[each], states, told.get(matches.through[each])) for each in ids if each in rows]


def _hit(row: Row[Any], states: Mapping[str, Message], told: tuple[Message, str, str] | None) -> Hit:
    address, number = pages.address_of(row.kind, row.id), pages.number_of(row.kind, row.id)
    through, text, sign = told or ("", row.description, "")
    return Hit(row.title, address, number, states.get(row.state, row.state), text, through, sign)


def _told(parts: Sequence[tuple[str, int]]) -> dict[tuple[str, int] | None, tuple[Message, str, str]]:
    """What the reply, note or file is called through which a ticket was found, what it says, and its icon."""
    entry_ids = [part_id for part, part_id in parts if part == indexing.ENTRY]
    file_ids = [part_id for part, part_id in parts if part == indexing.FILE]
    told: dict[tuple[str, int] | None, tuple[Message, str, str]] = {}
    if entry_ids:
        for entry in session.scalars(select(JournalEntry).where(JournalEntry.id.in_(entry_ids))):
            by = {"name": entry.actor_name}
            if entry.kind == "public":
                told[indexing.ENTRY, entry.id] = _("Reply by %(name)s", **by), entry.body, "message-circle"
            else:
                told[indexing.ENTRY, entry.id] = _("Note by %(name)s", **by), entry.body, "note"
    if file_ids:
        texts = search.list_texts(indexing.FILE, file_ids)
        for row in session.execute(select(Attachment.id, Attachment.name).where(Attachment.id.in_(file_ids))):
            told[indexing.FILE, row.id] = _("File %(name)s", name=row.name), texts.get(row.id, ""), "paperclip"
    return told
