"""Pages of assets: list, form, record, labels, exports."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response as BaseResponse

from assets import export, filters, history, policy, queries, services
from assets.api import with_owner
from assets.kinds import DEFAULT_ICON, ICONS, KINDS
from assets.lifecycle import DISPOSALS, LIFECYCLE, STOCK_STATES
from assets.models import Asset, number_of
from assets.schemas import FactsForm, NewAsset, StepForm, without_empty_price
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid, ItsmError, NotFound
from itsm.kernel.paging import COUNT_LIMIT, Page
from itsm.kernel.text import _, plural
from itsm.web import lists, security_log
from itsm.web.access import current_actor, requires, signed_in
from itsm.web.files import send_list
from itsm.web.forms import Form, read_form
from itsm.web.lists import Choice, Column, Empty, Filter, Link, ListPage, Section
from itsm.web.presentation import reader
from itsm.web.rates import limited

blueprint = Blueprint("assets", __name__, template_folder="templates")

NULLABLE = frozenset({"owner", "site_id", "organisation_id", "purchased_on", "price", "warranty_until", "ci_id"})
CELLS = "assets/_cells.html"
COLUMNS = (
    Column("tag", _("Tag"), CELLS, "number-column"),
    Column("name", _("Name"), CELLS, "title-cell"),
    Column("kind", _("Kind"), CELLS, "wide-only nowrap"),
    Column("state", _("State"), CELLS, "state-column"),
    Column("owner", _("User"), CELLS, "nowrap"),
    Column("site", _("Site"), CELLS, "wide-only nowrap"),
    Column("warranty", _("Warranty until"), CELLS, "wide-only nowrap"),
)
ORDERS = {
    "tag": _("by tag"),
    "name": _("by name"),
    "newest": _("newest first"),
    "-updated_at": _("last changed first"),
}
SECTIONS = (Section(_("See also"), (Link(_("Licences"), "licences.list_all", permission="assets.read"),)),)
WARRANTIES = {"soon": _("ends within 90 days"), "over": _("has ended")}


@blueprint.app_context_processor
def shared() -> dict[str, Any]:
    """Words for kinds and states, wherever equipment is shown."""
    return {"asset_kinds": KINDS, "asset_number": number_of, "stock_states": STOCK_STATES, "asset_icon": asset_icon}


def asset_icon(kind: str) -> str:
    """The icon that stands for a kind of asset."""
    return ICONS.get(kind, DEFAULT_ICON)


def _wanted() -> queries.Filter:
    site = request.args.get("site", "")
    return queries.Filter(
        state=request.args.get("state", "") if request.args.get("state", "") in LIFECYCLE.states else "",
        site_id=int(site) if site.isdecimal() and len(site) < 16 else None,
        warranty=request.args.get("warranty", "") if request.args.get("warranty", "") in WARRANTIES else "",
    )


def _order() -> str:
    wanted = request.args.get("sort", "tag")
    return wanted if wanted in queries.ORDERS else "tag"


@blueprint.get("/assets")
@requires("assets.read")
def list_all() -> str:
    """Assets with search, state, site and warranty."""
    actor, wanted = current_actor(), _wanted()
    page, count, fault = _read(actor)
    arguments = {
        name: value for name in ("q", "state", "site", "warranty", "sort") if (value := request.args.get(name))
    }
    shown = ListPage(
        title=_("Assets"),
        endpoint="assets.list_all",
        arguments=arguments,
        count=count,
        fault=fault,
        sections=SECTIONS,
        sort=Choice("sort", _("Order"), ORDERS, _order()),
        filter=_filter(wanted),
        columns=COLUMNS,
        rows=page.items,
        next=page.next,
        empty=Empty(
            _("No assets here"), _("Nothing fits this filter. Clear it, or record a new asset."), "device-laptop"
        ),
        actions=[
            Link(title, "assets.export_list", {**arguments, "form": title.lower()}, icon="download")
            for title in ("CSV", "XLSX")
        ],
        create=Link(_("New asset"), "assets.new", icon="plus", permission="assets.edit"),
        bulk=Link(_("Labels for the chosen ones"), "assets.label_sheet", icon="qrcode"),
        named_by="tag",
    )
    return lists.render(shown, states=LIFECYCLE.states, state_words=export.state_words)


def _read(actor: Actor) -> tuple[Page[Any], str, Any]:
    """One page, how many there are in all, and why the filter cannot be read if so (then there are none)."""
    try:
        where = _conditions(actor)
    except Invalid as error:
        return Page([]), "", error.message
    page = queries.list_rows(actor, where=where, order=_order(), cursor=request.args.get("cursor"))
    return page, _count_words(queries.count_up_to_limit(actor, where=where)), ""


def _conditions(actor: Actor) -> list[ColumnElement[bool]]:
    return [*queries.conditions(_wanted()), *filters.conditions(actor, request.args.get("q", ""))]


def _count_words(total: int) -> str:
    words = plural("%(num)s asset", "%(num)s assets", total) if total <= COUNT_LIMIT else _("more than 1000 assets")
    return reader().digits(str(words))


def _filter(wanted: queries.Filter) -> Filter:
    states = {name: state.title for name, state in LIFECYCLE.states.items()}
    sites = {site.id: site.name for site in identity.list_sites()}
    return Filter(
        _("Filter"),
        "kind = laptop and warranty < now() + 90d",
        request.args.get("q", ""),
        kind="asset",
        choices=(
            Choice("state", _("State"), states, wanted.state, _("any state")),
            Choice("site", _("Site"), sites, wanted.site_id, _("any site")),
            Choice("warranty", _("Warranty"), WARRANTIES, wanted.warranty, _("any warranty")),
        ),
    )


@blueprint.get("/assets/export.<any(csv, xlsx):form>")
@requires("assets.read")
@limited("export_rate")
def export_list(form: str) -> Response:
    """The list as it is filtered, as a sheet."""
    actor = current_actor()
    rows = queries.list_all_rows(actor, where=_conditions(actor), order=_order())
    security_log.note_export("assets", rows=len(rows), file_format=form)
    return send_list(form, name="assets", title=_("Assets"), titles=export.TITLES, lines=map(export.cells, rows))


def _label(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(content, content_type="application/pdf", headers=headers)


@blueprint.get("/assets/labels.pdf")
@requires("assets.read")
@limited("export_rate")
def label_sheet() -> Response:
    """Labels of the chosen assets on A4 sheets."""
    from assets.labels import sheet_pdf

    found = queries.list_by_ids(current_actor(), _chosen_ids())
    if not found:
        raise NotFound(_("None of these assets exist, or you may not see them."))
    return _label(sheet_pdf(found), "labels.pdf")


def _chosen_ids() -> list[int]:
    given = ",".join(request.args.getlist("ids")).split(",")
    ids = [int(one) for one in given if one.strip().isdecimal() and len(one) < 16]
    if not ids:
        raise Invalid.field("ids", _("Choose at least one asset."))
    if len(ids) > queries.LABELS_LIMIT:
        raise Invalid.field("ids", _("Choose at most %(most)s assets at a time.", most=queries.LABELS_LIMIT))
    return ids


@blueprint.get("/assets/people")
@requires("assets.edit")
def people() -> str:
    """People for what was typed into the field for the user."""
    return render_template(
        "assets/_people.html", people=identity.find_people(current_actor(), request.args.get("owner", ""))
    )


@blueprint.get("/assets/new")
@requires("assets.edit")
def new() -> str:
    """The form for a new asset."""
    return _form_page(Form({"state": "in_stock", "kind": "laptop", "currency": "EUR"} | request.args.to_dict()))


def _form_page(form: Form) -> str:
    return render_template("assets/new.html", form=form, **_choices())


def _choices() -> dict[str, Any]:
    states = [(name, LIFECYCLE[name].title) for name in services.STARTING_STATES]
    sites = [(site.id, site.name) for site in identity.list_sites()]
    organisations = [(each.id, each.name) for each in identity.list_organisations(current_actor())]
    return {"starting_states": states, "sites": sites, "organisations": organisations, "disposals": DISPOSALS}


@blueprint.post("/assets/new")
@requires("assets.edit")
def create() -> Any:
    """Record an asset."""
    form = read_form(NewAsset)
    if form.ok:
        try:
            asset = services.record_asset(current_actor(), **without_empty_price(with_owner(form.data)))
            return redirect(url_of(asset))
        except ItsmError as error:
            form.refuse(error)
    return _form_page(form), 422


def url_of(asset: Asset) -> str:
    """The address of an asset's page."""
    return url_for("assets.show", number=asset.number)


