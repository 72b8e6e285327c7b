"""The identity module's declaration."""

from itsm.identity import filters, found, login, palette, services
from itsm.identity.api import blueprint as api_blueprint
from itsm.identity.commands import COMMANDS
from itsm.identity.jobs import JOBS
from itsm.identity.views import blueprint
from itsm.identity.views_admin import blueprint as people_blueprint
from itsm.identity.views_places import blueprint as places_blueprint
from itsm.kernel.module import MenuEntry, Module, PaletteSource, Permission, Question, SearchSource
from itsm.kernel.text import _

STAFF = ("agent", "supervisor", "change_manager", "asset_manager", "cmdb_editor", "manager", "admin")

MODULE = Module(
    name="identity",
    title=_("People and groups"),
    permissions=(
        Permission("people.read", _("Look people up"), STAFF),
        Permission("people.register", _("Record callers who are not known yet"), STAFF),
        Permission("people.edit", _("Change people, organisations and sites"), ("admin",)),
        Permission("groups.edit", _("Change groups"), ("admin", "supervisor")),
        Permission("roles.grant", _("Give roles"), ("admin",)),
    ),
    setup=login.setup,
    seed=services.seed_roles,
    commands=COMMANDS,
    jobs=JOBS,
    pages=(blueprint, people_blueprint, places_blueprint),
    api=(api_blueprint,),
    palette=(PaletteSource(_("People"), palette.find_people, order=50, permission="tickets.read"),),
    menu=(
        MenuEntry(
            "admin",
            _("People"),
            "people.list_all",
            "users",
            "admin.open",
            order=10,
            section="people",
            hint=_("Who asks, who works, roles and sign-in."),
        ),
        MenuEntry(
            "admin",
            _("Groups"),
            "places.list_groups",
            "affiliate",
            "admin.open",
            order=20,
            section="people",
            hint=_("Teams with their support level, manager and members."),
        ),
        MenuEntry(
            "admin",
            _("Organisations"),
            "places.list_organisations",
            "sitemap",
            "admin.open",
            order=30,
            section="people",
            hint=_("Customers and units, as a tree."),
        ),
        MenuEntry(
            "admin",
            _("Sites"),
            "places.list_sites",
            "map-pin",
            "admin.open",
            order=40,
            section="people",
            hint=_("Where people and equipment are."),
        ),
    ),
    searches=(SearchSource("people", _("People"), found.find, "users", order=40, permission="people.read"),),
    questions=(Question("person", _("People"), filters.fields_for),),
)
