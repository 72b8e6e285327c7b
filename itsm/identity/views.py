"""Pages of one's own account."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from itsm.identity import queries, services
from itsm.identity.devices import device_name
from itsm.kernel.errors import ItsmError
from itsm.kernel.text import LANGUAGES, _, plural
from itsm.web.access import current_actor, signed_in
from itsm.web.api import StrictSchema
from itsm.web.forms import Form, own_path, read_form

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
        return _account_page(form), 422
    try:
        services.save_preferences(current_actor(), form.data)
    except ItsmError as error:
        form.refuse(error)
        return _account_page(form), 422
    return redirect(own_path(request.form.get("next")))


@blueprint.get("/account")
@signed_in
def account() -> str:
    """One's own account: preferences, where one is signed in, and API tokens."""
    return _account_page(None)


def _account_page(form: Form | None) -> str:
    person_id = current_actor().person_id or 0
    return render_template(
        "identity/account.html",
        form=form,
        tokens=queries.list_tokens(person_id),
        sessions=queries.list_sessions(person_id),
        this_session=g.get("login_session_id"),
        device_name=device_name,
    )


@blueprint.post("/account/sessions/<int:session_id>/end")
@signed_in
def end_session(session_id: int) -> Response:
    """Sign out in one other browser."""
    services.end_own_session(current_actor(), session_id)
    flash(str(_("Signed out there.")), "success")
    return redirect(url_for("identity.account"))


@blueprint.post("/account/sessions/end-others")
@signed_in
def end_other_sessions() -> Response:
    """Sign out everywhere but here."""
    ended = services.end_other_sessions(current_actor(), kept_id=g.get("login_session_id"))
    told = plural("Signed out in %(num)s other place.", "Signed out in %(num)s other places.", ended)
    flash(str(told), "success")
    return redirect(url_for("identity.account"))


@blueprint.post("/account/tokens/<int:token_id>/revoke")
@signed_in
def revoke_token(token_id: int) -> Response:
    """End one of one's own tokens."""
    services.revoke_token(current_actor(), token_id)
    flash(str(_("The token is revoked.")), "success")
    return redirect("/account")
