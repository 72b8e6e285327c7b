"""Pages of one's own account."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from itsm.identity import queries, services
from itsm.kernel.errors import ItsmError
from itsm.kernel.text import LANGUAGES, _
from itsm.web.access import current_actor, signed_in
from itsm.web.api import StrictSchema
from itsm.web.forms import own_path, read_form

blueprint = Blueprint("identity", __name__, template_folder="templates")


class PreferencesForm(StrictSchema):
    """A person's own preferences."""

    language = fields.String(validate=validate.OneOf(sorted(LANGUAGES)))
    theme = fields.String(validate=validate.OneOf(["auto", "light", "dark"]))
    timezone = fields.String(validate=validate.Length(max=60))
    phone = fields.String(validate=validate.Length(max=40))


@blueprint.post("/account/preferences")
@signed_in
def save_preferences() -> Any:
    """Language, theme, zone and phone of the signed-in person."""
    form = read_form(PreferencesForm)
    if not form.ok:
        return render_template("identity/account.html", form=form, tokens=_own_tokens()), 422
    try:
        services.save_preferences(current_actor(), form.data)
    except ItsmError as error:
        form.refuse(error)
        return render_template("identity/account.html", form=form, tokens=_own_tokens()), 422
    return redirect(own_path(request.form.get("next")))


@blueprint.get("/account")
@signed_in
def account() -> str:
    """One's own account: preferences and API tokens."""
    return render_template("identity/account.html", form=None, tokens=_own_tokens())


def _own_tokens() -> Any:
    actor = current_actor()
    return queries.list_tokens(actor.person_id) if actor.person_id else []


@blueprint.post("/account/tokens/<int:token_id>/revoke")
@signed_in
def revoke_token(token_id: int) -> Response:
    """End one of one's own tokens."""
    services.revoke_token(current_actor(), token_id)
    flash(str(_("The token is revoked.")), "success")
    return redirect("/account")
