"""Facts of the room: headline, roles, conference, cadence, audiences."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from incident.major import queries
from incident.major.models import AUDIENCES, MajorAudience, MajorIncident
from incident.major.phases import FIGHTING
from incident.major.policy import require_lead
from incident.major.services.declaring import next_update
from incident.models import Incident
from itsm.identity.models import Group, Organisation, Person
from itsm.identity.services.checks import check_exists
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import check_version, get, set_changes
from itsm.kernel.text import _
from itsm.tickets import services as tickets

ROLES = ("manager_id", "communicator_id", "lead_id")
FACTS = (*ROLES, "headline", "conference_url", "cadence_minutes", "on_portal")
TARGETS = {"organisation": Organisation, "group": Group}
MOST_ADDRESSES = 500


def change_room(actor: Actor, incident: Incident, *, version: int | None, changes: Mapping[str, Any]) -> MajorIncident:
    """Change facts of the room (`FACTS`); a new cadence counts from now."""
    row = queries.get_major(incident.id, lock=True)
    require_lead(actor, row)
    check_version(row, version)
    facts = {name: changes[name] for name in FACTS if name in changes}
    _check(facts)
    changed = set_changes(row, facts)
    if "cadence_minutes" in changed and row.phase in FIGHTING:
        row.next_update_at, row.reminded_at = next_update(row), None
    session.flush()
    if changed:
        told = {f"major.{name.removesuffix('_id')}": _told(name, pair) for name, pair in changed.items()}
        tickets.write_journal(actor, incident, "change", changes=told)
    return row


def _check(facts: Mapping[str, Any]) -> None:
    for name in ROLES:
        check_exists(name, Person, facts.get(name))
    if "headline" in facts and not facts["headline"].strip():
        raise Invalid.field("headline", _("Write something first."))
    url = facts.get("conference_url", "")
    if url and not _is_web_address(url):
        raise Invalid.field("conference_url", _("Write an address that begins with http:// or https://."))


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _told(name: str, pair: Sequence[Any]) -> list[Any]:
    """People by name, so that the timeline needs no more reads."""
    if name not in ROLES:
        return list(pair)
    return [get(Person, each).name if each is not None else None for each in pair]


def add_audience(
    actor: Actor,
    incident: Incident,
    *,
    kind: str,
    target_id: int | None = None,
    addresses: Sequence[str] = (),
    by_mail: bool = True,
) -> MajorAudience:
    """Tell somebody else, too: on the portal, and with `by_mail` by mail. Rule: M4."""
    row = queries.get_major(incident.id)
    require_lead(actor, row)
    if kind not in AUDIENCES:
        raise Invalid.field("kind", _("Choose one of: %(names)s.", names=", ".join(AUDIENCES)))
    if kind in TARGETS:
        if target_id is None:
            raise Invalid.field("target_id", _("Choose which one."))
        check_exists("target_id", TARGETS[kind], target_id)
    plain = sorted({each.strip().lower() for each in addresses if each.strip()})
    _check_addresses(kind, plain)
    audience = MajorAudience(
        ticket_id=row.ticket_id,
        kind=kind,
        target_id=target_id if kind in TARGETS else None,
        addresses=plain if kind == "addresses" else [],
        by_mail=by_mail,
    )
    session.add(audience)
    session.flush()
    tickets.write_journal(actor, incident, "change", changes={"major.audience": [None, kind]})
    return audience


def _check_addresses(kind: str, addresses: Sequence[str]) -> None:
    wrong = [each for each in addresses if each.count("@") != 1 or len(each) > 255 or " " in each]
    if kind == "addresses" and (wrong or not 0 < len(addresses) <= MOST_ADDRESSES):
        raise Invalid.field("addresses", _("Write 1 to 500 mail addresses, one a line."))


def remove_audience(actor: Actor, incident: Incident, audience_id: int) -> None:
    """Tell somebody no longer."""
    require_lead(actor, queries.get_major(incident.id))
    audience = get(MajorAudience, audience_id)
    if audience.ticket_id != incident.id:
        raise Invalid.field("audience", _("This belongs to another major incident."))
    session.delete(audience)
    session.flush()
    tickets.write_journal(actor, incident, "change", changes={"major.audience": [audience.kind, None]})
