"""Pages of agreements with customers, groups and suppliers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.identity import queries as identity
from itsm.kernel.errors import ItsmError
from itsm.kernel.text import _
from itsm.tickets import pages
from itsm.tickets.priority import TITLES as PRIORITY_TITLES
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.presentation import reader
from sla.agreements import forms, previews, versions
from sla.agreements import queries as agreement_queries
from sla.agreements import services as agreement_services
from sla.agreements.previews import Preview
from sla.agreements.schemas import agreement_form
from sla.escalations import forms as step_forms
from sla.escalations.actions import HIGHER, TITLES
from sla.models import ACTIONS, KINDS, METRICS_OF, Agreement
from sla.naming import KIND_TITLES

blueprint = Blueprint("agreements", __name__)

TARGET_CHANGE_TITLES = {
    "retroactive": _("from the original start"),
    "from_change": _("from the change, with the share that remains"),
    "anew": _("from the change, anew"),
}


@blueprint.get("/sla/agreements/new")
@requires("sla.edit")
def new() -> str:
    """The form of a new agreement of a kind."""
    kind = _kind(request.args)
    condition = "kind = incident" if kind == "sla" else ""
    return _page(Form({"kind": kind, "active": True, "order": 100, "condition": condition} | _built()), None)


def _kind(source: Mapping[str, str]) -> str:
    return source.get("kind", "sla") if source.get("kind") in KINDS else "sla"


def _built() -> dict[str, str]:
    """The condition on the way back from the builder, where somebody comes from there."""
    return {"condition": request.args["q"]} if "q" in request.args else {}


@blueprint.get("/sla/agreements/<int:agreement_id>")
@requires("sla.read")
def show(agreement_id: int) -> str:
    """An agreement with its versions."""
    shown = agreement_queries.show_agreement(agreement_id)
    values = forms.agreement_values(shown, ZoneInfo(reader().timezone)) | _built()
    return _page(Form(values), shown.row)


@blueprint.post("/sla/agreements/new")
@requires("sla.edit")
def create() -> Any:
    """Save a new agreement."""
    return _take(None)


@blueprint.post("/sla/agreements/<int:agreement_id>")
@requires("sla.edit")
def change(agreement_id: int) -> Any:
    """Save an agreement, or show which open clocks would move."""
    return _take(agreement_queries.get_agreement(agreement_id))


@dataclass(frozen=True)
class _Typed:
    """An agreement as the form has it."""

    facts: dict[str, Any]
    targets: dict[tuple[str, int], int]
    steps: list[agreement_services.StepInput]


def _typed(data: Mapping[str, Any], metrics: Sequence[str], steps: list[agreement_services.StepInput]) -> _Typed:
    facts = {name: data[name] for name in agreement_services.AGREEMENT_FACTS if name in data}
    for name in ("valid_from", "valid_to"):
        facts[name] = pages.parse_local(name, data[name]) if data.get(name) else None
    return _Typed(facts, forms.read_targets(data, metrics), steps)


def _metrics(kind: str) -> tuple[str, ...]:
    """The metrics that an agreement of a kind may promise, those of the site's own last."""
    return (*METRICS_OF[kind], *agreement_queries.own_metrics())


def _take(agreement: Agreement | None) -> Any:
    metrics = _metrics(agreement.kind if agreement else _kind(request.form))
    form = read_form(agreement_form(metrics), apart=(step_forms.PREFIX,))
    steps = step_forms.read_steps(
        request.form, agreement_queries.show_agreement(agreement.id).steps if agreement else ()
    )
    form.values |= steps.values
    form.errors |= steps.errors
    preview = None
    if form.ok:
        try:
            typed = _typed(form.data, metrics, steps.steps)
            if form.data["then"] == "save" or agreement is None:
                return _save(typed, agreement, form.data.get("version"))
            preview = previews.preview_agreement(
                current_actor(), agreement, facts=typed.facts, targets=typed.targets, steps=typed.steps
            )
        except ItsmError as error:
            form.refuse(error)
    return _page(form, agreement, preview), 200 if form.ok else 422


def _save(typed: _Typed, agreement: Agreement | None, version: int | None) -> Response:
    parts: dict[str, Any] = {"facts": typed.facts, "targets": typed.targets, "steps": typed.steps}
    if agreement is None:
        agreement = agreement_services.create_agreement(current_actor(), **parts)
    else:
        agreement_services.change_agreement(current_actor(), agreement, version=version, **parts)
    return redirect(url_for("agreements.show", agreement_id=agreement.id))


def _page(form: Form, agreement: Agreement | None, preview: Preview | None = None) -> str:
    kind = agreement.kind if agreement else _kind(form.values)
    metrics = _metrics(kind)
    organisations = [(row.id, row.name) for row in identity.list_organisations(current_actor())]
    return render_template(
        "sla/agreement.html",
        form=form,
        agreement=agreement,
        kind=kind,
        kind_title=KIND_TITLES[kind],
        preview=preview,
        metrics=metrics,
        actions=[(name, TITLES[name]) for name in ACTIONS],
        more_titles=TITLES,
        step_units=step_forms.UNITS.items(),
        priority_choices=[(HIGHER, _("one higher than it is")), *PRIORITY_TITLES.items()],
        target_changes=TARGET_CHANGE_TITLES.items(),
        calendars=[(row.id, row.name) for row in agreement_queries.list_calendars()],
        organisations=organisations,
        groups=[(row.id, row.name) for row in identity.list_groups()],
        services=agreement_queries.list_services(),
        step_sets=step_forms.sets_of(form.values),
        versions=versions.list_versions(agreement.id) if agreement else [],
        may_edit=current_actor().has("sla.edit"),
    )
