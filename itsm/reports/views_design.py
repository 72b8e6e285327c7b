"""The page on which an administrator says how documents look."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from itsm.kernel.errors import Invalid, ItsmError, NotFound
from itsm.kernel.text import _
from itsm.reports import design
from itsm.reports.schemas import DesignForm
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form

blueprint = Blueprint("report_design", __name__, template_folder="templates")


@blueprint.get("/admin/report-design")
@requires(design.PERMISSION)
def show() -> str:
    """How documents look now."""
    return _page(Form(asdict(design.in_force())))


def _page(form: Form) -> str:
    return render_template(
        "reports/design.html", form=form, design=design.in_force(), papers=[(name, name) for name in design.PAPERS]
    )


@blueprint.post("/admin/report-design")
@requires(design.PERMISSION)
def save() -> Any:
    """Change how documents look; nothing is kept if anything is wrong."""
    form, actor = read_form(DesignForm), current_actor()
    upload = request.files.get("logo")
    content = upload.read(design.LOGO_BYTES + 1) if upload is not None and upload.filename else None
    try:
        form.require_ok()
        remove = form.data.pop("remove_logo")
        if content is not None:
            design.as_png(content)
        design.change_design(actor, **form.data)
        if content is not None or remove:
            design.change_logo(actor, content)
    except ItsmError as error:
        if not (isinstance(error, Invalid) and form.errors):
            form.refuse(error)
        return _page(form), 422
    flash(str(_("Saved. Documents that are made from now on look like this.")), "success")
    return redirect(url_for("report_design.show"))


@blueprint.get("/admin/report-design/logo")
@requires(design.PERMISSION)
def logo() -> Response:
    """The logo as PNG."""
    content = design.logo_bytes(design.in_force())
    if content is None:
        raise NotFound(_("There is no logo yet."))
    answer = Response(content, content_type="image/png")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
