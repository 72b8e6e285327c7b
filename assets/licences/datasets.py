"""What licences offer to reports: each one as it stood at an instant, with the number of its holders then."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select

from assets.licences.models import Licence, LicenceUse
from assets.licences.policy import READ, visible
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.audit import AuditEntry
from itsm.kernel.datasets import DataField, DataSet, Selection
from itsm.kernel.db import session
from itsm.kernel.text import _

FIELDS = (
    DataField("licence_id", _("Licence"), "count"),
    DataField("name", _("Name")),
    DataField("publisher", _("Publisher"), counted=True),
    DataField("metric", _("Counted"), counted=True),
    DataField("seats", _("Seats"), "count"),
    DataField("used", _("In use"), "count"),
    DataField("valid_from", _("Valid from"), "day"),
    DataField("valid_until", _("Valid until"), "day"),
    DataField("supplier", _("Supplier"), counted=True),
    DataField("organisation_id", _("Organisation"), "count"),
    DataField("organisation", _("Organisation"), counted=True),
    DataField("price_minor", _("Price"), "count"),
    DataField("currency", _("Currency"), counted=True),
    DataField("created_at", _("Recorded"), "instant"),
)
KEPT = (
    "id", "name", "publisher", "metric", "seats", "valid_from", "valid_until", "supplier", "organisation_id", "price_minor",
    "currency", "created_at", "retired_at",
)  # fmt: skip
DAYS = frozenset({"valid_from", "valid_until"})


def _rows(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Licences recorded before the end of the period and not retired then, as they stood; a fixed number of statements."""
    statement = select(*(getattr(Licence, name) for name in KEPT))
    statement = statement.where(visible(actor), Licence.created_at < selection.to_at).order_by(Licence.id)
    before = _before_later_changes(selection)
    stood = [dict(row) | before.get(row["id"], {}) for row in session.execute(statement).mappings()]
    stood = [each for each in stood if each["retired_at"] is None]
    if selection.organisation_ids is not None:
        stood = [each for each in stood if each["organisation_id"] in selection.organisation_ids]
    used = _used(selection)
    organisations = identity.organisation_names(
        {each["organisation_id"] for each in stood if each["organisation_id"] is not None}
    )
    rows = [
        each
        | {
            "licence_id": each["id"],
            "used": used.get(each["id"], 0),
            "organisation": organisations.get(each["organisation_id"], ""),
        }
        for each in stood
    ]
    for name, value in selection.filters:
        rows = [row for row in rows if row[name] == value]
    return [tuple(row[name] for name in columns) for row in rows[: selection.limit]]


def _used(selection: Selection) -> dict[int, int]:
    """Licence id → how many held it just before the end of the period."""
    still = or_(LicenceUse.to_at.is_(None), LicenceUse.to_at >= selection.to_at)
    statement = select(LicenceUse.licence_id, func.count()).where(LicenceUse.from_at < selection.to_at, still)
    return {row[0]: row[1] for row in session.execute(statement.group_by(LicenceUse.licence_id))}


def _before_later_changes(selection: Selection) -> Mapping[int, dict[str, Any]]:
    """What licences held before everything that was changed from the end of the period on, by the audit log."""
    statement = select(AuditEntry.subject_id, AuditEntry.changes).where(
        AuditEntry.subject_kind == "licence", AuditEntry.at >= selection.to_at
    )
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for licence_id, changes in session.execute(statement.order_by(AuditEntry.id)):
        for name in KEPT:
            if name in changes and licence_id is not None:
                found[licence_id].setdefault(name, _value(name, changes[name][0]))
    return found


def _value(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name == "retired_at":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if name in DAYS else value


DATA_SETS = (DataSet("licences", _("Licences"), READ, FIELDS, _rows),)
