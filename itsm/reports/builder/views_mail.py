"""Pages of reports by mail: the subscriptions, and the way out that each mail holds."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from itsm.identity import queries as identity
from itsm.kernel.datasets import find_data_set
from itsm.kernel.db import session
from itsm.kernel.errors import ItsmError
from itsm.kernel.month import week_of
from itsm.kernel.text import Message, _
from itsm.query.moments import WEEKDAYS
from itsm.reports import catalogue
from itsm.reports.builder import policy, queries, subscriptions
from itsm.reports.builder.models import Subscription
from itsm.reports.builder.schedule import RHYTHMS
from itsm.reports.builder.schemas import SUBSCRIBED, SubscriptionForm
from itsm.reports.periods import presets
from itsm.web.access import current_actor, own_rule, requires
from itsm.web.forms import Form, read_form
from sla.models import Agreement

blueprint = Blueprint("subscriptions", __name__, template_folder="../templates")

FORMATS = {"pdf": "PDF", "xlsx": "Excel", "csv": "CSV"}


@blueprint.get("/reports/subscriptions")
@requires(policy.READ)
def list_all() -> str:
    """The reports that go out by mail, those of the reader or, with the right to send, everyone's."""
    rows = queries.list_subscriptions(current_actor())
    owners = identity.person_names({row.owner_id for row in rows})
    return render_template(
        "builder/subscriptions.html",
        rows=rows,
        titles=_titles(rows),
        people=queries.recipients_of([row.id for row in rows]),
        owners=owners,
        rhythms=RHYTHMS,
        weekdays=list(WEEKDAYS.values()),
        formats=FORMATS,
        kinds=catalogue.list_reports(),
    )


def _titles(rows: Any) -> dict[int, Message]:
    saved = queries.names_of_saved({row.saved_id for row in rows if row.saved_id})
    ready = {kind.name: kind.title for kind in catalogue.list_reports()}
    return {row.id: saved.get(row.saved_id, "") if row.saved_id else ready.get(row.report, row.report) for row in rows}


@blueprint.get("/reports/subscriptions/new")
@requires(policy.READ)
def new() -> str:
    """The form of a new subscription."""
    return _page(Form({"what": request.args.get("what", "")[:120], "myself": True, "active": True}), None)


@blueprint.post("/reports/subscriptions/new")
@requires(policy.READ)
def create() -> Any:
    """Subscribe."""
    return _take(None)


@blueprint.get("/reports/subscriptions/<int:subscription_id>")
@requires(policy.READ)
def edit(subscription_id: int) -> str:
    """A subscription."""
    return _page(_filled(queries.get_subscription(current_actor(), subscription_id)), subscription_id)


@blueprint.post("/reports/subscriptions/<int:subscription_id>")
@requires(policy.READ)
def save(subscription_id: int) -> Any:
    """Change a subscription."""
    return _take(queries.get_subscription(current_actor(), subscription_id).id)


@blueprint.post("/reports/subscriptions/<int:subscription_id>/delete")
@requires(policy.READ)
def delete(subscription_id: int) -> Response:
    """Send this report no more."""
    subscriptions.delete_subscription(current_actor(), subscription_id)
    flash(str(_("Deleted.")), "success")
    return redirect(url_for("subscriptions.list_all"))


@blueprint.get("/reports/unsubscribe/<secret>")
@own_rule
def leave(secret: str) -> Any:
    """What the link in a mail opens. Rule of its own: whoever holds the link's secret may end these mails, nothing else."""
    known = queries.find_recipient(secret) is not None
    return render_template("builder/unsubscribe.html", known=known, done=False), 200 if known else 404


@blueprint.post("/reports/unsubscribe/<secret>")
@own_rule
def leave_now(secret: str) -> Any:
    """End these mails: the page's button, or a mail program's one click (RFC 8058). Rule of its own: the link's secret."""
    known = subscriptions.unsubscribe(secret)
    return render_template("builder/unsubscribe.html", known=known, done=known), 200 if known else 404


