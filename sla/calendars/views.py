"""Pages of calendars: hours, holidays, recurring days, and the year as a picture."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel.dates import get_day_names, get_month_names
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itsm.identity import queries as identity
from itsm.kernel import clock
from itsm.kernel.errors import ItsmError
from itsm.kernel.month import week_of
from itsm.kernel.text import _, current_language
from itsm.web.access import current_actor, requires
from itsm.web.forms import Form, read_form
from itsm.web.presentation import reader
from sla.agreements import queries as agreement_queries
from sla.agreements.previews import Preview
from sla.calendars import forms as calendar_forms
from sla.calendars import queries as calendar_queries
from sla.calendars import services as calendar_services
from sla.calendars import working_hours
from sla.calendars.holidays_by_country import checked_place, holidays_of, list_countries, list_regions
from sla.calendars.schemas import CalendarForm
from sla.calendars.written import Compiled, names_of, written_of
from sla.calendars.year import Year, fitting_year, year_of
from sla.explanation import DAYS
from sla.models import BusinessHours

blueprint = Blueprint("calendars", __name__)

KIND_TITLES = {
    "full": _("open all day"),
    "open": _("usual hours"),
    "short": _("shorter than usual"),
    "extra": _("longer than usual or an extra working day"),
    "closed": _("usually closed"),
    "holiday": _("closed, holiday"),
}
SIDE_PARTS = {"country": {"country", "region", "year"}, "feed": {"feed_name", "address"}, "file": {"file"}}
SYSTEM_TITLES = {"gregorian": _("Gregorian"), "jalali": _("Jalali"), "hijri": _("Hijri")}
JALALI_TITLES = (
    _("Farvardin"), _("Ordibehesht"), _("Khordad"), _("Tir"), _("Mordad"), _("Shahrivar"),
    _("Mehr"), _("Aban"), _("Azar"), _("Dey"), _("Bahman"), _("Esfand"),
)  # fmt: skip
HIJRI_TITLES = (
    _("Muharram"), _("Safar"), _("Rabi I"), _("Rabi II"), _("Jumada I"), _("Jumada II"),
    _("Rajab"), _("Shaban"), _("Ramadan"), _("Shawwal"), _("Dhu al-Qadah"), _("Dhu al-Hijjah"),
)  # fmt: skip


@blueprint.app_template_global("proposed_holidays")
def proposed_holidays() -> dict[int, int]:
    """Number of proposals that wait, by calendar, for whoever may decide."""
    return calendar_queries.count_open() if current_actor().has("sla.edit") else {}


@cache
def _zones() -> list[str]:
    return sorted(name for name in available_timezones() if "/" in name or name == "UTC")


@blueprint.get("/sla/calendars/new")
@requires("sla.edit")
def new_calendar() -> str:
    """The form of a new calendar."""
    hours = dict.fromkeys(list(DAYS)[:5], "08:00-17:00")
    return calendar_page(Form({"timezone": reader().timezone, **hours}), None)


@blueprint.get("/sla/calendars/<int:calendar_id>")
@requires("sla.read")
def show_calendar(calendar_id: int) -> str:
    """A calendar with its year, its holidays and what is proposed to it."""
    calendar = agreement_queries.get_calendar(calendar_id)
    return calendar_page(stored_form(calendar), calendar)


def stored_form(calendar: BusinessHours) -> Form:
    """The form of a calendar as it is stored."""
    workers = working_hours.workers_of([calendar.id])[calendar.id]
    return Form(calendar_forms.calendar_values(calendar, workers))


@blueprint.post("/sla/calendars/new")
@requires("sla.edit")
def create_calendar() -> Any:
    """Save a new calendar, or show what it would be."""
    return _take_calendar(None)


@blueprint.post("/sla/calendars/<int:calendar_id>")
@requires("sla.edit")
def change_calendar(calendar_id: int) -> Any:
    """Save a calendar, or show what would change."""
    return _take_calendar(agreement_queries.get_calendar(calendar_id))


def _take_calendar(calendar: BusinessHours | None) -> Any:
    form = read_form(CalendarForm)
    preview = None
    if form.ok:
        try:
            if form.data["then"] == "save":
                return _save_calendar(form, calendar)
            preview = _show(form, calendar)
        except ItsmError as error:
            form.refuse(error)
    return calendar_page(form, calendar, preview=preview), 200 if form.ok else 422


def _show(form: Form, calendar: BusinessHours | None) -> Preview | None:
    """Do what a button of the form asks for that saves nothing."""
    then = form.data["then"]
    if then == "preview":
        return _calendar_preview(form, calendar)
    if then == "holidays":
        _propose_holidays(form)
    elif then == "preset":
        form.values |= calendar_forms.preset(form.data.get("preset", ""))
    else:
        form.values["shown_year"] = then.partition("-")[2]
    return None


def _propose_holidays(form: Form) -> None:
    place = checked_place(form.data.get("country", ""))
    found = holidays_of(place, form.data.get("year") or clock.now().year, current_language())
    form.values["holidays"] = calendar_forms.with_holidays(form.data["holidays"], found)


def _calendar_preview(form: Form, calendar: BusinessHours | None) -> Preview:
    definition, timezone = calendar_forms.read_definition(form.data), form.data["timezone"]
    if calendar is None:
        calendar_services.compiled(timezone, definition)
        return Preview([], 0, 0)
    return calendar_services.preview_calendar(current_actor(), calendar, timezone=timezone, definition=definition)


def _save_calendar(form: Form, calendar: BusinessHours | None) -> Response:
    people = working_hours.people_ids(calendar_forms.read_addresses(form.data["people"]))
    facts: dict[str, Any] = {
        "name": form.data["name"],
        "timezone": form.data["timezone"],
        "definition": calendar_forms.read_definition(form.data),
    }
    if calendar is None:
        facts["definition"]["sources"] = _accepted_from(form, facts["definition"])
        calendar = calendar_services.create_calendar(current_actor(), **facts)
    else:
        calendar_services.change_calendar(current_actor(), calendar, version=form.data.get("version"), **facts)
    working_hours.set_workers(current_actor(), calendar, group_ids=form.data["group_ids"], person_ids=people)
    return redirect(url_for(".show_calendar", calendar_id=calendar.id))


def _accepted_from(form: Form, definition: Mapping[str, Any]) -> dict[str, str]:
    """Which holidays of a new calendar are those that the country's list proposed, as they stood there."""
    if not form.data.get("country"):
        return {}
    place = checked_place(form.data["country"])
    found = holidays_of(place, form.data.get("year") or clock.now().year, current_language())
    kept = {day.isoformat(): name for day, name in found.items()}
    return {
        day: f"country:{place}"
        for day in definition["holidays"]
        if day in kept and definition["names"].get(day) == kept[day]
    }


