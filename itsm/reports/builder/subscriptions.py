"""Every write to mailed reports: who gets which when, and ending it with one click."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from itsm.identity import references
from itsm.identity.actors import actor_of
from itsm.identity.models import Person
from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import get_cube
from itsm.kernel.db import session
from itsm.kernel.errors import Forbidden, Invalid, ItsmError
from itsm.kernel.records import apply_changes, check_version, locked, require
from itsm.kernel.text import _
from itsm.reports import catalogue
from itsm.reports.builder import policy, queries
from itsm.reports.builder.models import Recipient, SavedQuestion, Subscription
from itsm.reports.builder.schedule import Rhythm
from itsm.reports.periods import presets

MOST_PEOPLE = 100
WHAT = ("saved_id", "report", "arguments")
FACTS = ("saved_id", "report", "arguments", "rhythm", "day", "minute", "file_format", "active")


def subscribe(actor: Actor, facts: Mapping[str, Any], emails: Sequence[str], *, myself: bool) -> Subscription:
    """Mail a report on a schedule, to oneself or, with the right to, to others whose addresses are known."""
    require(actor, policy.READ)
    if actor.person_id is None:
        raise Forbidden(_("Only a person can subscribe."))
    _check_what(actor, facts)
    _check_when(facts)
    row = Subscription(owner_id=actor.person_id, **{name: facts[name] for name in FACTS if name in facts})
    people = _people(actor, row, emails, myself=myself)
    session.add(row)
    session.flush()
    _set_recipients(actor, row, people)
    _plan(row)
    audit.record(
        actor,
        "subscription.created",
        subject_kind="subscription",
        subject_id=row.id,
        changes={"people": [None, sorted(person.id for person in people)]},
    )
    return row


def change_subscription(
    actor: Actor,
    subscription_id: int,
    *,
    version: int | None,
    facts: Mapping[str, Any],
    emails: Sequence[str],
    myself: bool,
) -> Subscription:
    """Change what goes to whom when; what is due is reckoned anew from now on."""
    row, _what_changed = _changed(actor, subscription_id, version, facts)
    people = _people(actor, row, emails, myself=myself)
    before, after = sorted(each.id for each in _present_people(row)), sorted(each.id for each in people)
    _set_recipients(actor, row, people)
    if before != after:
        row.version += 1
        audit.record(
            actor,
            "subscription.changed",
            subject_kind="subscription",
            subject_id=row.id,
            changes={"people": [before, after]},
        )
    _plan(row)
    return row


def change_facts(actor: Actor, subscription_id: int, *, version: int | None, facts: Mapping[str, Any]) -> Subscription:
    """Change what goes out when, all of `FACTS`; it goes to the same people as before, who must be allowed to read it."""
    row, what_changed = _changed(actor, subscription_id, version, facts)
    for person in _present_people(row) if what_changed else ():
        _check_reader(row, person)
    _plan(row)
    return row


def _changed(
    actor: Actor, subscription_id: int, version: int | None, facts: Mapping[str, Any]
) -> tuple[Subscription, bool]:
    """The subscription with its new facts, and whether it is about something else now.

    Who may see what it is about is asked only then: one whose reader has left can still be stopped.
    """
    row = locked(Subscription, queries.get_subscription(actor, subscription_id).id)
    check_version(row, version)
    what_changed = any(facts.get(name, getattr(row, name)) != getattr(row, name) for name in WHAT)
    if what_changed:
        _check_what(actor, facts)
        _check_owner(row.owner_id, facts)
    _check_when(facts)
    apply_changes(actor, row, {name: facts[name] for name in FACTS if name in facts}, kind="subscription")
    return row, what_changed


def _present_people(row: Subscription) -> Sequence[Person]:
    statement = select(Person).join(Recipient, Recipient.person_id == Person.id)
    return session.scalars(statement.where(Recipient.subscription_id == row.id, Recipient.active)).all()


def delete_subscription(actor: Actor, subscription_id: int) -> None:
    """Send this report no more."""
    row = locked(Subscription, queries.get_subscription(actor, subscription_id).id)
    session.delete(row)
    session.flush()
    audit.record(
        actor,
        "subscription.deleted",
        subject_kind="subscription",
        subject_id=subscription_id,
        changes={"active": [True, None]},
    )


def unsubscribe(secret: str) -> bool:
    """End a recipient's mails; whoever holds the link may. Answers whether the link is a known one."""
    row = queries.find_recipient(secret)
    if row is None:
        return False
    if row.active:
        row.active, row.next_at = False, None
        session.flush()
    return True