@blueprint.get("/assets/tag/<path:tag>")
@signed_in
def by_tag(tag: str) -> BaseResponse:
    """Where the QR code on a label leads: staff to the record, everyone else to their equipment in the portal."""
    actor = current_actor()
    asset = queries.get_by_tag(actor, tag)
    return redirect(url_of(asset) if actor.has("assets.read") else "/portal")


@blueprint.get("/assets/<number>")
@requires("assets.read")
def show(number: str) -> str:
    """The record."""
    return _record(queries.get_asset(current_actor(), number))


def _record(asset: Asset, *, refusal: ItsmError | None = None, form: Form | None = None, step: str = "") -> str:
    actor = current_actor()
    can_edit = policy.can_edit(actor)
    names = queries.names_for(asset)
    return render_template(
        "assets/record.html",
        item=asset,
        **names,
        steps=LIFECYCLE.steps_from(asset.state) if can_edit else (),
        lines=history.in_words(actor, asset, queries.history(actor, asset), reader()),
        can_edit=can_edit,
        refusal=refusal,
        step_open=step,
        form=form if form is not None and not step else Form(_form_values(asset, names)),
        step_form=form if form is not None and step else Form(),
        **_choices(),
    )


def _form_values(asset: Asset, names: dict[str, Any]) -> dict[str, Any]:
    owner = names["owner"]
    values = {field: getattr(asset, field) for field in FactsForm().fields if hasattr(asset, field)}
    values["price"] = f"{asset.price_minor / 100:.2f}" if asset.price_minor is not None else ""
    values["owner"] = (owner.email or f"#{owner.id}") if owner else ""
    return {field: "" if value is None else value for field, value in values.items()}


