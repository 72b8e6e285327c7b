"""Assets as the API shows them: ids become names, for a whole page in a fixed number of statements."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from assets.models import Asset
from itsm.identity.models import Organisation, Person, Site
from itsm.kernel.db import session


def present(assets: Sequence[Asset]) -> list[dict[str, Any]]:
    """The assets with names of user, site and organisation; three statements."""
    owners = _named(Person.id, Person.email, {asset.owner_id for asset in assets})
    sites = _named(Site.id, Site.name, {asset.site_id for asset in assets})
    organisations = _named(Organisation.id, Organisation.name, {asset.organisation_id for asset in assets})
    columns = Asset.__table__.columns.keys()
    return [
        {name: getattr(asset, name) for name in columns}
        | {
            "number": asset.number,
            "owner": owners.get(asset.owner_id),
            "site": sites.get(asset.site_id),
            "organisation": organisations.get(asset.organisation_id),
        }
        for asset in assets
    ]


def _named(key: Any, name: Any, wanted: set[int | None]) -> dict[int | None, str | None]:
    ids = {one for one in wanted if one is not None}
    if not ids:
        return {}
    return {row[0]: row[1] for row in session.execute(select(key, name).where(key.in_(ids)))}
