"""Pages of licences: list, form, and one licence with its holders."""

from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from assets.licences import policy, queries, services
from assets.licences.api import holder_of
from assets.licences.models import METRICS, Licence, number_of
from assets.licences.schemas import LicenceForm, NewLicence, NewUse, VersionForm
from assets.schemas import without_empty_price
from itsm.identity import queries as identity
from itsm.kernel import clock
from itsm.kernel.errors import ItsmError
from itsm.kernel.paging import COUNT_LIMIT
from itsm.kernel.text import _, plural
from itsm.tickets.worktime import money
from itsm.web import lists
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.lists import Choice, Column, Empty, Filter, Link, ListPage, Section
from itsm.web.presentation import reader
from itsm.web.views import offer_undo

blueprint = Blueprint("licences", __name__, template_folder="../templates")

CELLS = "assets/licences/_cells.html"
COLUMNS = (
    Column("name", _("Name"), CELLS, "title-cell"),
    Column("state", _("State"), CELLS, "state-column"),
    Column("seats", _("Seats"), CELLS, "nowrap"),
    Column("used", _("In use"), CELLS, "nowrap"),
    Column("until", _("Valid until"), CELLS, "wide-only nowrap"),
    Column("metric", _("Counted"), CELLS, "wide-only nowrap"),
)
CATEGORIES = {"in_use": "active", "expiring": "waiting", "expired": "closed", "future": "open", "retired": "closed"}
SECTIONS = (Section(_("See also"), (Link(_("Assets"), "assets.list_all", permission="assets.read"),)),)
NULLABLE = frozenset({"seats", "valid_from", "valid_until", "price", "organisation_id"})


@blueprint.get("/assets/licences")
@requires(policy.READ)
def list_all() -> str:
    """Licences with search and state."""
    actor = current_actor()
    state = request.args.get("state", "") if request.args.get("state", "") in queries.STATES else ""
    words = request.args.get("q", "")[:200]
    where = queries.conditions(queries.Filter(words, state), _today())
    page = queries.list_rows(actor, where=where, cursor=request.args.get("cursor"))
    shown = ListPage(
        title=_("Licences"),
        endpoint="licences.list_all",
        arguments={name: value for name, value in (("q", words), ("state", state)) if value},
        count=_count_words(queries.count_up_to_limit(actor, where=where)),
        sections=SECTIONS,
        filter=Filter(
            _("Search"),
            _("Name, publisher, supplier, order number"),
            words,
            choices=(Choice("state", _("State"), queries.STATES, state, _("all but retired")),),
        ),
        columns=COLUMNS,
        rows=page.items,
        next=page.next,
        empty=Empty(_("No licences here"), _("Nothing fits this filter. Clear it, or record a new licence."), "inbox"),
        create=Link(_("New licence"), "licences.new", icon="plus", permission=policy.EDIT),
    )
    return lists.render(shown, **_words())


def _today() -> date:
    return reader().local(clock.now()).date()


def _words() -> dict[str, Any]:
    today = _today()
    return {
        "metrics": METRICS,
        "licence_states": queries.STATES,
        "licence_categories": CATEGORIES,
        "licence_number": number_of,
        "licence_state": lambda licence: queries.state_of(licence, today),
    }


def _count_words(total: int) -> str:
    words = (
        plural("%(num)s licence", "%(num)s licences", total) if total <= COUNT_LIMIT else _("more than 1000 licences")
    )
    return reader().digits(str(words))


@blueprint.get("/assets/licences/new")
@requires(policy.EDIT)
def new() -> str:
    """The form for a new licence."""
    return _form_page(Form({"metric": "device", "currency": "EUR"}))


def _form_page(form: Form) -> str:
    return render_template("assets/licences/new.html", form=form, **_choices())


def _choices() -> dict[str, Any]:
    organisations = [(each.id, each.name) for each in identity.list_organisations(current_actor())]
    return {"organisations": organisations, **_words()}


@blueprint.post("/assets/licences/new")
@requires(policy.EDIT)
def create() -> Any:
    """Record a licence."""
    form = read_form(NewLicence)
    if form.ok:
        try:
            licence = services.create_licence(current_actor(), **without_empty_price(form.data))
            return redirect(url_of(licence))
        except ItsmError as error:
            form.refuse(error)
    return _form_page(form), 422