@blueprint.post("/assets/<number>/facts")
@requires("assets.edit")
def change_facts(number: str) -> Any:
    """Save the facts form."""
    actor = current_actor()
    asset = queries.get_asset(actor, number, lock=True)
    form = read_form(FactsForm)
    try:
        form.require_ok()
        values = with_owner(form.data | _emptied(form))
        services.change_asset(actor, asset, version=values.pop("version"), changes=values)
    except ItsmError as error:
        return _record(asset, refusal=error, form=form), error.status
    return redirect(url_of(asset))


def _emptied(form: Form) -> dict[str, Any]:
    """Fields that were sent empty: the person wiped them."""
    empty = {name: None if name in NULLABLE else "" for name, value in form.values.items() if value == ""}
    if "price" in empty:
        empty["price_minor"] = empty.pop("price")
    return empty


@blueprint.post("/assets/<number>/steps/<name>")
@requires("assets.edit")
def take_step(number: str, name: str) -> Any:
    """A step of the life cycle."""
    actor = current_actor()
    asset = queries.get_asset(actor, number, lock=True)
    form = read_form(StepForm)
    try:
        form.require_ok()
        fields = with_owner(form.data)
        services.take_step(actor, asset, name, version=fields.pop("version", None), fields=fields)
    except ItsmError as error:
        return _record(asset, refusal=error, form=form, step=name), error.status
    return redirect(url_of(asset))


@blueprint.get("/assets/<number>/label.pdf")
@requires("assets.read")
def label(number: str) -> Response:
    """The asset's label for a label printer."""
    from assets.labels import label_pdf

    asset = queries.get_asset(current_actor(), number)
    return _label(label_pdf(asset), f"{asset.number}.pdf")
