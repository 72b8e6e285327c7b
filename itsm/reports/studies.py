"""From a study to a report: figures, tables, charts, words, the list of all that was counted."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from itsm.identity import queries as identity
from itsm.kernel.text import Message, _
from itsm.reports import charts, time_spent
from itsm.reports.counting import Fact, Measure, Study
from itsm.reports.document import Chart, Column, Report, Table
from itsm.reports.metrics import Share
from itsm.reports.present import cell
from itsm.reports.request import Question, common_facts, digest_of
from itsm.tickets import queries as tickets
from itsm.web.presentation import CHANNELS

BARS = 15


def names_of(facts: Sequence[Fact]) -> Mapping[str, Callable[[Any], str]]:
    """How ids of groups, people, organisations and categories, and channels, are written; four statements."""
    groups = time_spent.group_names()
    people = identity.person_names(_ids(facts, "person"))
    organisations = identity.organisation_names(_ids(facts, "organisation"))
    categories = tickets.category_titles()
    return {
        "group": _namer(groups, _("no group")),
        "person": _namer(people, _("nobody")),
        "organisation": _namer(organisations, _("no organisation")),
        "category": _namer(categories, _("no category")),
        "channel": lambda key: str(CHANNELS.get(key, key)),
    }


def _ids(facts: Sequence[Fact], part: str) -> set[int]:
    return {key for fact in facts if (key := fact.parts.get(part)) is not None}


def _namer(names: Mapping[int, str], nothing: Message) -> Callable[[Any], str]:
    without = str(nothing)
    return lambda key: without if key is None else names.get(key, str(key))


def report_of(
    study: Study,
    question: Question,
    *,
    name: str,
    title: Message,
    summary: Sequence[str],
    first: Sequence[Table] = (),
    drawn: Iterable[Chart] = (),
    lists: Sequence[Table] = (),
    figures: Sequence[str] = (),
    definitions: Sequence[tuple[Message, Message]] = (),
    exclusions: Sequence[Message] = (),
    flat: Table | None = None,
    complete: bool = False,
) -> Report:
    """The report; with `complete` it holds every record that some figure counts, for sheets."""
    tables = (*first, *study.tables())
    counted = [fact for fact in study.facts if any(each.is_made_of(fact) for each in study.measures)]
    every = study.listing(counted if complete else [])
    return Report(
        name=name,
        title=str(title),
        language=question.language,
        period=question.period,
        cut_off_at=question.cut_off_at,
        facts=tuple(common_facts(question)),
        figures=study.figures(figures),
        summary=tuple(summary),
        tables=tables,
        charts=tuple(drawn),
        lists=tuple(lists),
        definitions=(*_defined(study.measures), *((str(term), str(text)) for term, text in definitions), _digest()),
        flat=flat or (tables[0] if tables else replace(every, rows=())),
        digest=digest_of(name, question, [_digested(counted), *study.raw]),
        drill_address=f"/reports/{name}/records",
        extra=(every,) if complete else (),
        exclusions=tuple(str(each) for each in exclusions),
    )


def _digested(facts: Sequence[Fact]) -> Iterator[tuple[Any, ...]]:
    """What a digest holds of facts: what figures see, and nothing that changes after the data cut-off."""
    return ((fact.reference.number, *fact.parts.values(), *fact.values.values()) for fact in facts)


def _defined(measures: Sequence[Measure]) -> list[tuple[str, str]]:
    return [(str(each.title), str(each.definition)) for each in measures if each.definition]


def _digest() -> tuple[str, str]:
    return str(_("Digest")), str(
        _("SHA-256 over the parameters and every row read: the same digest means the same data.")
    )


def bars(table: Table, measure: str, title: Message, question: Question) -> Chart:
    """One column of a breakdown as lying bars, the first rows of it."""
    column = _column(table, measure)
    rows = [row for row in _marks(replace(table, rows=table.rows[:BARS]), (measure,), question) if row["value"]]
    spec = charts.stacked_rows(
        rows,
        label=table.columns[0].title,
        value=_axis(column),
        series=column.title,
        order=[str(row["label"]) for row in rows],
        series_order=[column.title],
        language=question.language,
        whole=column.kind == "count",
    )
    return Chart(f"{table.name}_{measure}", str(title), spec, str(title), table.name)


def most_first(table: Table, measure: str) -> Table:
    """The rows of a breakdown with those first of which a count or a time says most."""
    place = table.columns.index(_column(table, measure))
    return replace(table, rows=tuple(sorted(table.rows, key=lambda row: -(row[place] or 0))))


def upright(table: Table, measures: Sequence[str], title: Message, question: Question) -> Iterator[Chart]:
    """Columns of one kind of a breakdown side by side, as upright bars; nothing where no row says anything."""
    rows = _marks(table, measures, question)
    if rows:
        columns = [_column(table, name) for name in measures]
        spec = charts.grouped_bars(
            rows,
            label=table.columns[0].title,
            value=_axis(columns[0]),
            series=str(_("Figure")),
            order=list(dict.fromkeys(str(row["label"]) for row in rows)),
            series_order=[column.title for column in columns],
            language=question.language,
            top=100 if columns[0].kind == "share" else None,
        )
        yield Chart(f"{table.name}_{measures[0]}", str(title), spec, str(title), table.name)


def _marks(table: Table, measures: Sequence[str], question: Question) -> list[dict[str, Any]]:
    """What charts draw of a table: a mark for each value that exists, times in hours, shares in per cent."""
    places = [(place, column) for place, column in enumerate(table.columns) if column.name in measures]
    return [
        {
            "label": cell(row[0], table.columns[0].kind, question.reader),
            "series": column.title,
            "value": value,
            "text": cell(row[place], column.kind, question.reader),
        }
        for row in table.rows
        for place, column in places
        if (value := _drawn(row[place], column.kind)) is not None
    ]


def _drawn(value: Any, kind: str) -> float | int | None:
    if isinstance(value, Share):
        percent = value.percent()
        return None if percent is None else float(percent)
    return round(float(value) / 3600, 3) if kind == "seconds" and value is not None else value


def _column(table: Table, name: str) -> Column:
    return next(column for column in table.columns if column.name == name)


def _axis(column: Column) -> str:
    return {"seconds": str(_("Hours")), "share": str(_("Per cent"))}.get(column.kind, column.title)
