"""The mails that tell people of escalation steps, each in the working hours of whoever is told. Rules: E3, E4."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from itsm.identity.models import Group, Person
from itsm.kernel import outbox
from itsm.kernel.actor import SYSTEM
from itsm.kernel.formats import Reader
from itsm.kernel.runtime import settings
from itsm.kernel.text import Message, _, language
from itsm.tickets import readers
from itsm.tickets import services as tickets
from itsm.tickets.models import Ticket
from sla.agreements.terms import Step
from sla.calendars.working_hours import WorkingHours, read_hours
from sla.naming import METRIC_TITLES
from sla.standing import Standing

URGENT_PRIORITY = 2  # critical and high: people are told at any hour


@dataclass(frozen=True)
class FallenStep:
    """A step whose instant has come, of one clock of one ticket; `owner` names the group or supplier that answers for it."""

    at: datetime
    step: Step
    standing: Standing
    owner: str = ""

    def name(self, ticket_id: int) -> str:
        """What no other step that fires has: ticket, clock, generation and place."""
        kind, owner_id, metric = self.standing.key
        return f"{ticket_id}:{kind}:{owner_id}:{metric}:{self.standing.clock.generation}:{self.step.place}"

    @property
    def words(self) -> Message:
        """The step in words: `75 % of the resolution target is spent`, `30 minutes before due (resolution) – Network`."""
        return _("%(step)s – %(owner)s", step=self.bare_words, owner=self.owner) if self.owner else self.bare_words

    @property
    def bare_words(self) -> Message:
        """The step in words without the group or supplier whose clock it is."""
        terms = self.standing.terms
        own = terms.own.get(self.step.metric) if terms else None
        metric = own.title if own else METRIC_TITLES.get(self.step.metric, self.step.metric)
        if self.step.minutes == 0:
            return _("due now (%(metric)s)", metric=metric)
        if self.step.minutes is None:
            return _("%(percent)s %% of the %(metric)s target is spent", percent=self.step.percent, metric=metric)
        if self.step.minutes < 0:
            return _("%(minutes)s minutes before due (%(metric)s)", minutes=-self.step.minutes, metric=metric)
        return _("%(minutes)s minutes after due (%(metric)s)", minutes=self.step.minutes, metric=metric)


@dataclass
class Notice:
    """One mail to be: whom it goes to, how that is read, whose working hours it waits for, and the steps it tells of.

    `why` says why it goes to just this person, at any hour; empty where it is an ordinary notice. Of a ticket that is
    `hidden` from whoever is told, the mail says the number and the step.
    """

    ticket: Ticket
    address: str
    reader: Reader
    person_id: int | None
    group_id: int | None
    steps: list[FallenStep] = field(default_factory=list)
    why: Message = ""
    hidden: bool = False

    @property
    def urgent(self) -> bool:
        """Whether it goes at any hour: a call, a step that is marked so, or a critical or high ticket. Rules: E4, E5."""
        pressing = self.ticket.priority <= URGENT_PRIORITY or any(each.step.urgent for each in self.steps)
        return pressing or bool(self.why)

    def goes_at(self, now: datetime, hours: WorkingHours) -> datetime:
        """Now, or when the working hours of whoever is told begin; without own ones the agreement's. Rule: E4."""
        terms = self.steps[-1].standing.terms
        if self.urgent or terms is None:
            return now
        return hours.next_at_work(now, person_id=self.person_id, group_id=self.group_id, otherwise=terms.calendar)


@dataclass
class Notices:
    """The mails of one ticket by address; each tells of the steps in the order in which they fell."""

    ticket: Ticket
    by_address: dict[str, Notice] = field(default_factory=dict)

    def add(
        self, fallen: FallenStep, people: Iterable[Person], *, group_id: int | None = None, why: Message = ""
    ) -> None:
        """People, who work in the hours of the group `group_id` where they have none of their own; a call has a `why`."""
        for person in people:
            if can_be_told(person):
                reader = _reader(person.language, person.timezone)
                self._add(fallen, Notice(self.ticket, person.email or "", reader, person.id, group_id, why=why))

    def add_group(self, fallen: FallenStep, group: Group | None, members: Iterable[Person]) -> None:
        """The group's own address, else everyone who works in it."""
        if group is not None and group.email:
            self._add(fallen, Notice(self.ticket, group.email, _reader("", ""), None, group.id))
        else:
            self.add(fallen, members, group_id=group.id if group else None)

    def _add(self, fallen: FallenStep, notice: Notice) -> None:
        known = self.by_address.setdefault(notice.address, notice)
        known.why = known.why or notice.why
        if fallen not in known.steps:
            known.steps.append(fallen)