def _filled(row: Subscription) -> Form:
    people = queries.recipients_of([row.id]).get(row.id, [])
    mine = current_actor().person_id
    ids = {recipient.person_id for recipient, _name in people}
    emails = identity.emails_of(ids - {mine} if mine is not None else ids)
    return Form(
        {
            "what": f"saved:{row.saved_id}" if row.saved_id else f"report:{row.report}",
            "rhythm": row.rhythm,
            "weekday": row.day if row.rhythm == "weekly" else 1,
            "day": row.day if row.rhythm == "monthly" else 1,
            "time": f"{row.minute // 60:02d}:{row.minute % 60:02d}",
            "file_format": row.file_format,
            "people": "\n".join(emails.values()),
            "myself": mine in ids,
            "active": row.active,
            "version": row.version,
            **row.arguments,
        }
    )


def _take(subscription_id: int | None) -> Any:
    form = read_form(SubscriptionForm)
    try:
        form.require_ok()
        _save(form.data, subscription_id)
    except ItsmError as error:
        session.rollback()
        form.refuse(error)
        _name_fields(form)
        return _page(form, subscription_id), error.status
    return redirect(url_for("subscriptions.list_all"))


def _name_fields(form: Form) -> None:
    """Show what a service found wrong at the field of the form that holds it."""
    held = {"saved_id": "what", "report": "what"}
    if form.value("rhythm") == "weekly":
        held["day"] = "weekday"
    form.errors = {held.get(name, name): texts for name, texts in form.errors.items()}


def _save(data: dict[str, Any], subscription_id: int | None) -> None:
    facts, emails = facts_of(data), data["people"].replace(",", "\n").split()
    if subscription_id is None:
        subscriptions.subscribe(current_actor(), facts, emails, myself=data["myself"])
    else:
        subscriptions.change_subscription(
            current_actor(), subscription_id, version=data["version"], facts=facts, emails=emails, myself=data["myself"]
        )


def facts_of(data: dict[str, Any]) -> dict[str, Any]:
    """What the services take, from what the form read."""
    kind, _colon, name = data["what"].partition(":")
    saved = kind == "saved" and name.isdecimal() and len(name) < 16
    hours, minutes = data["time"].split(":")
    days = {"daily": 1, "weekly": data["weekday"], "monthly": data["day"]}
    arguments = {} if saved else {each: data[each] for each in ("preset", "organisation", "agreement") if data[each]}
    return {
        "saved_id": int(name) if saved else None,
        "report": name if kind == "report" else "",
        "arguments": arguments,
        "rhythm": data["rhythm"],
        "day": days[data["rhythm"]],
        "minute": int(hours) * 60 + int(minutes),
        "file_format": data["file_format"],
        "active": data["active"],
    }


def _page(form: Form, subscription_id: int | None) -> str:
    actor = current_actor()
    own = [(f"saved:{each.id}", each.name) for each in queries.list_saved(actor)]
    ready = [(f"report:{kind.name}", kind.title) for kind in catalogue.list_reports()]
    agreements = []
    if find_data_set("sla_clocks") is not None:
        agreements = [
            tuple(row) for row in session.execute(select(Agreement.id, Agreement.name).order_by(Agreement.name))
        ]
    return render_template(
        "builder/subscription.html",
        form=form,
        subscription_id=subscription_id,
        choices=[*own, *ready],
        presets=[(name, title) for name, title, *_days in presets(date(2026, 1, 1), jalali=False)],
        organisations=[(each.id, each.name) for each in identity.list_organisations(actor)],
        agreements=agreements,
        rhythms=list(RHYTHMS.items()),
        weekdays=week_of(actor.language, enumerate(WEEKDAYS.values(), start=1)),
        formats=[(name, FORMATS[name]) for name in SUBSCRIBED],
        may_send=actor.has(policy.SEND),
        kinds=catalogue.list_reports(),
    )
