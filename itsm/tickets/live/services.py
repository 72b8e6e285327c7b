"""Writing drafts and presence: no change of the ticket, so neither journalled nor audited."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.dialects import mysql, postgresql, sqlite

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import dialect_name, session, unit_of_work
from itsm.kernel.errors import Invalid
from itsm.kernel.jobs import Outcome
from itsm.kernel.text import _
from itsm.tickets.live.models import Draft, Presence
from itsm.tickets.live.queries import Glance
from itsm.tickets.services.journal import LONGEST_BODY

FRESH_FOR = timedelta(seconds=14)  # what was written since is not written again
DRAFTS_KEPT = timedelta(days=90)


def save_draft(
    actor: Actor, ticket_id: int, *, kind: str, body: str, minutes: int = 0, activity_id: int | None = None
) -> None:
    """Keep what the actor has typed, or forget it when nothing is left; whoever calls has read the ticket."""
    if len(body) > LONGEST_BODY:
        raise Invalid.field("body", _("This text is too long (at most 200,000 characters)."))
    if not body.strip() and not minutes:
        clear_draft(actor, ticket_id)
        return
    values = {"kind": kind, "body": body, "minutes": minutes, "activity_id": activity_id, "updated_at": clock.now()}
    _upsert(Draft, {"ticket_id": ticket_id, "person_id": actor.person_id}, values)


def clear_draft(actor: Actor, ticket_id: int) -> None:
    """Forget the actor's draft, which was sent or thrown away."""
    session.execute(delete(Draft).where(Draft.ticket_id == ticket_id, Draft.person_id == actor.person_id))


def note_presence(actor: Actor, ticket_id: int, seen: Glance, *, typing: bool) -> bool:
    """Write that the actor has the ticket open, unless that was written a moment ago; answers whether it was written."""
    own = seen.own
    if own is not None and own.typing == typing and own.seen_at > clock.now() - FRESH_FOR:
        return False
    _upsert(
        Presence,
        {"ticket_id": ticket_id, "person_id": actor.person_id},
        {"typing": typing, "seen_at": clock.now()},
    )
    return True


def _upsert(table: type[Draft] | type[Presence], key: dict[str, object], values: dict[str, object]) -> None:
    """Insert or update in one statement: two pages of one person may write at once."""
    name = dialect_name()
    if name == "mysql":
        fresh = mysql.insert(table).values(**key, **values)
        session.execute(fresh.on_duplicate_key_update(**values))
        return
    insert = postgresql.insert if name == "postgresql" else sqlite.insert
    session.execute(insert(table).values(**key, **values).on_conflict_do_update(index_elements=list(key), set_=values))


def forget_old() -> Outcome:
    """Drop presence of a minute ago and drafts that nobody touched for 90 days."""
    with unit_of_work():
        session.execute(delete(Presence).where(Presence.seen_at < clock.now() - timedelta(minutes=1)))
        session.execute(delete(Draft).where(Draft.updated_at < clock.now() - DRAFTS_KEPT))
    return Outcome(done=0)
