"""Writes to organisations and sites."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from itsm.identity.models import Organisation, Person, Site
from itsm.identity.services.checks import check_exists, check_free_name, check_place_in_time
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, create, get, require
from itsm.kernel.text import _


def create_organisation(actor: Actor, *, name: str, parent_id: int | None = None) -> Organisation:
    """Record an organisation below `parent_id` (or as a root)."""
    require(actor, "people.edit")
    check_exists("parent_id", Organisation, parent_id)
    parent = get(Organisation, parent_id) if parent_id else None
    organisation = create(actor, Organisation(name=name.strip(), parent_id=parent_id, path="/"), kind="organisation")
    organisation.path = f"{parent.path if parent else '/'}{organisation.id}/"
    session.flush()
    _renew_who_sees_colleagues()
    return organisation


def edit_organisation(
    actor: Actor, organisation_id: int, *, version: int | None, changes: Mapping[str, Any]
) -> Organisation:
    """Rename or move an organisation; everything below it moves along. Refuses to move it below itself."""
    require(actor, "people.edit")
    organisation = get(Organisation, organisation_id)
    check_version(organisation, version)
    check_free_name(Organisation, changes, ignore_id=organisation.id)
    check_exists("parent_id", Organisation, changes.get("parent_id"))
    if "parent_id" in changes and changes["parent_id"] != organisation.parent_id:
        _move(organisation, changes["parent_id"])
    apply_changes(actor, organisation, changes, kind="organisation")
    return organisation


def _move(organisation: Organisation, parent_id: int | None) -> None:
    parent = get(Organisation, parent_id) if parent_id else None
    if parent and parent.path.startswith(organisation.path):
        raise Invalid.field("parent_id", _("An organisation cannot lie below itself."))
    old, new = organisation.path, f"{parent.path if parent else '/'}{organisation.id}/"
    for below in session.scalars(select(Organisation).where(Organisation.path.startswith(old))):
        below.path = new + below.path[len(old) :]
    _renew_who_sees_colleagues()


def _renew_who_sees_colleagues() -> None:
    # Which organisations lie below one's own is part of these people's cached rights.
    session.execute(update(Person).where(Person.sees_colleagues).values(access_version=Person.access_version + 1))


def create_site(actor: Actor, *, name: str, **facts: Any) -> Site:
    """Record a site."""
    require(actor, "people.edit")
    check_place_in_time(facts)
    return create(actor, Site(name=name.strip(), **facts), kind="site")


def edit_site(actor: Actor, site_id: int, *, changes: Mapping[str, Any]) -> Site:
    """Change a site."""
    require(actor, "people.edit")
    site = get(Site, site_id)
    check_place_in_time(changes)
    check_free_name(Site, changes, ignore_id=site.id)
    apply_changes(actor, site, changes, kind="site")
    return site
