"""What reports are asked with, the same for pages and API."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from marshmallow import Schema, fields, validate

from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.runtime import settings
from itsm.kernel.text import LANGUAGES, _
from itsm.reports.design import LONGEST_NAME, LONGEST_TEXT, PAPERS
from itsm.reports.periods import checked_period, presets
from itsm.reports.request import Question, ask
from itsm.reports.tally import APART, COUNTED
from itsm.web.api import StrictSchema

FORMATS = ("pdf", "xlsx", "csv", "json")


class ReportArguments(StrictSchema):
    """Period, half open: `from` is its first day, `to` the day before which it ends. Without them: last month."""

    from_day = fields.Date(data_key="from")
    to_day = fields.Date(data_key="to")
    preset = fields.String(validate=validate.Length(max=30))
    organisation = fields.Integer(metadata={"description": "id of an organisation; those below it are included"})
    agreement = fields.Integer(metadata={"description": "id of a service level agreement"})
    timezone = fields.String(
        validate=validate.Length(max=60), metadata={"description": "IANA zone; the site's by default"}
    )
    language = fields.String(validate=validate.OneOf(list(LANGUAGES)))
    paper = fields.String(validate=validate.OneOf(list(PAPERS)), metadata={"description": "size of a PDF's pages"})


class ReportQuestion(ReportArguments):
    """Arguments of the API."""

    format = fields.String(validate=validate.OneOf(["json", "csv"]), load_default="json")
    table = fields.String(validate=validate.Length(max=60), metadata={"description": "table to answer as CSV"})


class ExportForm(ReportArguments):
    """The buttons of the page."""

    format = fields.String(required=True, validate=validate.OneOf(FORMATS))


class DesignForm(StrictSchema):
    """How documents look."""

    name = fields.String(validate=validate.Length(max=LONGEST_NAME), load_default="")
    colour = fields.String(required=True, validate=validate.Length(max=20))
    cover_text = fields.String(validate=validate.Length(max=LONGEST_TEXT), load_default="")
    paper = fields.String(required=True, validate=validate.Length(max=20))
    remove_logo = fields.Boolean(load_default=False)


class ClockFilter(ReportArguments):
    """Which clocks a figure was counted from."""

    metric = fields.String(validate=validate.Length(max=30))
    priority = fields.Integer(validate=validate.Range(1, 5))
    group = fields.Integer()
    owner = fields.Integer()
    month = fields.Integer(validate=validate.Range(0, 200))
    outcome = fields.String(validate=validate.OneOf([*COUNTED, *APART, "counted", "missed"]))
    list = fields.String(validate=validate.OneOf(["apart"]))


class RecordFilter(ReportArguments):
    """Which records a figure was counted from: its name, and with `by` and `key` one row of a table."""

    figure = fields.String(validate=validate.Length(max=60))
    by = fields.String(validate=validate.Length(max=60))
    key = fields.String(validate=validate.Length(max=300))


class ReportItem(Schema):
    """One report on offer."""

    name = fields.String()
    title = fields.String()
    description = fields.String()
    formats = fields.List(fields.String())


class ReportList(Schema):
    """All reports on offer."""

    items = fields.List(fields.Nested(ReportItem))
    next = fields.String(allow_none=True)


class ReportOutput(Schema):
    """A report as JSON."""

    name = fields.String()
    title = fields.String()
    period = fields.Dict()
    cut_off_at = fields.String()
    parameters = fields.List(fields.Dict())
    figures = fields.Dict()
    summary = fields.List(fields.String())
    tables = fields.Dict()
    lists = fields.Dict()
    definitions = fields.List(fields.Dict())
    exclusions = fields.List(fields.String())
    template_version = fields.String()
    digest = fields.String()


def question_of(actor: Actor, data: dict[str, Any], *, language: str) -> Question:
    """The question that these arguments ask; raises `Invalid` that names what is wrong."""
    chosen = data.get("language") or language
    zone = checked_zone(data.get("timezone"))
    today = clock.now().astimezone(ZoneInfo(zone)).date()
    first, end = _days(data, today, jalali=chosen == "fa")
    period = checked_period(first, end, timezone=zone, jalali=chosen == "fa")
    question = ask(
        period,
        language=chosen,
        organisation_id=data.get("organisation"),
        agreement_id=data.get("agreement"),
        paper=data.get("paper", ""),
    )
    question.selection(actor)
    return question


def checked_zone(name: str | None) -> str:
    """The report's zone: the one named, else the site's."""
    if name is None:
        return settings().timezone
    if name not in available_timezones():
        raise Invalid.field("timezone", _("There is no time zone of this name; write it like Europe/Stockholm."))
    return name


def _days(data: dict[str, Any], today: date, *, jalali: bool) -> tuple[date, date]:
    ready = {name: (first, end) for name, _title, first, end in presets(today, jalali=jalali)}
    if data.get("preset"):
        if data["preset"] not in ready:
            raise Invalid.field("preset", _("There is no such period."))
        return ready[data["preset"]]
    first, end = ready["last_month"]
    if ("from_day" in data) != ("to_day" in data):
        raise Invalid.field("to" if "from_day" in data else "from", _("Give both days, or none."))
    return data.get("from_day", first), data.get("to_day", end)
