"""The charts of the SLA report."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from itsm.kernel.text import _
from itsm.reports.charts import grouped_bars, stacked_rows
from itsm.reports.document import Chart
from itsm.reports.metrics import Share
from itsm.reports.present import month_label, share_text
from itsm.reports.request import Question
from itsm.reports.sla_words import metric_rank, metric_title
from itsm.reports.tally import MISSED, Clocks, tally_by
from itsm.tickets.priority import TITLES


def build(
    clocks: Sequence[Clocks],
    months: Sequence[date],
    groups: dict[int, str],
    question: Question,
    responsible: Callable[[Clocks], int],
) -> tuple[Chart, ...]:
    """Compliance by month, and where targets were missed, by priority and by group."""
    found = [_month_chart(clocks, months, question)]
    missed = [clock for clock in clocks if clock.outcome in MISSED]
    if missed:
        priority_titles = {key: str(title) for key, title in TITLES.items()}
        found.append(
            _missed_chart(
                missed,
                "by_priority",
                str(_("Missed targets by priority")),
                str(_("Priority")),
                question,
                key=lambda clock: clock.priority,
                label=lambda value: f"{question.reader.digits(str(value))} {priority_titles[value]}",
            )
        )
        found.append(
            _missed_chart(
                missed,
                "by_group",
                str(_("Missed targets by group")),
                str(_("Group")),
                question,
                key=lambda clock: groups.get(responsible(clock), str(_("no group"))),
                label=str,
            )
        )
    return tuple(found)


def _month_chart(clocks: Sequence[Clocks], months: Sequence[date], question: Question) -> Chart:
    tallies = tally_by(clocks, lambda clock: (metric_rank(clock.metric), clock.bucket))
    rows = [
        {
            "label": month_label(months[bucket], question.reader),
            "series": metric_title(metric[1]),
            "value": float(percent),
            "text": share_text(Share(one.met, one.counted), question.reader),
        }
        for (metric, bucket), one in sorted(tallies.items())
        if (percent := one.compliance.percent()) is not None
    ]
    spec = grouped_bars(
        rows,
        label=str(_("Month")),
        value=str(_("Compliance")),
        series=str(_("Target")),
        order=[month_label(month, question.reader) for month in months],
        series_order=_series(clocks),
        language=question.language,
        top=100,
    )
    title = str(_("Targets met, by month"))
    return Chart("compliance_by_month", title, spec, title, "by_month")


def _missed_chart(
    missed: Sequence[Clocks],
    table: str,
    title: str,
    label_title: str,
    question: Question,
    *,
    key: Callable[[Clocks], Any],
    label: Callable[[Any], str],
) -> Chart:
    tallies = tally_by(missed, lambda clock: (key(clock), metric_rank(clock.metric)))
    rows = [
        {
            "label": label(value),
            "series": metric_title(metric[1]),
            "value": one.missed,
            "text": question.reader.number(one.missed),
        }
        for (value, metric), one in sorted(tallies.items())
    ]
    spec = stacked_rows(
        rows,
        label=label_title,
        value=str(_("Missed")),
        series=str(_("Target")),
        order=list(dict.fromkeys(str(row["label"]) for row in rows)),
        series_order=_series(missed),
        language=question.language,
    )
    return Chart(f"missed_{table}", title, spec, title, table)


def _series(clocks: Sequence[Clocks]) -> list[str]:
    return [metric_title(metric) for metric in sorted({clock.metric for clock in clocks}, key=metric_rank)]