@blueprint.post("/sla/calendars/picture")
@requires("sla.edit")
def draw() -> str:
    """The year of what is in the form, drawn while somebody types."""
    form = read_form(CalendarForm)
    then = str(form.data.get("then", ""))
    if then.startswith("year-"):
        form.values["shown_year"] = then.partition("-")[2]
    return render_template(
        "sla/_live.html", form=form, stripes=calendar_forms.week_stripes(form.values), **_picture(form)
    )


@blueprint.get("/sla/calendars/regions")
@requires("sla.read")
def regions() -> str:
    """The regions of a country as options."""
    return render_template("sla/_regions.html", regions=list_regions(request.args.get("country", "")[:3].upper()))


def calendar_page(
    form: Form,
    calendar: BusinessHours | None,
    *,
    preview: Preview | None = None,
    side: Form | None = None,
    confirm: str = "save",
) -> str:
    """The page of a calendar; `side` is the form of its sources and proposals, `confirm` what the preview's button does."""
    written = written_of(calendar) if calendar else None
    return render_template(
        "sla/calendar.html",
        form=form,
        calendar=calendar,
        preview=preview,
        confirm=confirm,
        zones=_zones(),
        day_titles=dict(week_of(current_language(), DAYS.items())),
        stripes=calendar_forms.week_stripes(form.values),
        presets=calendar_forms.PRESET_TITLES.items(),
        months=_month_options(),
        recurring_rows=calendar_forms.recurring_rows(form.values, today=clock.now().date()),
        groups=[(row.id, row.name) for row in identity.list_groups()],
        agreements=agreement_queries.agreements_using(calendar.id) if calendar else [],
        countries=list_countries(current_language()),
        origins=_origins(written) if written else [],
        **_picture(form),
        **(_proposals(calendar, side or Form()) if calendar else {"side": Form()}),
    )


