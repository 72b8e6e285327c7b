"""Pages of the CMDB: list, CI, form, map."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cmdb import classes, forms, layout, listing, pages, queries, schemas, services
from cmdb.classes import ClassTree
from cmdb.impact import DEEPEST, DEPTH, impact_of
from cmdb.lifecycle import LIFECYCLE
from cmdb.models import Ci, CiClass
from cmdb.present import present
from cmdb.references import ci_from, from_input
from cmdb.traversal import Direction
from itsm.identity import queries as identity
from itsm.kernel.errors import Invalid, ItsmError, NotFound
from itsm.kernel.paging import Page
from itsm.kernel.text import _
from itsm.web import lists, security_log
from itsm.web.access import current_actor, requires
from itsm.web.files import send_list
from itsm.web.forms import Form, read_form
from itsm.web.lists import Choice, Column, Empty, Filter, Link, ListPage, Section
from itsm.web.presentation import reader
from itsm.web.rates import limited

blueprint = Blueprint("cmdb", __name__, template_folder="templates")

CELLS = "cmdb/_cells.html"
COLUMNS = (
    Column("name", _("Name"), CELLS, "title-cell"),
    Column("ci_class", _("Class"), CELLS, "wide-only nowrap"),
    Column("state", _("State"), CELLS, "state-column"),
    Column("owner", _("Owner"), CELLS, "wide-only"),
    Column("site", _("Site"), CELLS, "wide-only nowrap"),
    Column("seen", _("Last seen"), CELLS, "wide-only muted"),
)
UNFIT = _("Search with fewer words, choose another class, or look among the retired ones.")
NONE_YET = _("Record the first one, or let discovery and inventory agents bring them in.")
MAP_LIMIT = 2000
TABLE_ROWS = 300


@blueprint.get("/cmdb")
@requires("cmdb.read")
def index() -> str:
    """CIs by name, by class, by state, by a filter."""
    actor, tree = current_actor(), classes.load()
    chosen = request.args.get("class", "")
    state = request.args.get("state", "")
    text = request.args.get("q", "")
    row = tree.find(chosen) if chosen else None
    try:
        page = listing.read_page(actor, listing.read_asked(request.args), cursor=request.args.get("cursor"))
        fault: Any = ""
    except Invalid as error:
        if "q" not in error.errors:
            raise
        page, fault = Page([]), error.message
    states = {name: each.title for name, each in LIFECYCLE.states.items()}
    wanted = {"class": row.key if row else "", "q": text, "state": state}
    arguments = {name: value for name, value in wanted.items() if value}
    shown = ListPage(
        title=tree.title(row.key) if row else _("Configuration items"),
        endpoint="cmdb.index",
        arguments=arguments,
        sections=[Section(_("Classes"), _class_links(tree, queries.count_by_class(actor), row, text))],
        filter=Filter(
            _("Filter"),
            "class = server and owner is empty",
            text,
            kind="ci",
            choices=[Choice("state", _("State"), states, state, _("all but retired"))],
        ),
        columns=COLUMNS,
        rows=present(page.items),
        next=page.next,
        fault=fault,
        empty=Empty(_("No CI fits"), UNFIT if text or row or state else NONE_YET, "sitemap"),
        actions=[
            Link(title, "cmdb.export_list", {**arguments, "form": title.lower()}, icon="download")
            for title in ("CSV", "XLSX")
        ],
        create=_new_link(row),
    )
    return lists.render(shown, tree=tree)


@blueprint.get("/cmdb/export.<any(csv, xlsx):form>")
@requires("cmdb.read")
@limited("export_rate")
def export_list(form: str) -> Response:
    """The list as it is filtered, all its pages, as a file."""
    actor = current_actor()
    asked = listing.read_asked(request.args)
    rows = min(listing.count_all(actor, asked), listing.MOST_ROWS)
    security_log.note_export("cis", rows=rows, file_format=form)
    lines = listing.export_lines(actor, asked)
    return send_list(form, name="cis", title=_("CIs"), titles=listing.TITLES, lines=lines)


def _new_link(chosen: CiClass | None) -> Link:
    arguments = {"class": chosen.key} if chosen and not chosen.abstract else {}
    return Link(_("New CI"), "cmdb.new", arguments, icon="plus", permission="cmdb.edit")


def _class_links(tree: ClassTree, counts: dict[str, int], chosen: CiClass | None, text: str) -> list[Link]:
    """Everything, then the classes that hold CIs (the root left out), each with the number of CIs in and below it."""
    kept = {"q": text} if text else {}
    links = [Link(_("Everything"), "cmdb.index", kept, chosen=chosen is None)]
    for row, depth in tree.in_order():
        number = sum(counts.get(key, 0) for key in tree.keys_below(row.key))
        if depth and number:
            title, count = tree.title(row.key), reader().number(number)
            links.append(
                Link(title, "cmdb.index", {"class": row.key} | kept, count=count, chosen=row is chosen, depth=depth - 1)
            )
    return links


@blueprint.get("/cmdb/find")
@requires("cmdb.read")
@limited("search_rate")
def find() -> str:
    """CIs for what was typed into a field (`ci`, `ci_name` or `other`), as choices of its list."""
    words = next((request.args[name] for name in ("ci", "ci_name", "other") if request.args.get(name)), "")
    return render_template("cmdb/_choices.html", found=queries.find_cis(current_actor(), words), tree=classes.load())


@blueprint.get("/cmdb/new")
@requires("cmdb.edit")
def new() -> str:
    """The form of a new CI, once its class is chosen."""
    tree = classes.load()
    row = tree.find(request.args.get("class", ""))
    if row is None or row.abstract:
        return render_template("cmdb/choose_class.html", tree=tree)
    return _form_page(tree, Form({"class": row.key, "state": "in_operation", "criticality": "3"}), row.key)


def _form_page(tree: ClassTree, form: Form, class_key: str, ci: Ci | None = None) -> str:
    return render_template(
        "cmdb/form.html",
        form=form,
        ci=ci,
        tree=tree,
        class_key=class_key,
        attributes=tree.attributes_of(class_key),
        states=LIFECYCLE.states,
        criticalities=pages.CRITICALITIES,
        sites=identity.list_sites(),
        organisations=identity.list_organisations(current_actor()),
        group_choices=identity.list_groups(),
    )


@blueprint.post("/cmdb/new")
@requires("cmdb.edit")
def create() -> Any:
    """Save a new CI."""
    tree = classes.load()
    class_key = tree.usable(request.form.get("class", "")).key
    attributes = tree.attributes_of(class_key)
    form = read_form(forms.form_schema(attributes))
    if form.ok:
        try:
            facts = {name: value for name, value in _facts(form).items() if value is not None}
            ci = services.create_ci(
                current_actor(),
                class_key=class_key,
                state=form.data.get("state", "in_operation"),
                attributes=forms.typed_attributes(form, attributes),
                **facts,
            )
            return redirect(url_for("cmdb.show", ci_id=ci.id))
        except ItsmError as error:
            forms.refuse(form, error, attributes)
    return _form_page(tree, form, class_key), 422


def _facts(form: Form) -> dict[str, Any]:
    values: dict[str, Any] = {name: form.data.get(name) for name in forms.PLACES}
    values |= from_input({"owner": form.data.get("owner")})
    return values | {
        "name": form.data["name"],
        "serial": form.data.get("serial", ""),
        "criticality": form.data.get("criticality", 3),
    }


@blueprint.get("/cmdb/<int:ci_id>")
@requires("cmdb.read")
def show(ci_id: int) -> str:
    """The page of a CI."""
    actor = current_actor()
    return render_template("cmdb/ci.html", **pages.record_context(actor, queries.get_ci(actor, ci_id)))


@blueprint.get("/cmdb/<int:ci_id>/edit")
@requires("cmdb.edit")
def edit(ci_id: int) -> str:
    """The form of a CI."""
    ci, tree = queries.get_ci(current_actor(), ci_id), classes.load()
    owner = present([ci])[0]["owner"] or ""
    return _form_page(tree, Form(forms.values_of(ci, tree.attributes_of(ci.class_key), owner)), ci.class_key, ci)


@blueprint.post("/cmdb/<int:ci_id>/edit")
@requires("cmdb.edit")
def save(ci_id: int) -> Any:
    """Save the form of a CI."""
    actor, tree = current_actor(), classes.load()
    ci = queries.get_ci(actor, ci_id, lock=True)
    attributes = tree.attributes_of(ci.class_key)
    form = read_form(forms.form_schema(attributes))
    if form.ok:
        try:
            changes = _changed(_facts(form), ci) | {"attributes": forms.changed_attributes(form, attributes, ci)}
            services.edit_ci(actor, ci, version=form.data.get("version"), changes=changes)
            return redirect(url_for("cmdb.show", ci_id=ci.id))
        except ItsmError as error:
            forms.refuse(form, error, attributes)
    return _form_page(tree, form, ci.class_key, ci), 422


def _changed(facts: dict[str, Any], ci: Ci) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value != getattr(ci, name)}


@blueprint.post("/cmdb/<int:ci_id>/state")
@requires("cmdb.edit")
def change_state(ci_id: int) -> Any:
    """Take a step of the life cycle."""
    actor = current_actor()
    ci = queries.get_ci(actor, ci_id, lock=True)
    try:
        services.change_state(actor, ci, request.form.get("state", ""))
    except ItsmError as error:
        return _refused(ci, error)
    return redirect(url_for("cmdb.show", ci_id=ci.id))


def _refused(ci: Ci, error: ItsmError, **typed: str) -> tuple[str, int]:
    context = pages.record_context(current_actor(), ci)
    return render_template("cmdb/ci.html", refusal=error, typed=typed, **context), error.status


@blueprint.post("/cmdb/<int:ci_id>/relations")
@requires("cmdb.edit")
def relate(ci_id: int) -> Any:
    """Relate a CI to another one; a type with a `-` before it is read from the other end."""
    actor = current_actor()
    ci = queries.get_ci(actor, ci_id)
    form = read_form(schemas.RelateForm)
    if not form.ok:
        return _refused(ci, NotFound(_("Choose a relation and name the other CI.")), **form.values)
    try:
        other = ci_from(actor, "other", form.data["other"])
        key = form.data["type"]
        source, target = (other, ci) if key.startswith("-") else (ci, other)
        services.relate(actor, source_id=source.id, target_id=target.id, type_key=key.removeprefix("-"))
    except ItsmError as error:
        return _refused(ci, error, **form.values)
    return redirect(url_for("cmdb.show", ci_id=ci.id, _anchor="relations"))


@blueprint.post("/cmdb/<int:ci_id>/relations/<int:relation_id>/remove")
@requires("cmdb.edit")
def unrelate(ci_id: int, relation_id: int) -> Response:
    """Remove a relation of a CI."""
    actor = current_actor()
    ci, relation = queries.get_ci(actor, ci_id), queries.get_relation(actor, relation_id)
    if ci.id not in (relation.source_id, relation.target_id):
        raise NotFound(_("There is no such relation, or you may not see it."))
    services.unrelate(actor, relation)
    return redirect(url_for("cmdb.show", ci_id=ci.id, _anchor="relations"))


@blueprint.get("/cmdb/map/<int:ci_id>")
@requires("cmdb.read")
def show_map(ci_id: int) -> str:
    """What an outage reaches or what a CI needs, as a map and as a table."""
    direction: Direction = "up" if request.args.get("direction") == "up" else "down"
    depth = min(max(request.args.get("depth", DEPTH, type=int), 1), DEEPEST)
    found = impact_of(current_actor(), ci_id, direction=direction, depth=depth, limit=MAP_LIMIT)
    drawn = layout.draw(found, direction=direction, mirrored=pages.is_mirrored())
    names = {node.id: node.name for node in (found.root, *found.nodes)}
    return render_template(
        "cmdb/map.html",
        impact=found,
        map=drawn,
        names=names,
        way=direction,
        depth=depth,
        tree=classes.load(),
        rows=found.nodes[:TABLE_ROWS],
        limit=MAP_LIMIT,
        tickets=queries.open_tickets_of(current_actor(), [ci_id]),
    )
