"""Pages of assets: list, form, record, labels, exports."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from assets import export, history, policy, queries, services
from assets.api import with_owner
from assets.kinds import DEFAULT_ICON, ICONS, KINDS
from assets.lifecycle import DISPOSALS, LIFECYCLE, STOCK_STATES
from assets.models import Asset, number_of
from assets.schemas import FactsForm, NewAsset, StepForm
from itsm.identity import queries as identity
from itsm.kernel.errors import Invalid, ItsmError, NotFound
from itsm.kernel.text import _
from itsm.web.access import current_actor, requires, signed_in
from itsm.web.forms import Form, read_form

blueprint = Blueprint("assets", __name__, template_folder="templates")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NULLABLE = frozenset({"owner", "site_id", "organisation_id", "purchased_on", "price", "warranty_until", "ci_id"})
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
        words=request.args.get("words", "")[:200],
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
    where = queries.conditions(wanted)
    page = queries.list_rows(actor, where=where, order=_order(), cursor=request.args.get("cursor"))
    arguments = {
        name: value for name in ("words", "state", "site", "warranty", "sort") if (value := request.args.get(name))
    }
    return render_template(
        "assets/list.html",
        rows=page.items,
        next=page.next,
        total=queries.count_up_to_limit(actor, where=where),
        wanted=wanted,
        order=_order(),
        arguments=arguments,
        sites=identity.list_sites(),
        states=LIFECYCLE.states,
        warranties=WARRANTIES,
        can_edit=policy.can_edit(actor),
        state_words=export.state_words,
    )


@blueprint.get("/assets/export.<any(csv, xlsx):form>")
@requires("assets.read")
def export_list(form: str) -> Response:
    """The list as it is filtered, as a sheet."""
    rows = queries.list_all_rows(current_actor(), where=queries.conditions(_wanted()), order=_order())
    content = export.as_csv(rows) if form == "csv" else export.as_xlsx(rows)
    return _download(content, "text/csv; charset=utf-8" if form == "csv" else XLSX, f"assets.{form}")


def _download(content: bytes, media_type: str, name: str, *, inline: bool = False) -> Response:
    disposition = f'{"inline" if inline else "attachment"}; filename="{name}"'
    return Response(content, content_type=media_type, headers={"Content-Disposition": disposition})


@blueprint.get("/assets/labels.pdf")
@requires("assets.read")
def label_sheet() -> Response:
    """Labels of the chosen assets on A4 sheets."""
    from assets.labels import sheet_pdf

    found = queries.list_by_ids(current_actor(), _chosen_ids())
    if not found:
        raise NotFound(_("None of these assets exist, or you may not see them."))
    return _download(sheet_pdf(found), "application/pdf", "labels.pdf", inline=True)


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
            asset = services.record_asset(current_actor(), **_without_empty_price(with_owner(form.data)))
            return redirect(url_of(asset))
        except ItsmError as error:
            form.refuse(error)
    return _form_page(form), 422


def _without_empty_price(values: dict[str, Any]) -> dict[str, Any]:
    """The form proposes a currency; without a price it says nothing."""
    if values.get("price_minor") is None:
        values.pop("currency", None)
    return values


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
        lines=history.in_words(queries.history(actor, asset)),
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
        _require_ok(form)
        values = with_owner(form.data | _emptied(form))
        services.change_asset(actor, asset, version=values.pop("version"), changes=values)
    except ItsmError as error:
        return _record(asset, refusal=error, form=form), error.status
    return redirect(url_of(asset))


def _require_ok(form: Form) -> None:
    if not form.ok:
        raise Invalid(_("Please check what you entered"), errors=form.errors)


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
        _require_ok(form)
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
    return _download(label_pdf(asset), "application/pdf", f"{asset.number}.pdf", inline=True)