def can_be_told(person: Person) -> bool:
    """Whether a mail reaches somebody who works here."""
    return bool(person.email) and person.active and person.mail_failed_at is None


def _reader(language_code: str, timezone: str) -> Reader:
    return Reader(language_code or settings().language, timezone or settings().timezone)


def queue_mails(notices: Sequence[Notice], now: datetime) -> None:
    """Queue the mails of many tickets together; the journal of a ticket says until when the first of those that wait waits.

    Rule: E4.
    """
    hours = read_hours(
        {each.person_id for each in notices if each.person_id is not None},
        {each.group_id for each in notices if each.group_id is not None},
    )
    _mark_hidden(notices)
    instants = [each.goes_at(now, hours) for each in notices]
    outbox.queue_many("mail", [_mail(each, now, at) for each, at in zip(notices, instants, strict=True)])
    waiting: dict[int, tuple[Ticket, datetime]] = {}
    for each, at in zip(notices, instants, strict=True):
        if at > now:
            known = waiting.get(each.ticket.id)
            waiting[each.ticket.id] = (each.ticket, min(at, known[1]) if known else at)
    tickets.write_changes(
        SYSTEM, [(ticket, {"sla.mail_waits": [None, at.isoformat()]}) for ticket, at in waiting.values()]
    )


def _mark_hidden(notices: Sequence[Notice]) -> None:
    """Note whose readers may not read their ticket, each person asked once for all of theirs."""
    of_person: dict[int, list[Ticket]] = {}
    for each in notices:
        if each.person_id is not None:
            of_person.setdefault(each.person_id, []).append(each.ticket)
    hidden = {person_id: readers.hidden_from(person_id, theirs) for person_id, theirs in of_person.items()}
    for each in notices:
        if each.person_id is None:
            each.hidden = readers.is_hidden_from_group(each.group_id, each.ticket)
        else:
            each.hidden = each.ticket.id in hidden[each.person_id]


def _mail(notice: Notice, now: datetime, goes_at: datetime) -> outbox.Outgoing:
    """One mail about the latest step, which names the earlier ones that were missed. Rule: E3."""
    ticket, latest = notice.ticket, notice.steps[-1]
    with language(notice.reader.language):
        title, step = ("", latest.bare_words) if notice.hidden else (ticket.title, latest.words)
        subject = _("[%(number)s] %(step)s: %(title)s", number=ticket.number, step=step, title=title)
        payload = outbox.mail_payload(
            subject=" ".join(str(subject).split()).removesuffix(":"),
            text="\n".join(str(line) for line in _lines(notice, waits=goes_at > now)),
            headers={"Auto-Submitted": "auto-generated"},
        )
    return outbox.Outgoing(
        notice.address, f"sla:{latest.name(ticket.id)}:{notice.address}", payload, not_before=goes_at
    )


def _lines(notice: Notice, *, waits: bool) -> list[Message]:
    ticket, reader, latest, earlier = notice.ticket, notice.reader, notice.steps[-1], notice.steps[:-1]
    title = readers.said_instead() if notice.hidden else ticket.title
    lines = [_("%(number)s: %(title)s", number=ticket.number, title=title), ""]
    lines.append(_("%(step)s.", step=latest.bare_words if notice.hidden else latest.words))
    if notice.why:
        lines.append(notice.why)
    if waits:
        reached = reader.instant(latest.at)
        lines.append(_("This was so at %(instant)s; the mail waited for your working hours.", instant=reached))
    due_at = latest.standing.clock.due_at
    if due_at is not None:
        lines.append(_("Due: %(instant)s", instant=reader.instant(due_at)))
    if earlier:
        lines.append(_("Reached before this, and not told until now:"))
        lines += [_("- %(step)s, at %(instant)s", step=each.words, instant=reader.instant(each.at)) for each in earlier]
    return [*lines, "", f"{settings().public_url}/{type(ticket).path}/{ticket.number}"]
