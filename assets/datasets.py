"""What assets offer to reports: each one as it stood at an instant, by the audit log."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from assets.models import Asset
from assets.policy import visible
from itsm.identity import queries as identity
from itsm.identity.models import Organisation, Site
from itsm.kernel.actor import Actor
from itsm.kernel.audit import AuditEntry
from itsm.kernel.datasets import DataField, DataSet, Selection
from itsm.kernel.db import session
from itsm.kernel.text import _

FIELDS = (
    DataField("asset_id", _("Asset"), "count"),
    DataField("tag", _("Tag")),
    DataField("name", _("Name")),
    DataField("asset_kind", _("Kind"), counted=True),
    DataField("manufacturer", _("Manufacturer"), counted=True),
    DataField("model", _("Model"), counted=True),
    DataField("state", _("State"), counted=True),
    DataField("owner", _("User")),
    DataField("site_id", _("Site"), "count"),
    DataField("site", _("Site"), counted=True),
    DataField("organisation_id", _("Organisation"), "count"),
    DataField("organisation", _("Organisation"), counted=True),
    DataField("supplier", _("Supplier"), counted=True),
    DataField("purchased_on", _("Purchased"), "day"),
    DataField("price_minor", _("Price"), "count"),
    DataField("currency", _("Currency"), counted=True),
    DataField("warranty_until", _("Warranty until"), "day"),
    DataField("created_at", _("Recorded"), "instant"),
)
KEPT = (
    "id", "tag", "name", "kind", "manufacturer", "model", "state", "owner_id", "site_id", "organisation_id", "supplier",
    "purchased_on", "price_minor", "currency", "warranty_until", "created_at",
)  # fmt: skip
DAYS = frozenset({"purchased_on", "warranty_until"})


def _rows(actor: Actor, selection: Selection, columns: Sequence[str]) -> Sequence[tuple[Any, ...]]:
    """Assets recorded before the end of the period, each as it stood then; a fixed number of statements."""
    statement = select(*(getattr(Asset, name) for name in KEPT))
    statement = statement.where(visible(actor), Asset.created_at < selection.to_at).order_by(Asset.id)
    before = _before_later_changes(selection)
    stood = [dict(row) | before.get(row["id"], {}) for row in session.execute(statement).mappings()]
    if selection.organisation_ids is not None:
        stood = [each for each in stood if each["organisation_id"] in selection.organisation_ids]
    rows = _named(stood)
    for name, value in selection.filters:
        rows = [row for row in rows if row[name] == value]
    return [tuple(row[name] for name in columns) for row in rows[: selection.limit]]


def _before_later_changes(selection: Selection) -> Mapping[int, dict[str, Any]]:
    """What assets held before everything that was changed from the end of the period on, by the audit log."""
    statement = select(AuditEntry.subject_id, AuditEntry.changes).where(
        AuditEntry.subject_kind == "asset", AuditEntry.at >= selection.to_at
    )
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for asset_id, changes in session.execute(statement.order_by(AuditEntry.id)):
        for name in KEPT:
            if name in changes and asset_id is not None:
                found[asset_id].setdefault(name, _value(name, changes[name][0]))
    return found


def _value(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name in DAYS and isinstance(value, str) else value


def _named(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    people = identity.person_names({row["owner_id"] for row in rows if row["owner_id"] is not None})
    sites = {row.id: row.name for row in session.execute(select(Site.id, Site.name))}
    organisations = {row.id: row.name for row in session.execute(select(Organisation.id, Organisation.name))}
    return [
        {
            **row,
            "asset_id": row["id"],
            "asset_kind": row["kind"],
            "owner": people.get(row["owner_id"], ""),
            "site": sites.get(row["site_id"], ""),
            "organisation": organisations.get(row["organisation_id"], ""),
        }
        for row in rows
    ]


DATA_SETS = (DataSet("assets", _("Assets"), "assets.read", FIELDS, _rows),)
