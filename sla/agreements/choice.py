"""Which agreements apply to a ticket: of each kind the most specific one whose condition holds. Rule: SLA-choice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from cmdb import queries as cmdb
from cmdb import traversal
from cmdb.models import Ci, TicketCi
from itsm.identity.models import Organisation
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.tickets.asking import Asking
from itsm.tickets.models import Ticket
from sla.agreements.terms import AgreedTerms, terms_by_id
from sla.models import Agreement

COMPILED_FOR = timedelta(seconds=60)
ANYBODY = 1_000_000  # how far an agreement for all organisations is from any of them
SERVICE_DEPTH, MOST_REACHED = 6, 500

Verdict = Literal["applies", "less_specific", "not_valid", "organisation", "group", "service", "condition"]


@dataclass(frozen=True)
class Offer:
    """One active agreement as the choice reads it; `applies` is its condition as a question to one ticket."""

    agreement_id: int
    kind: str
    order: int
    organisation_id: int | None
    group_id: int | None
    supplier_id: int | None
    service_id: int | None
    valid_from: datetime | None
    valid_to: datetime | None
    applies: Asking
    terms: AgreedTerms

    def is_valid(self, at: datetime) -> bool:
        """Whether the agreement was in force at an instant."""
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True)
class _Offers:
    """All offers, as long as no agreement changed (`stamp`)."""

    stamp: tuple[tuple[int, str], ...]
    compiled_at: datetime
    offers: tuple[Offer, ...]


@dataclass(frozen=True)
class Considered:
    """An agreement that was looked at for a ticket, and why it applies or does not."""

    offer: Offer
    verdict: Verdict


_kept: dict[str, _Offers] = {}


class Choice:
    """Chooses the agreements of one ticket; what it asks the database for it asks once, `offers` once for many tickets.

    An agreement applies when it was valid when the ticket was recorded, the ticket belongs to its organisation or one
    below, is about its service, lies with its group, and its condition holds. Of several of a kind the one that names
    the group wins, then the nearest organisation, then the one that names a service, then the lower order, then the
    older one. Rule: SLA-choice.
    """

    def __init__(self, ticket: Ticket, offers: Sequence[Offer] | None = None) -> None:
        self._ticket = ticket
        self._offers = current_offers() if offers is None else offers
        self._distances: dict[int | None, int] | None = None
        self._services: frozenset[int] | None = None

    def sla(self) -> AgreedTerms | None:
        """The terms in force of the agreement with the customer, or None."""
        chosen = self._best("sla")
        return chosen.terms if chosen else None

    def ola(self, group_id: int) -> AgreedTerms | None:
        """The terms in force of the agreement with a group that has the ticket, or None."""
        chosen = self._best("ola", group_id)
        return chosen.terms if chosen else None

    def uc(self) -> Offer | None:
        """The agreement with the supplier that the ticket waits for, or None."""
        return self._best("uc")

    @property
    def has_ola(self) -> bool:
        """Whether there is any agreement with a group."""
        return any(offer.kind == "ola" for offer in self._offers)

    @property
    def has_uc(self) -> bool:
        """Whether there is any agreement with a supplier."""
        return any(offer.kind == "uc" for offer in self._offers)

    def considered(self, kind: str, group_id: int | None = None) -> list[Considered]:
        """Every active agreement of a kind in the order in which they are tried, each with why it applies or does not."""
        found, chosen = [], False
        for offer in self._sorted(kind):
            verdict: Verdict | None = self._objection(offer, group_id)
            if verdict is None:
                verdict, chosen = ("less_specific" if chosen else "applies"), True
            found.append(Considered(offer, verdict))
        return found

    def _best(self, kind: str, group_id: int | None = None) -> Offer | None:
        return next((offer for offer in self._sorted(kind) if self._objection(offer, group_id) is None), None)

    def _sorted(self, kind: str) -> list[Offer]:
        found = [offer for offer in self._offers if offer.kind == kind]
        return sorted(found, key=self._specificity)

    def _specificity(self, offer: Offer) -> tuple[bool, int, bool, int, int]:
        distance = self._distance(offer.organisation_id)
        far = ANYBODY + 1 if distance is None else distance
        return offer.group_id is None, far, offer.service_id is None, offer.order, offer.agreement_id

    def _objection(self, offer: Offer, group_id: int | None) -> Verdict | None:
        """Why an agreement does not apply, cheap questions first; None when it does."""
        if not offer.is_valid(self._ticket.created_at):
            return "not_valid"
        if self._distance(offer.organisation_id) is None:
            return "organisation"
        if offer.group_id is not None and offer.group_id != group_id:
            return "group"
        if offer.service_id is not None and offer.service_id not in self._reached_services():
            return "service"
        return None if offer.applies.holds(self._ticket) else "condition"

    def _distance(self, organisation_id: int | None) -> int | None:
        """How far above the ticket's organisation one stands; None when it is none of those above."""
        if organisation_id is None:
            return ANYBODY
        if self._distances is None:
            self._distances = _distances(self._ticket.organisation_id)
        return self._distances.get(organisation_id)

    def _reached_services(self) -> frozenset[int]:
        """Ids of the ticket's CIs and of what an outage of them reaches."""
        if self._services is None:
            self._services = _reached(self._ticket.id)
        return self._services


def _distances(organisation_id: int | None) -> dict[int | None, int]:
    own = session.get(Organisation, organisation_id) if organisation_id is not None else None
    above = [int(part) for part in own.path.split("/") if part] if own else []
    return {each: distance for distance, each in enumerate(reversed(above))}


def _reached(ticket_id: int | None) -> frozenset[int]:
    if ticket_id is None:
        return frozenset()
    named = select(Ci).join(TicketCi, TicketCi.ci_id == Ci.id).where(TicketCi.ticket_id == ticket_id)
    roots = [
        traversal.Node(ci.id, ci.name, ci.class_key, ci.state, ci.criticality, ci.owner_id)
        for ci in session.scalars(named)
    ]
    if not roots:
        return frozenset()
    types = cmdb.relation_types()
    found = traversal.walk(SYSTEM, roots, direction="down", depth=SERVICE_DEPTH, limit=MOST_REACHED, types=types)
    return frozenset(found.nodes)


def choose_terms(ticket: Ticket) -> AgreedTerms | None:
    """The terms in force of the agreement with the customer that applies to a ticket, or None."""
    return Choice(ticket).sla()


def current_offers() -> tuple[Offer, ...]:
    """All active agreements as they stand now; one statement as long as none has changed."""
    stamp = tuple(session.execute(select(Agreement.id, Agreement.terms_id).order_by(Agreement.id)).tuples().all())
    kept = _kept.get("offers")
    now = clock.now()
    if kept is None or kept.stamp != stamp or abs(now - kept.compiled_at) > COMPILED_FOR:
        kept = _kept["offers"] = _Offers(tuple(stamp), now, _compile())
    return kept.offers


def _compile() -> tuple[Offer, ...]:
    rows: Sequence[Agreement] = session.scalars(select(Agreement).where(Agreement.active).order_by(Agreement.id)).all()
    terms = terms_by_id(row.terms_id for row in rows)
    return tuple(_offers(rows, terms))


def _offers(rows: Iterable[Agreement], terms: dict[str, AgreedTerms]) -> Iterable[Offer]:
    for row in rows:
        yield Offer(
            agreement_id=row.id,
            kind=row.kind,
            order=row.order,
            organisation_id=row.organisation_id,
            group_id=row.group_id,
            supplier_id=row.supplier_id,
            service_id=row.service_id,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            applies=Asking(row.condition),
            terms=terms[row.terms_id],
        )
