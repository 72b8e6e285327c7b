"""Every read of kept questions and subscriptions, and the one way from a kept question to its figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, or_, select

from itsm.identity.models import Person
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.text import _, language
from itsm.reports.builder import document, policy
from itsm.reports.builder.answering import Answer, answer_question
from itsm.reports.builder.models import Recipient, SavedQuestion, Subscription
from itsm.reports.builder.question import from_json
from itsm.reports.document import Chart, Table

MOST = 200
BATCH = 50


@dataclass(frozen=True)
class Answered:
    """A kept question with its figures for one reader: the table, its picture (None: there is none), and the whole."""

    name: str
    table: Table
    chart: Chart | None
    answer: Answer


def answer(actor: Actor, saved: SavedQuestion, *, at: datetime | None = None) -> Answered:
    """The figures of a kept question as this reader may know them, in the reader's language and zone.

    Raises `NotFound` when the reader may not read its data, `Invalid` when the question no longer fits its data set.
    """
    found = answer_question(actor, from_json(saved.question), at=at)
    with language(actor.language):
        return Answered(saved.name, document.table_of(found), document.chart_of(found), found)


def find_saved(actor: Actor, saved_id: int) -> SavedQuestion | None:
    """A kept question that the actor may open, or None."""
    if saved_id > 2**53:
        return None
    return session.scalars(select(SavedQuestion).where(SavedQuestion.id == saved_id, policy.visible(actor))).first()


def get_saved(actor: Actor, saved_id: int) -> SavedQuestion:
    """A kept question that the actor may open; raises `NotFound`."""
    row = find_saved(actor, saved_id)
    if row is None:
        raise NotFound(_("There is no such report, or it is not yours to see."))
    return row


def list_saved(actor: Actor) -> Sequence[SavedQuestion]:
    """The kept questions that the actor may open, by name; one statement."""
    statement = select(SavedQuestion).where(policy.visible(actor))
    return session.scalars(statement.order_by(SavedQuestion.name, SavedQuestion.id).limit(MOST)).all()


def get_subscription(actor: Actor, subscription_id: int) -> Subscription:
    """A subscription that the actor may manage; raises `NotFound`."""
    row = session.get(Subscription, subscription_id) if subscription_id <= 2**53 else None
    if row is None or not policy.may_manage(actor, row):
        raise NotFound(_("There is no such subscription, or it is not yours."))
    return row


def list_subscriptions(actor: Actor) -> Sequence[Subscription]:
    """The subscriptions that the actor owns, and with the right to send reports everyone's; one statement."""
    mine = Subscription.owner_id == actor.person_id
    statement = select(Subscription).where(or_(mine, literal(actor.has(policy.SEND))))
    return session.scalars(statement.order_by(Subscription.id).limit(MOST)).all()


def recipients_of(subscription_ids: Sequence[int]) -> dict[int, list[tuple[Recipient, str]]]:
    """Recipients with their names, by subscription; one statement."""
    statement = select(Recipient, Person.name).join(Person, Person.id == Recipient.person_id)
    found: dict[int, list[tuple[Recipient, str]]] = {}
    rows = session.execute(statement.where(Recipient.subscription_id.in_(subscription_ids)).order_by(Person.name))
    for row, name in rows:
        found.setdefault(row.subscription_id, []).append((row, name))
    return found


def names_of_saved(saved_ids: set[int]) -> dict[int, str]:
    """Names of kept questions; whoever manages a subscription knows them."""
    if not saved_ids:
        return {}
    rows = session.execute(select(SavedQuestion.id, SavedQuestion.name).where(SavedQuestion.id.in_(saved_ids)))
    return {row.id: row.name for row in rows}


def find_recipient(secret: str) -> Recipient | None:
    """The recipient whose link holds this secret."""
    return session.scalars(select(Recipient).where(Recipient.secret == secret[:64])).first()


def list_due(now: datetime) -> Sequence[int]:
    """Ids of recipients whose report is due, the longest waiting first."""
    statement = select(Recipient.id).join(Subscription, Subscription.id == Recipient.subscription_id)
    kept = or_(
        Subscription.saved_id.is_(None),
        Subscription.saved_id.in_(select(SavedQuestion.id).where(SavedQuestion.deleted_at.is_(None))),
    )
    due = statement.where(Recipient.active, Subscription.active, Recipient.next_at <= now, kept)
    return session.scalars(due.order_by(Recipient.next_at, Recipient.id).limit(BATCH)).all()
