"""Administration of when resolved tickets close by themselves."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from marshmallow import fields
from werkzeug.wrappers import Response

from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.text import _
from itsm.tickets import closing, queries
from itsm.tickets.closing import Period
from itsm.web.access import current_actor, requires
from itsm.web.api import StrictSchema
from itsm.web.forms import Form, read_form

blueprint = Blueprint("closing", __name__, template_folder="templates")


class PeriodForm(StrictSchema):
    """A period, of a category or of all others."""

    category_id = fields.Integer(load_default=None)
    days = fields.Integer(required=True)
    warn_days = fields.Integer(load_default=0)


@blueprint.get("/admin/closing")
@requires(closing.EDIT)
def show() -> str:
    """The periods of all and of some categories."""
    return _page(Form({}))


def _page(form: Form) -> str:
    return render_template(
        "tickets/admin/closing.html", form=form, periods=closing.periods(), titles=queries.category_titles()
    )


@blueprint.post("/admin/closing")
@requires(closing.EDIT)
def save() -> Any:
    """Set the period of all others or of a category."""
    form = read_form(PeriodForm)
    try:
        form.require_ok()
        period = Period(form.data["days"], form.data["warn_days"])
        closing.set_period(current_actor(), form.data["category_id"], period)
    except ItsmError as error:
        form.refuse(error)
        session.rollback()
        return _page(form), 422
    flash(str(_("Saved.")), "success")
    return redirect(url_for("closing.show"))


@blueprint.post("/admin/closing/<int:category_id>/remove")
@requires(closing.EDIT)
def remove(category_id: int) -> Response:
    """Let a category follow the one above again."""
    closing.set_period(current_actor(), category_id, None)
    return redirect(url_for("closing.show"))
