"""Administration pages of discovery, and the panel “Network” on the page of a configuration item."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cmdb.discovery import queries, services
from cmdb.discovery.client.credentials import AUTH_PROTOCOLS, PRIV_PROTOCOLS
from cmdb.discovery.policy import MANAGE
from cmdb.discovery.schemas import CredentialInput, RangeInput, ScanForm
from cmdb.models import Ci
from itsm.identity import queries as identity
from itsm.kernel.actor import Actor
from itsm.kernel.errors import ItsmError
from itsm.kernel.text import _
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form

blueprint = Blueprint("discovery", __name__, template_folder="templates", url_prefix="/admin/discovery")

STATES = {
    "queued": (_("waits"), "open"),
    "running": (_("running"), "active"),
    "done": (_("done"), "resolved"),
    "failed": (_("failed"), "waiting"),
    "cancelled": (_("cancelled"), "closed"),
}
OUTCOMES = {
    "created": _("created"),
    "updated": _("updated"),
    "unchanged": _("unchanged"),
    "found": _("found, not saved"),
    "silent": _("no answer"),
    "error": _("error"),
}
KINDS = {
    "switch": _("Switch"), "router": _("Router"), "firewall": _("Firewall"), "printer": _("Printer"), "ups": _("UPS"),
    "server": _("Server"), "access_point": _("Access point"), "storage": _("Storage"), "other": _("Device"),
}  # fmt: skip
HINTS = {
    "no answer": _("Nothing there, SNMP switched off, or a community or privacy key that is not accepted."),
    "SNMPv3 authentication was refused: unknown user, wrong key or wrong protocol": _(
        "SNMP v3 was refused: unknown user, wrong key or wrong protocol. Check the credential."
    ),
}
PROTOCOLS = {"lldp": "LLDP", "cdp": "CDP", "bridge": _("bridge table")}
CREDENTIAL_PLACES = ("credential_1", "credential_2", "credential_3")


@blueprint.context_processor
def words() -> dict[str, Any]:
    """Words for states, outcomes and kinds."""
    return {"run_states": STATES, "outcomes": OUTCOMES, "kinds": KINDS, "hints": HINTS}


@blueprint.app_template_filter("speed")
def speed(bits_per_second: int) -> str:
    """A port's speed: `1 Gbit/s`, `100 Mbit/s`."""
    for size, unit in ((10**9, "Gbit/s"), (10**6, "Mbit/s"), (10**3, "kbit/s")):
        if bits_per_second >= size:
            return f"{bits_per_second / size:g} {unit}"
    return f"{bits_per_second} bit/s"


@blueprint.get("")
@requires(MANAGE)
def overview() -> str:
    """Ranges, credentials and the newest runs."""
    actor = current_actor()
    return render_template(
        "discovery/overview.html",
        ranges=queries.list_ranges(actor),
        devices=queries.count_devices_of_ranges(),
        credentials=queries.list_credentials(actor),
        runs=queries.list_runs(actor, limit=10),
        sites={site.id: site.name for site in identity.list_sites()},
    )


@blueprint.get("/ranges/new")
@requires(MANAGE)
def new_range() -> str:
    """The form for a new range."""
    form = Form({"active": True, "every_hours": 24, "packets_per_second": 1000, "port": 161})
    return _range_page(form, None)


def _range_page(form: Form, row: Any) -> str:
    actor = current_actor()
    return render_template(
        "discovery/range.html",
        form=form,
        row=row,
        sites=[(site.id, site.name) for site in identity.list_sites()],
        credentials=[(one.id, one.name) for one in queries.list_credentials(actor)],
    )


@blueprint.post("/ranges/new")
@requires(MANAGE)
def create_range() -> Any:
    """Allow a range."""
    form = read_form(RangeInput)
    if form.ok:
        try:
            services.create_range(current_actor(), **_range_facts(form))
            flash(str(_("The range is saved. It can be scanned now.")), "success")
            return redirect(url_for("discovery.overview"))
        except ItsmError as error:
            form.refuse(error)
    return _range_page(form, None), 422


def _range_facts(form: Form) -> dict[str, Any]:
    facts = {name: value for name, value in form.data.items() if name not in (*CREDENTIAL_PLACES, "version")}
    chosen = [form.data.get(place) for place in CREDENTIAL_PLACES]
    return facts | {"credential_ids": [one for one in chosen if one is not None]}


@blueprint.get("/ranges/<int:range_id>")
@requires(MANAGE)
def edit_range(range_id: int) -> str:
    """The form of a range."""
    row = queries.get_range(current_actor(), range_id)
    names = ("name", "network", "exclusions", "port", "packets_per_second", "every_hours", "allow_public", "active")
    values = {name: getattr(row, name) for name in names} | {"site_id": row.site_id or "", "version": row.version}
    values |= dict(zip(CREDENTIAL_PLACES, row.credential_ids, strict=False))
    return _range_page(Form(values), row)


@blueprint.post("/ranges/<int:range_id>")
@requires(MANAGE)
def save_range(range_id: int) -> Any:
    """Change a range."""
    actor = current_actor()
    form = read_form(RangeInput)
    if form.ok:
        try:
            services.edit_range(actor, range_id, version=form.data.get("version"), **_range_facts(form))
            flash(str(_("The range is saved.")), "success")
            return redirect(url_for("discovery.overview"))
        except ItsmError as error:
            form.refuse(error)
    return _range_page(form, queries.get_range(actor, range_id)), 422