def rhythm_of(row: Subscription, zone: str) -> Rhythm:
    """When a subscription is due for somebody in a zone."""
    return Rhythm(row.rhythm, row.day, row.minute, zone)


def _set_recipients(actor: Actor, row: Subscription, people: Sequence[Person]) -> None:
    statement = select(Recipient).where(Recipient.subscription_id == row.id)
    known = {recipient.person_id: recipient for recipient in session.scalars(statement)}
    for gone in known.keys() - {person.id for person in people}:
        session.delete(known[gone])
    for person in people:
        recipient = known.get(person.id)
        if recipient is None:
            recipient = Recipient(subscription_id=row.id, person_id=person.id, secret=secrets.token_urlsafe(32))
            session.add(recipient)
        elif person.id == actor.person_id:
            recipient.active = True  # who ended it alone may begin it again
    session.flush()


def _plan(row: Subscription) -> None:
    """Reckon anew when it is due for each recipient."""
    statement = select(Recipient, Person).join(Person, Person.id == Recipient.person_id)
    for recipient, person in session.execute(statement.where(Recipient.subscription_id == row.id)):
        zone = actor_of(person, channel="mail").timezone
        due = recipient.active and row.active
        recipient.next_at = rhythm_of(row, zone).next_instant(clock.now()) if due else None
    session.flush()


def _people(actor: Actor, row: Subscription, emails: Sequence[str], *, myself: bool) -> list[Person]:
    ids = references.person_ids("people", list(dict.fromkeys(emails)))
    if myself and actor.person_id is not None:
        ids = [actor.person_id, *ids]
    if any(each != actor.person_id for each in ids) and not actor.has(policy.SEND):
        raise Forbidden(_("You may not send reports to others than yourself."))
    if not ids:
        raise Invalid.field("people", _("Write at least one address, or choose yourself."))
    if len(set(ids)) > MOST_PEOPLE:
        raise Invalid.field("people", _("At most %(most)s people.", most=MOST_PEOPLE))
    people = list(session.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.id)))
    for person in people:
        _check_reader(row, person)
    return people


def _check_reader(row: Subscription, person: Person) -> None:
    """Refuse who would get a report that they may not read."""
    if not person.email or not person.active:
        raise Invalid.field("people", _("%(name)s has no address or is not active.", name=person.name))
    try:
        check_readable(row, actor_of(person, channel="mail"))
    except ItsmError as error:
        text = _("%(name)s may not read this report: %(reason)s", name=person.name, reason=error.message)
        raise Invalid.field("people", text) from error


def check_readable(row: Subscription, reader: Actor) -> None:
    """Raise what keeps a recipient from reading a report: the right to reports, to its data, to the kept question."""
    require(reader, policy.READ)
    if row.saved_id is None:
        catalogue.get_report(row.report)
        return
    saved = session.get(SavedQuestion, row.saved_id)
    if saved is not None:
        get_cube(reader, saved.question["data_set"])


def _check_what(actor: Actor, facts: Mapping[str, Any]) -> None:
    if facts.get("saved_id") is not None:
        if queries.find_saved(actor, facts["saved_id"]) is None:
            raise Invalid.field("saved_id", _("There is no such report, or it is not yours to see."))
    elif facts.get("report") not in {kind.name for kind in catalogue.list_reports()}:
        raise Invalid.field("report", _("Choose a report of the list."))
    preset = facts.get("arguments", {}).get("preset", "last_month")
    if preset not in {name for name, *_rest in presets(clock.now().date(), jalali=False)}:
        raise Invalid.field("preset", _("There is no such period."))


def _check_when(facts: Mapping[str, Any]) -> None:
    if facts.get("rhythm") == "weekly" and not 1 <= facts.get("day", 1) <= 7:
        raise Invalid.field("day", _("Choose one of the list."))


def _check_owner(owner_id: int, facts: Mapping[str, Any]) -> None:
    """Refuse a kept question that the subscription's owner may not see: it would go out in that person's name."""
    if facts.get("saved_id") is None:
        return
    owner = session.get_one(Person, owner_id)
    if queries.find_saved(actor_of(owner, channel="mail"), facts["saved_id"]) is None:
        text = _("%(name)s, whose subscription this is, may not see this report.", name=owner.name)
        raise Invalid.field("saved_id", text)