def url_of(licence: Licence) -> str:
    """The address of a licence's page."""
    return url_for("licences.show", licence_id=licence.id)


@blueprint.get("/assets/licences/<int:licence_id>")
@requires(policy.READ)
def show(licence_id: int) -> str:
    """One licence: facts, and who holds it."""
    return _record(queries.get_licence(current_actor(), licence_id))


def _record(licence: Licence, *, refusal: ItsmError | None = None, form: Form | None = None, holder: str = "") -> str:
    actor = current_actor()
    names = identity.organisation_names({licence.organisation_id} if licence.organisation_id else set())
    price = ""
    if licence.price_minor is not None:
        price = money.in_words(licence.price_minor, licence.currency, reader())
    return render_template(
        "assets/licences/record.html",
        item=licence,
        used=queries.count_used(actor, [licence.id]).get(licence.id, 0),
        holders=queries.list_holders(actor, licence.id, cursor=request.args.get("cursor")),
        can_edit=policy.can_edit(actor) and licence.retired_at is None,
        organisation=names.get(licence.organisation_id or 0, ""),
        price=price,
        refusal=refusal,
        editing=form is not None,
        typed_holder=holder,
        form=form or Form(_form_values(licence)),
        **_choices(),
    )


def _form_values(licence: Licence) -> dict[str, Any]:
    values = {field: getattr(licence, field) for field in LicenceForm().fields if hasattr(licence, field)}
    values["price"] = f"{licence.price_minor / 100:.2f}" if licence.price_minor is not None else ""
    return {field: "" if value is None else value for field, value in values.items()}


def _refused(licence: Licence, error: ItsmError, **typed: Any) -> tuple[str, int]:
    """The page as it stands now, with why the step was refused and what was typed."""
    return _record(licence, refusal=error, **typed), error.status


@blueprint.post("/assets/licences/<int:licence_id>/facts")
@requires(policy.EDIT)
def change_facts(licence_id: int) -> Any:
    """Save the facts form."""
    actor = current_actor()
    licence = queries.get_licence(actor, licence_id, lock=True)
    form = read_form(LicenceForm)
    try:
        form.require_ok()
        values = form.data | _emptied(form)
        services.change_licence(actor, licence, version=values.pop("version"), changes=values)
    except ItsmError as error:
        return _refused(licence, error, form=form)
    return redirect(url_of(licence))


def _emptied(form: Form) -> dict[str, Any]:
    """Fields that were sent empty: the person wiped them."""
    empty = {name: None if name in NULLABLE else "" for name, value in form.values.items() if value == ""}
    if "price" in empty:
        empty["price_minor"] = empty.pop("price")
    return empty


@blueprint.post("/assets/licences/<int:licence_id>/uses")
@requires(policy.EDIT)
def assign(licence_id: int) -> Any:
    """Give a seat to whom the form names."""
    actor = current_actor()
    licence = queries.get_licence(actor, licence_id, lock=True)
    form = read_form(NewUse)
    try:
        form.require_ok()
        services.assign(actor, licence, **holder_of(actor, licence, form.data["holder"]))
    except ItsmError as error:
        return _refused(licence, error, holder=str(form.value("holder")))
    return redirect(url_of(licence))


@blueprint.post("/assets/licences/<int:licence_id>/uses/<int:use_id>/release")
@requires(policy.EDIT)
def release(licence_id: int, use_id: int) -> Any:
    """Take a seat back."""
    actor = current_actor()
    licence = queries.get_licence(actor, licence_id, lock=True)
    step = services.release(actor, licence, use_id)
    offer_undo(step, step.title if step else _("The seat was released."))
    return redirect(url_of(licence))


@blueprint.post("/assets/licences/<int:licence_id>/retire")
@requires(policy.EDIT)
def retire(licence_id: int) -> Any:
    """End the licence and every use of it."""
    actor = current_actor()
    licence = queries.get_licence(actor, licence_id, lock=True)
    form = read_form(VersionForm)
    try:
        form.require_ok()
        step = services.retire_licence(actor, licence, version=form.data.get("version"))
    except ItsmError as error:
        return _refused(licence, error)
    offer_undo(step, step.title if step else _("The licence was retired."))
    return redirect(url_of(licence))
