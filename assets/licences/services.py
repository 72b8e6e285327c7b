"""Every write to licences."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update

from assets.licences.models import METRICS, Licence, LicenceUse
from assets.licences.policy import EDIT
from assets.services import CURRENCY
from cmdb.models import Ci
from itsm.identity.models import Organisation, Person
from itsm.kernel import audit, clock, undo
from itsm.kernel.actor import Actor
from itsm.kernel.db import one_of, session
from itsm.kernel.errors import Conflict, Invalid, NotFound
from itsm.kernel.records import check_version, locked, require, set_changes
from itsm.kernel.text import Message, _
from itsm.kernel.undo import Undo

KIND = "licence"
RETIRED = "licences.retired"
RELEASED = "licences.released"
FACTS = (
    "name", "publisher", "metric", "seats", "valid_from", "valid_until", "supplier", "order_number", "price_minor",
    "currency", "organisation_id", "notes",
)  # fmt: skip
MOST_SEATS = 10_000_000


def create_licence(actor: Actor, *, name: str, metric: str, **facts: Any) -> Licence:
    """Record a licence. Raises `Invalid` that names the wrong field."""
    require(actor, EDIT)
    values = _checked(dict.fromkeys(FACTS) | _texts() | {"name": name, "metric": metric, **facts})
    licence = Licence(**values)
    session.add(licence)
    session.flush()
    told = {name: [None, value] for name in FACTS if (value := values[name]) not in (None, "")}
    _note(actor, licence, "created", told)
    return licence


def change_licence(
    actor: Actor, licence: Licence, *, changes: Mapping[str, Any], version: int | None = None
) -> dict[str, list[Any]]:
    """Change facts; answers field → [before, after]. Raises `Conflict` when `version` is not the present one."""
    require(actor, EDIT)
    licence = locked(Licence, licence.id)
    check_version(licence, version)
    _require_not_retired(licence)
    unknown = sorted(changes.keys() - set(FACTS))
    if unknown:
        raise Invalid.field(unknown[0], _("This cannot be changed here."))
    values = _checked({name: getattr(licence, name) for name in FACTS} | dict(changes))
    if values["metric"] != licence.metric and session.scalar(select(_open_uses(licence).exists())):
        raise Invalid.field(
            "metric", _("Somebody holds this licence. Release its seats before you count them otherwise.")
        )
    changed = set_changes(licence, values)
    shown = {name: change for name, change in changed.items() if name in FACTS}
    if shown:
        session.flush()
        _note(actor, licence, "changed", shown)
    return shown


def retire_licence(actor: Actor, licence: Licence, *, version: int | None = None) -> Undo | None:
    """End a licence and every use of it; both can be taken back for a day."""
    require(actor, EDIT)
    licence = locked(Licence, licence.id)
    check_version(licence, version)
    _require_not_retired(licence)
    now = clock.now()
    latest = session.scalar(_open_uses(licence).with_only_columns(func.max(LicenceUse.from_at)))
    now = max(now, latest) if latest is not None else now  # clocks of two servers may differ
    of_licence = LicenceUse.licence_id == licence.id
    ended = list(session.scalars(_open_uses(licence).with_only_columns(LicenceUse.id)))
    session.execute(update(LicenceUse).where(of_licence, _is_open()).values(to_at=now))
    _set_retired(actor, licence, now, {"released": [len(ended), 0]} if ended else {})
    title = _("The licence “%(name)s” was retired.", name=licence.name)
    return undo.remember(actor, RETIRED, title=title, payload={"id": licence.id, "uses": ended}, back=_page(licence))


def take_back_retired(actor: Actor, payload: Mapping[str, Any]) -> Message | None:
    """Bring a retired licence back, with those who held it."""
    require(actor, EDIT)
    licence = locked(Licence, payload["id"])
    if licence.retired_at is None:
        raise Conflict(_("This licence is in use again already."))
    session.execute(update(LicenceUse).where(one_of(LicenceUse.id, payload["uses"])).values(to_at=None))
    _set_retired(actor, licence, None, {"assigned": [0, len(payload["uses"])]} if payload["uses"] else {})
    return None


def assign(actor: Actor, licence: Licence, *, person_id: int | None = None, ci_id: int | None = None) -> LicenceUse:
    """Give a seat to a person or a CI from now on; beyond the seats too, for what is so must be seen.

    Raises `Invalid` for a holder that the metric does not take, and `Conflict` that names who holds one already.
    """
    require(actor, EDIT)
    licence = locked(Licence, licence.id)  # of two at once the second sees what the first assigned
    _require_not_retired(licence)
    holder = _holder(licence, person_id=person_id, ci_id=ci_id)
    _require_without_seat(licence, holder)
    use = LicenceUse(
        licence_id=licence.id,
        person_id=holder.id if isinstance(holder, Person) else None,
        ci_id=holder.id if isinstance(holder, Ci) else None,
        from_at=clock.now(),
    )
    session.add(use)
    session.flush()
    _note(actor, licence, "assigned", {_holder_field(use): [None, holder.id]})
    return use


def release(actor: Actor, licence: Licence, use_id: int) -> Undo | None:
    """Take a seat back from its holder; that can be taken back for a day. Raises `NotFound` and `Conflict`."""
    require(actor, EDIT)
    licence = locked(Licence, licence.id)
    use = _use_of(licence, use_id)
    if use.to_at is not None:
        raise Conflict(_("This seat was released already."))
    use.to_at = max(clock.now(), use.from_at)  # clocks of two servers may differ
    session.flush()
    _note(actor, licence, "released", {_holder_field(use): [_holder_id(use), None]})
    title = _("A seat of “%(name)s” was released.", name=licence.name)
    payload = {"id": licence.id, "use": use.id}
    return undo.remember(actor, RELEASED, title=title, payload=payload, back=_page(licence))


def take_back_released(actor: Actor, payload: Mapping[str, Any]) -> Message | None:
    """Give a released seat back to who held it, from now on: what a past day saw stays so."""
    require(actor, EDIT)
    licence = locked(Licence, payload["id"])
    _require_not_retired(licence)
    use = _use_of(licence, payload["use"])
    _require_without_seat(licence, _holder(licence, person_id=use.person_id, ci_id=use.ci_id))
    again = LicenceUse(licence_id=licence.id, person_id=use.person_id, ci_id=use.ci_id, from_at=clock.now())
    session.add(again)
    session.flush()
    _note(actor, licence, "assigned", {_holder_field(use): [None, _holder_id(use)]})
    return None


def _texts() -> dict[str, str]:
    return dict.fromkeys(("publisher", "supplier", "order_number", "currency", "notes"), "")


def _checked(facts: Mapping[str, Any]) -> dict[str, Any]:
    """All facts with texts trimmed and the key added; raises `Invalid` for what breaks a rule."""
    values = {name: value.strip() if isinstance(value, str) else value for name, value in facts.items()}
    if not values["name"]:
        raise Invalid.field("name", _("Give the licence a name."))
    values["name_key"] = values["name"].lower()[:255]
    if values["metric"] not in METRICS:
        raise Invalid.field("metric", _("Choose what a seat stands for: a device, a person or a whole site."))
    if values["metric"] == "site" and values["seats"] is not None:
        raise Invalid.field("seats", _("A site licence is unlimited: leave the seats empty."))
    if values["metric"] != "site" and not 0 < int(values["seats"] or 0) <= MOST_SEATS:
        raise Invalid.field("seats", _("Write how many seats it has, one or more."))
    if values["valid_from"] and values["valid_until"] and values["valid_until"] < values["valid_from"]:
        raise Invalid.field("valid_until", _("It ends before it begins."))
    _check_price(values)
    if values["organisation_id"] is not None and session.get(Organisation, values["organisation_id"]) is None:
        raise Invalid.field("organisation_id", _("There is no such record."))
    return values


def _check_price(values: dict[str, Any]) -> None:
    if values["price_minor"] is None:
        return
    if values["price_minor"] < 0:
        raise Invalid.field("price", _("A price is zero or more."))
    values["currency"] = values["currency"].upper()
    if not CURRENCY.fullmatch(values["currency"]):
        raise Invalid.field("currency", _("A price needs its currency, like EUR."))


def _holder(licence: Licence, *, person_id: int | None, ci_id: int | None) -> Person | Ci:
    if licence.metric == "site":
        raise Invalid.field("holder", _("A site licence is for everybody: nobody is assigned."))
    if licence.metric == "person":
        if person_id is None or ci_id is not None:
            raise Invalid.field("holder", _("This licence is counted per person: name a person."))
        found: Person | Ci | None = session.get(Person, person_id)
    else:
        if ci_id is None or person_id is not None:
            raise Invalid.field("holder", _("This licence is counted per device: name a configuration item."))
        found = session.get(Ci, ci_id)
        if found is not None and found.state == "retired":
            raise Invalid.field("holder", _("“%(name)s” is retired.", name=found.name))
    if found is None:
        raise Invalid.field("holder", _("There is no such record."))
    return found


def _require_without_seat(licence: Licence, holder: Person | Ci) -> None:
    column = LicenceUse.person_id if isinstance(holder, Person) else LicenceUse.ci_id
    if session.scalar(select(_open_uses(licence).where(column == holder.id).exists())):
        raise Conflict(_("“%(name)s” holds a seat of this licence already.", name=holder.name))


def _require_not_retired(licence: Licence) -> None:
    if licence.retired_at is not None:
        raise Conflict(_("The licence “%(name)s” is retired.", name=licence.name))


def _is_open() -> Any:
    return LicenceUse.to_at.is_(None)


def _open_uses(licence: Licence) -> Any:
    return select(LicenceUse).where(LicenceUse.licence_id == licence.id, _is_open())


def _use_of(licence: Licence, use_id: int) -> LicenceUse:
    statement = select(LicenceUse).where(LicenceUse.id == use_id, LicenceUse.licence_id == licence.id)
    use = session.scalars(statement.execution_options(populate_existing=True)).first()
    if use is None:
        raise NotFound(_("This licence has no such use."))
    return use


def _holder_field(use: LicenceUse) -> str:
    return "person_id" if use.person_id is not None else "ci_id"


def _holder_id(use: LicenceUse) -> int | None:
    return use.person_id if use.person_id is not None else use.ci_id


def _set_retired(actor: Actor, licence: Licence, at: Any, told: Mapping[str, Any]) -> None:
    changed = {"retired_at": [licence.retired_at, at]}
    licence.retired_at = at
    licence.version += 1
    licence.updated_at = clock.now()
    session.flush()
    _note(actor, licence, "retired" if at is not None else "brought_back", {**changed, **told})


def _note(actor: Actor, licence: Licence, step: str, changes: Mapping[str, Any]) -> None:
    audit.record(actor, f"{KIND}.{step}", subject_kind=KIND, subject_id=licence.id, changes=changes)


def _page(licence: Licence) -> str:
    return f"/assets/licences/{licence.id}"
