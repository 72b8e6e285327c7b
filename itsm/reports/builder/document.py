"""An answer as a table, a chart and a whole report, so that screen, PDF, sheets, mail and API tell the same."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from itsm.kernel.text import _, language, plural
from itsm.reports.builder import pictures
from itsm.reports.builder.answering import Answer, Line
from itsm.reports.builder.question import CHARTS, as_json
from itsm.reports.builder.statement import Measured
from itsm.reports.document import TEMPLATE_VERSION, Chart, Column, Figure, Report, Table
from itsm.reports.metrics import Share
from itsm.reports.pages import ShownCell
from itsm.reports.periods import Period
from itsm.reports.present import NUMERIC, cell
from itsm.reports.request import Question

TABLE = "answer"
BEGINNING = date(2000, 1, 1)  # stands for the first day of all time, and is shown nowhere


def columns_of(answer: Answer) -> tuple[Column, ...]:
    """The groups, then each figure, with what it was before and the difference where that is asked."""
    found = [Column(f"group_{place + 1}", title) for place, title in enumerate(answer.titles)]
    for place, one in enumerate(answer.measures):
        name = f"figure_{place + 1}"
        found.append(Column(name, one.title, one.kind))
        if answer.other is not None:
            found.append(Column(f"{name}_before", str(_("%(figure)s, before", figure=one.title)), one.kind))
            kind = "number" if one.kind == "share" else one.kind
            title = _("Difference in points") if one.kind == "share" else _("Difference")
            found.append(Column(f"{name}_difference", str(title), kind))
    return tuple(found)


def difference(now: Any, before: Any) -> Any:
    """By how much a figure changed, shares in points of per cent; None where one of both is missing."""
    if isinstance(now, Share) and isinstance(before, Share):
        here, there = now.percent(), before.percent()
        return None if here is None or there is None else here - there
    return None if now is None or before is None else Fraction(now) - Fraction(before)


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value


def _cells(answer: Answer, line: Line) -> tuple[Any, ...]:
    found: list[Any] = []
    for place in range(len(answer.measures)):
        found.append(line.figures[place])
        if answer.other is not None:
            found += [line.before[place], _plain(difference(line.figures[place], line.before[place]))]
    return tuple(found)


def table_of(answer: Answer) -> Table:
    """The figures as a table; without groups it is one row."""
    lines = [*answer.lines, *([answer.others] if answer.others else [])]
    rows = [(*(group.label for group in line.groups), *_cells(answer, line)) for line in lines]
    if not answer.titles:
        rows = [_cells(answer, answer.total)]
    total = (str(_("All")), *("",) * (len(answer.titles) - 1), *_cells(answer, answer.total)) if answer.titles else None
    return Table(TABLE, answer_title(answer), columns_of(answer), tuple(rows), total, " ".join(answer.notes))


def shown_rows(answer: Answer) -> tuple[list[list[ShownCell]], list[ShownCell]]:
    """Rows and total as text, every figure leading to the records behind it."""
    columns = columns_of(answer)
    lines = [*answer.lines, *([answer.others] if answer.others else [])] if answer.titles else [answer.total]
    rows = [_shown_line(answer, line, columns) for line in lines]
    total = _shown_line(answer, answer.total, columns, heading=str(_("All"))) if answer.titles else []
    return rows, total


def _shown_line(answer: Answer, line: Line, columns: tuple[Column, ...], *, heading: str = "") -> list[ShownCell]:
    labels = [group.label for group in line.groups] or ([heading] + [""] * (len(answer.titles) - 1) if heading else [])
    found = [ShownCell(label) for label in labels]
    addresses = [found for place in range(len(answer.measures)) for found in addresses_of(answer, line, place)]
    for value, column, address in zip(_cells(answer, line), columns[len(answer.titles) :], addresses, strict=True):
        shown = cell(value, column.kind, answer.reader)
        if column.name.endswith("_difference") and value is not None and value > 0:
            shown = f"+{shown}"
        found.append(ShownCell(shown, address if value not in (None, 0) else "", column.kind in NUMERIC))
    return found


def addresses_of(answer: Answer, line: Line, place: int) -> list[str]:
    """The lists of what a figure counts, of what it counted before, and none of their difference.

    The whole without any condition is the list without a filter; what is summed up as others has none.
    """
    now = answer.address_of(line.asks[place])
    if line is answer.total and not line.asks[place]:
        now = answer.cube.listing("")
    return [now, *([answer.address_of(line.asks_before[place]), ""] if answer.other is not None else [])]


@dataclass(frozen=True)
class Value:
    """One of the whole figures as a large number: `figure` as it is and as text, and that of the time compared with."""

    title: str
    figure: Any
    text: str
    address: str = ""
    before: str = ""
    before_address: str = ""


def values_of(answer: Answer) -> list[Value]:
    """The whole figures as large numbers, with what they were before."""
    found = []
    for place, one in enumerate(answer.measures):
        now, addresses = answer.total.figures[place], addresses_of(answer, answer.total, place)
        value = Value(one.title, now, cell(now, one.kind, answer.reader), addresses[0])
        if answer.other is not None:
            before = cell(answer.total.before[place], one.kind, answer.reader)
            value = replace(value, before=before, before_address=addresses[1])
        found.append(value)
    return found


def answer_title(answer: Answer) -> str:
    """What an answer is called when nobody named it: the first figure, the data set and the groups."""
    first = answer.measures[0].title
    if not answer.titles:
        return f"{answer.cube.title}: {first}"
    return f"{answer.cube.title}: {first} – {', '.join(answer.titles)}"


def chart_of(answer: Answer, *, links: bool = True) -> Chart | None:
    """The picture of an answer, if it has one."""
    spec = pictures.specification_of(answer, links=links)
    if spec is None:
        return None
    title = answer_title(answer)
    told = f"{CHARTS[pictures.chosen(answer)]}: {title}. {in_words(answer)}"
    return Chart(TABLE, title, spec, told, TABLE)


def period_of(answer: Answer) -> Period:
    """The days of the answer; all time goes up to today."""
    zone, jalali = answer.reader.timezone, answer.reader.is_jalali
    if answer.span is not None:
        return Period(*answer.span, zone, jalali)
    today = answer.at.astimezone(ZoneInfo(zone)).date()
    return Period(BEGINNING, today + timedelta(days=1), zone, jalali, all_time=True)


def period_words(answer: Answer) -> str:
    """The days in words."""
    if answer.span is None:
        return str(_("All time"))
    return _days(answer, answer.span)


def _days(answer: Answer, span: tuple[date, date]) -> str:
    reader = answer.reader
    last = span[1] - timedelta(days=1)
    return reader.day(span[0]) if last == span[0] else f"{reader.day(span[0])} – {reader.day(last)}"


def in_words(answer: Answer) -> str:
    """The whole in one sentence."""
    told = [
        f"{one.title}: {cell(answer.total.figures[place], one.kind, answer.reader)}"
        for place, one in enumerate(answer.measures)
    ]
    return f"{period_words(answer)}. {'; '.join(told)}."


def facts_of(answer: Answer) -> list[tuple[str, str]]:
    """What was asked, as label and text."""
    question, reader = answer.question, answer.reader
    facts = [(str(_("Data")), str(answer.cube.title)), (str(_("Period")), period_words(answer))]
    if answer.other is not None:
        facts.append((str(_("Compared with")), _days(answer, answer.other)))
    if question.filter.strip():
        facts.append((str(_("Filter")), question.filter))
    return [*facts, (str(_("Time zone")), reader.timezone), (str(_("Data cut-off")), reader.instant(answer.at))]


def report_of(answer: Answer, *, title: str = "") -> tuple[Report, Question]:
    """The answer as a report with its parameters, ready for the files that reports are written as."""
    with language(answer.reader.language):
        table, chart = table_of(answer), chart_of(answer, links=False)
        name = title or answer_title(answer)
        period = period_of(answer)
        report = Report(
            name="question",
            title=name,
            language=answer.reader.language,
            period=period,
            cut_off_at=answer.at.replace(microsecond=0),
            facts=tuple(facts_of(answer)),
            figures=_figures(answer),
            summary=(_summary(answer), *answer.notes),
            tables=(replace(table, title=str(_("Figures"))),),
            charts=(chart,) if chart else (),
            lists=(),
            definitions=tuple(_definitions(answer)),
            flat=table,
            digest=digest_of(answer),
        )
    return report, Question(period, report.language, report.cut_off_at)


def _figures(answer: Answer) -> tuple[Figure, ...]:
    return tuple(
        Figure(f"figure_{place + 1}", one.title, answer.total.figures[place], one.kind)
        for place, one in enumerate(answer.measures)
    )


def _summary(answer: Answer) -> str:
    number = len(answer.lines)
    told = plural("%(num)s group.", "%(num)s groups.", number) if answer.titles else ""
    return answer.reader.digits(f"{in_words(answer)} {told}".strip())


def _definitions(answer: Answer) -> list[tuple[str, str]]:
    return [(one.title, str(definition_of(one))) for one in answer.measures]


def definition_of(one: Measured) -> Any:
    """How a figure is reckoned, in words."""
    told = {
        "count": _("How many records there are in the group."),
        "share": _("Of the records in the group, those for which the condition holds, in per cent."),
        "distinct": _("How many different values the records of the group have; empty ones do not count."),
        "sum": _("All values of the group added up."),
        "mean": _("The sum of the values divided by their number; records without a value do not count."),
        "min": _("The smallest value of the group."),
        "max": _("The largest value of the group."),
        "median": _("The value in the middle: half of the records have no more, half no less."),
        "percentile": _("The smallest value that this many per cent of the records do not exceed (nearest rank)."),
    }
    return told[one.measure.kind]


def digest_of(answer: Answer) -> str:
    """SHA-256 over the question, the period and every row read; the same in all languages."""
    parameters = {
        "question": as_json(answer.question),
        "template": TEMPLATE_VERSION,
        "span": [str(day) for day in answer.span or ()],
        "timezone": answer.reader.timezone,
    }
    hashed = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode())
    hashed.update(repr(answer.digest_rows).encode())
    return hashed.hexdigest()