@blueprint.post("/ranges/<int:range_id>/delete")
@requires(MANAGE)
def delete_range(range_id: int) -> Response:
    """Forbid a range again."""
    services.delete_range(current_actor(), range_id)
    flash(str(_("The range is deleted. What was found there stays in the CMDB.")), "success")
    return redirect(url_for("discovery.overview"))


@blueprint.post("/ranges/<int:range_id>/scan")
@requires(MANAGE)
def scan(range_id: int) -> Any:
    """Ask for a run over a range, for real or only to look."""
    form = read_form(ScanForm)
    run = services.request_run(current_actor(), range_id, dry_run=bool(form.data.get("dry_run")))
    return redirect(url_for("discovery.show_run", run_id=run.id))


@blueprint.get("/runs")
@requires(MANAGE)
def list_runs() -> str:
    """All runs."""
    runs = queries.list_runs(current_actor(), cursor=request.args.get("cursor"))
    return render_template("discovery/runs.html", runs=runs)


@blueprint.get("/runs/<int:run_id>")
@requires(MANAGE)
def show_run(run_id: int) -> str:
    """A run: progress while it works, then its log."""
    actor = current_actor()
    shown = queries.get_run(actor, run_id)
    results = queries.list_results(actor, run_id, cursor=request.args.get("cursor"))
    return render_template("discovery/run.html", shown=shown, run=shown.run, results=results)


@blueprint.get("/runs/<int:run_id>/progress")
@requires(MANAGE)
def show_progress(run_id: int) -> Any:
    """The part of the run's page that renews itself; when the run has ended the whole page is loaded again."""
    shown = queries.get_run(current_actor(), run_id)
    html = render_template("discovery/_progress.html", shown=shown, run=shown.run)
    headers = {} if shown.run.state in services.OPEN_STATES else {"HX-Refresh": "true"}
    return html, 200, headers


@blueprint.post("/runs/<int:run_id>/cancel")
@requires(MANAGE)
def cancel_run(run_id: int) -> Response:
    """Cancel a run."""
    services.cancel_run(current_actor(), run_id)
    flash(str(_("The scan is being cancelled.")), "success")
    return redirect(url_for("discovery.show_run", run_id=run_id))


@blueprint.get("/credentials/new")
@requires(MANAGE)
def new_credential() -> str:
    """The form for a new credential."""
    return _credential_page(Form({"snmp_version": "v2c"}), None)


def _credential_page(form: Form, row: Any) -> str:
    for name in ("community", "auth_key", "priv_key"):
        form.values.pop(name, None)  # secrets are never sent back, not even those just typed
    return render_template(
        "discovery/credential.html",
        form=form,
        row=row,
        auth_protocols=[(one, one) for one in AUTH_PROTOCOLS],
        priv_protocols=[(one, one) for one in PRIV_PROTOCOLS],
    )


@blueprint.post("/credentials/new")
@requires(MANAGE)
def create_credential() -> Any:
    """Keep a credential."""
    form = read_form(CredentialInput)
    if form.ok:
        try:
            services.create_credential(current_actor(), **_without_version(form.data))
            flash(str(_("The credential is saved. Its secret is never shown again.")), "success")
            return redirect(url_for("discovery.overview"))
        except ItsmError as error:
            form.refuse(error)
    return _credential_page(form, None), 422


def _without_version(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "version"}


@blueprint.get("/credentials/<int:credential_id>")
@requires(MANAGE)
def edit_credential(credential_id: int) -> str:
    """The form of a credential, without its secret."""
    row = queries.get_credential(current_actor(), credential_id)
    names = ("name", "snmp_version", "user", "auth_protocol", "priv_protocol", "context", "version")
    return _credential_page(Form({name: getattr(row, name) for name in names}), row)


@blueprint.post("/credentials/<int:credential_id>")
@requires(MANAGE)
def save_credential(credential_id: int) -> Any:
    """Change a credential; empty secrets stay as they are."""
    actor = current_actor()
    form = read_form(CredentialInput)
    if form.ok:
        try:
            services.edit_credential(
                actor, credential_id, version=form.data.get("version"), **_without_version(form.data)
            )
            flash(str(_("The credential is saved.")), "success")
            return redirect(url_for("discovery.overview"))
        except ItsmError as error:
            form.refuse(error)
    return _credential_page(form, queries.get_credential(actor, credential_id)), 422


@blueprint.post("/credentials/<int:credential_id>/delete")
@requires(MANAGE)
def delete_credential(credential_id: int) -> Response:
    """Forget a credential."""
    services.delete_credential(current_actor(), credential_id)
    flash(str(_("The credential is deleted.")), "success")
    return redirect(url_for("discovery.overview"))


def network_panel(actor: Actor, ci: Ci) -> str:
    """Ports and neighbours of a device that discovery has read."""
    network = queries.network_of(actor, ci)
    if network is None:
        return ""
    return render_template("discovery/_network.html", network=network, protocols=PROTOCOLS)