def _month_options() -> list[tuple[str, list[tuple[str, Any]]]]:
    """Months of the three calendars: (calendar, options)."""
    gregorian = get_month_names("wide", "stand-alone", current_language())
    titles = {
        "gregorian": [gregorian[month] for month in range(1, 13)],
        "jalali": list(JALALI_TITLES),
        "hijri": list(HIJRI_TITLES),
    }
    return [
        (str(SYSTEM_TITLES[system]), [(f"{system}-{month}", title) for month, title in enumerate(names, 1)])
        for system, names in titles.items()
    ]


def _picture(form: Form) -> dict[str, Any]:
    """The year of what is in a form, or what keeps it from being drawn; and the years before and after it."""
    today = clock.now().date()
    shown = _wanted_year(form) or request.args.get("year", type=int)
    number = fitting_year(reader(), shown, today)
    year, fault = None, ""
    try:
        definition = calendar_forms.read_definition(form.values)
        found = calendar_services.compiled(str(form.value("timezone", "UTC")), definition)
        year = _year(found, definition, number)
    except (ItsmError, ValueError) as error:
        fault = str(getattr(error, "message", "")) or str(error)
    return {
        "year": year,
        "year_fault": fault,
        "year_number": number,
        "kind_titles": KIND_TITLES,
        "today": today,
        "may_edit": current_actor().has("sla.edit"),
    }


def _wanted_year(form: Form) -> int | None:
    text = str(form.value("shown_year", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else None


def _year(found: Compiled, definition: Mapping[str, Any], number: int) -> Year:
    names = names_of({**definition, "names": (found.details or {}).get("names", {})}, year=clock.now().year)
    return year_of(found.calendar, reader(), number, names)


def _origins(written: Mapping[str, Any]) -> list[tuple[int, list[tuple[date, str, str]]]]:
    """Holidays and special days by year, newest year last: (year, [(day, name, where it came from)])."""
    by_year: dict[int, list[tuple[date, str, str]]] = {}
    for text in sorted({*written["holidays"], *written["date_hours"]}):
        day = date.fromisoformat(text)
        entry = (day, written["names"].get(text, ""), calendar_queries.origin_title(written["sources"].get(text, "")))
        by_year.setdefault(day.year, []).append(entry)
    return sorted(by_year.items())


def _proposals(calendar: BusinessHours, side: Form) -> dict[str, Any]:
    language = current_language()
    sources = calendar_queries.list_sources(calendar.id)
    titles = {row.id: calendar_queries.source_title(row, language) for row in sources}
    by_id = {row.id: row for row in sources}
    return {
        "side": side,
        "sources": [(row, titles[row.id], calendar_queries.fault_of(row)) for row in sources],
        "proposals": [
            (row, calendar_queries.proposal_name(row, by_id[row.source_id], language), titles[row.source_id])
            for row in calendar_queries.list_proposals(calendar.id)
        ],
        "regions": list_regions(str(side.value("country", "")).upper()),
        "wrong_part": next((part for part, names in SIDE_PARTS.items() if side.errors.keys() & names), ""),
        "weekday": _weekday,
    }


def _weekday(day: date) -> str:
    return str(get_day_names("abbreviated", context="stand-alone", locale=current_language())[day.weekday()])
