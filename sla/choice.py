"""Which agreement applies to a ticket: the one for the nearest organisation, then by order, whose condition holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from itsm.identity.models import Organisation
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.query.errors import QueryError
from itsm.query.filters import context_of
from itsm.query.parser import parse
from itsm.query.predicate import Predicate, compile_predicate
from itsm.tickets import filters
from itsm.tickets.models import Ticket
from sla.models import Agreement
from sla.terms import AgreedTerms, terms_by_id

COMPILED_FOR = timedelta(seconds=60)


@dataclass(frozen=True)
class Offer:
    """One active agreement as the choice reads it; `applies` is its condition as a question to one ticket."""

    agreement_id: int
    order: int
    organisation_id: int | None
    valid_from: datetime | None
    valid_to: datetime | None
    applies: Predicate
    terms: AgreedTerms

    def is_valid(self, at: datetime) -> bool:
        """Whether the agreement was in force at an instant."""
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True)
class _Offers:
    """All offers, as long as no agreement changed (`stamp`); names in conditions are looked up again after a minute."""

    stamp: tuple[tuple[int, str], ...]
    compiled_at: datetime
    offers: tuple[Offer, ...]


_kept: dict[str, _Offers] = {}


def choose_terms(ticket: Ticket) -> AgreedTerms | None:
    """The terms in force of the agreement that applies to a ticket, or None.

    One statement once offers are known, and one for each comparison with the ticket's CIs or clocks that is reached.

    An agreement applies when it was valid when the ticket was recorded, the ticket belongs to its organisation or one
    below, and its condition holds. Of several the nearest organisation wins, then the lower order, then the older one.
    """
    offers = [offer for offer in _offers() if offer.is_valid(ticket.created_at)]
    distances = _distances(ticket, offers)
    near = [offer for offer in offers if offer.organisation_id in distances]
    near.sort(key=lambda offer: (distances[offer.organisation_id], offer.order, offer.agreement_id))
    return next((offer.terms for offer in near if offer.applies(ticket)), None)


def _distances(ticket: Ticket, offers: Iterable[Offer]) -> dict[int | None, int]:
    """Organisation id → how far above the ticket's it stands; None (anyone's) is the farthest."""
    farthest: dict[int | None, int] = {None: 1_000_000}
    if ticket.organisation_id is None or not any(offer.organisation_id for offer in offers):
        return farthest
    own = session.get(Organisation, ticket.organisation_id)
    above = [int(part) for part in own.path.split("/") if part] if own else []
    return farthest | {organisation_id: distance for distance, organisation_id in enumerate(reversed(above))}


def _offers() -> tuple[Offer, ...]:
    stamp = tuple(session.execute(select(Agreement.id, Agreement.terms_id).order_by(Agreement.id)).tuples().all())
    kept = _kept.get("offers")
    now = clock.now()
    if kept is None or kept.stamp != stamp or abs(now - kept.compiled_at) > COMPILED_FOR:
        kept = _kept["offers"] = _Offers(tuple(stamp), now, _compile())
    return kept.offers


def _compile() -> tuple[Offer, ...]:
    rows = session.scalars(select(Agreement).where(Agreement.active).order_by(Agreement.id)).all()
    terms = terms_by_id(row.terms_id for row in rows)
    return tuple(
        Offer(
            agreement_id=row.id,
            order=row.order,
            organisation_id=row.organisation_id,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            applies=predicate_of(row.condition),
            terms=terms[row.terms_id],
        )
        for row in rows
    )


def predicate_of(condition: str) -> Predicate:
    """A condition as a question to one ticket; an empty one holds always, one that became wrong never does."""
    if not condition.strip():
        return _always
    try:
        return compile_predicate(parse(condition), filters.ticket_fields(), context_of(SYSTEM))
    except QueryError:
        return _never


def _always(record: object) -> bool:
    del record
    return True


def _never(record: object) -> bool:
    del record
    return False
