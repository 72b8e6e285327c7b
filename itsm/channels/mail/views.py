"""The administrator's pages of mailboxes and incoming mail."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from itsm.channels.mail import imap, mailboxes, queries, services
from itsm.channels.mail.models import Mailbox
from itsm.channels.mail.reasons import REASONS, Outcome
from itsm.channels.mail.schemas import MailboxForm
from itsm.identity import queries as identity
from itsm.kernel import files
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid, ItsmError
from itsm.kernel.text import _
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form

blueprint = Blueprint("mail", __name__, template_folder="templates")

STATE_TITLES = {
    "quarantined": _("Waits for a decision"),
    "done": _("On a ticket"),
    "ignored": _("Ignored on purpose"),
}
BADGES = {"quarantined": "waiting", "done": "resolved", "ignored": "closed", "stored": "open"}
SECURITY_TITLES = (("ssl", "SSL/TLS"), ("starttls", "STARTTLS"), ("none", _("None (only on this machine)")))


@blueprint.get("/admin/mail")
@requires("mail.edit")
def overview() -> str:
    """Mailboxes with their counts, and incoming mail with what became of it."""
    actor = current_actor()
    state = request.args.get("state", "")
    state = state if state in STATE_TITLES else ""
    counts = queries.count_by_mailbox(actor)
    return render_template(
        "mail/overview.html",
        mailboxes=queries.list_mailboxes(actor),
        counts=counts,
        totals={name: sum(each.get(name, 0) for each in counts.values()) for name in STATE_TITLES},
        page=queries.list_incoming(actor, state=state, cursor=request.args.get("cursor")),
        state=state,
        titles=STATE_TITLES,
        badges=BADGES,
        reasons=REASONS,
    )


@blueprint.get("/admin/mail/mailboxes/new")
@requires("mail.edit")
def new_mailbox() -> str:
    """The form of a new mailbox."""
    values = {"port": 993, "security": "ssl", "folder": "INBOX", "accepts_unknown": True, "active": True}
    return _form_page(Form(values), None)


@blueprint.get("/admin/mail/mailboxes/<int:mailbox_id>")
@requires("mail.edit")
def edit_mailbox(mailbox_id: int) -> str:
    """The form of a mailbox."""
    mailbox = queries.get_mailbox(current_actor(), mailbox_id)
    names = (name for name in MailboxForm().fields if name != "password")
    return _form_page(Form({name: getattr(mailbox, name) for name in names}), mailbox)


def _form_page(form: Form, mailbox: Mailbox | None) -> str:
    return render_template(
        "mail/mailbox.html",
        form=form,
        mailbox=mailbox,
        groups=[(group.id, group.name) for group in identity.list_groups()],
        securities=SECURITY_TITLES,
    )


@blueprint.post("/admin/mail/mailboxes")
@requires("mail.edit")
def create_mailbox() -> Any:
    """Save a new mailbox."""
    form = read_form(MailboxForm)
    if form.ok:
        data = {name: value for name, value in form.data.items() if name != "version"}
        try:
            mailboxes.create_mailbox(current_actor(), **data)
        except ItsmError as error:
            form.refuse(error)
        else:
            return redirect(url_for("mail.overview"))
    return _form_page(form, None), 422


@blueprint.post("/admin/mail/mailboxes/<int:mailbox_id>")
@requires("mail.edit")
def save_mailbox(mailbox_id: int) -> Any:
    """Save changes of a mailbox."""
    actor = current_actor()
    form = read_form(MailboxForm)
    if form.ok:
        changes = dict(form.data)
        try:
            mailboxes.edit_mailbox(actor, mailbox_id, version=changes.pop("version", None), changes=changes)
        except ItsmError as error:
            form.refuse(error)
        else:
            return redirect(url_for("mail.overview"))
    return _form_page(form, queries.get_mailbox(actor, mailbox_id)), 422


@blueprint.post("/admin/mail/mailboxes/<int:mailbox_id>/test")
@requires("mail.edit")
def test_connection(mailbox_id: int) -> BaseResponse:
    """Sign in to the mailbox and count what waits there; nothing is marked."""
    try:
        connection = imap.connection_of(queries.get_mailbox(current_actor(), mailbox_id))
        session.rollback()  # the network may be slow, and nobody should wait for this transaction meanwhile
        with imap.open_folder(connection) as folder:
            waiting = len(folder.list_new())
    except (*imap.FAULTS, Invalid) as error:
        flash(str(_("The connection failed: %(error)s", error=str(error)[:300])), "error")
    else:
        flash(str(_("The connection works; unread messages: %(waiting)s.", waiting=waiting)), "success")
    return redirect(url_for("mail.edit_mailbox", mailbox_id=mailbox_id))


@blueprint.post("/admin/mail/incoming/<int:mail_id>/retry")
@requires("mail.edit")
def retry(mail_id: int) -> BaseResponse:
    """Handle a quarantined mail again by the rules."""
    actor = current_actor()
    return _told(services.retry(actor, queries.get_incoming(actor, mail_id)))


@blueprint.post("/admin/mail/incoming/<int:mail_id>/release")
@requires("mail.edit")
def release(mail_id: int) -> BaseResponse:
    """Open a ticket from a mail that was kept back."""
    actor = current_actor()
    return _told(services.release(actor, queries.get_incoming(actor, mail_id)))


def _told(outcome: Outcome) -> BaseResponse:
    if outcome.ticket:
        flash(str(_("The mail is on %(number)s now.", number=outcome.ticket)), "success")
    else:
        flash(str(REASONS[outcome.reason.partition(":")[0]]), "info")
    return redirect(url_for("mail.overview"))


@blueprint.get("/admin/mail/incoming/<int:mail_id>/raw")
@requires("mail.edit")
def raw(mail_id: int) -> Response:
    """The message as it was delivered, as a download that no browser runs."""
    entry = queries.get_incoming(current_actor(), mail_id)
    response = send_file(
        files.open_file(entry.sha256),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=f"mail-{entry.id}.eml",
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response
