"""The words of the SLA report: names of targets and outcomes, the summary in sentences, definitions and exclusions."""

from collections.abc import Callable, Sequence

from itsm.kernel.text import _, plural
from itsm.reports.present import share_text
from itsm.reports.request import Question, period_text
from itsm.reports.tally import APART, MISSED, Clocks, Tally, tally, tally_by
from sla.naming import MetricTitles

METRIC_TITLES = {
    "response": _("Response"),
    "acceptance": _("Acceptance"),
    "update": _("Update"),
    "resolution": _("Resolution"),
}
METRICS = tuple(METRIC_TITLES)
OUTCOME_TITLES = {
    "met": _("met"),
    "breached": _("missed"),
    "overdue": _("missed, still open"),
    "running": _("open, not due yet"),
    "paused": _("open, paused"),
    "earlier": _("open, overdue since before the period"),
    "cancelled": _("cancelled"),
}


def metric_title(metric: str) -> str:
    """A target's name for people, also one of the site's own."""
    return str(METRIC_TITLES[metric] if metric in METRIC_TITLES else MetricTitles()[metric])


def metric_rank(metric: str) -> tuple[int, str]:
    """Where a target stands among others: the shipped ones in the order in which they are met, then the site's own."""
    return (METRICS.index(metric) if metric in METRICS else len(METRICS), metric)


def summary(
    clocks: Sequence[Clocks], groups: dict[int, str], question: Question, responsible: Callable[[Clocks], int]
) -> list[str]:
    """The report in plain sentences."""
    whole, reader = tally(clocks), question.reader
    if not whole.counted:
        return [str(_("No target came to its end in this period, so there is no figure to show."))]
    sentences = [
        str(
            _(
                "%(period)s: of %(counted)s targets that counted, %(met)s were met (%(share)s) and %(missed)s were missed.",
                period=period_text(question),
                counted=reader.number(whole.counted),
                met=reader.number(whole.met),
                share=share_text(whole.compliance, reader),
                missed=reader.number(whole.missed),
            )
        )
    ]
    sentences += _by_target(clocks, question)
    if whole.outcomes["overdue"]:
        number = whole.outcomes["overdue"]
        sentences.append(
            reader.digits(
                str(plural("%(num)s of the missed is still open.", "%(num)s of the missed are still open.", number))
            )
        )
    sentences += _worst_group(clocks, groups, question, responsible)
    apart = sum(whole.outcomes[name] for name in APART)
    if apart:
        sentences.append(
            reader.digits(str(plural("%(num)s clock is not counted.", "%(num)s clocks are not counted.", apart)))
        )
    return sentences


def _by_target(clocks: Sequence[Clocks], question: Question) -> list[str]:
    by_metric = tally_by(clocks, lambda clock: clock.metric)
    reader, sentences = question.reader, []
    for metric in sorted(by_metric, key=metric_rank):
        one, title = by_metric[metric], metric_title(metric)
        mean = "–" if one.mean_seconds is None else reader.clock_time(float(one.mean_seconds))
        p90 = "–" if one.p90_seconds is None else reader.clock_time(one.p90_seconds)
        sentences.append(
            str(
                _(
                    "%(target)s: %(share)s met; mean time %(mean)s, nine of ten within %(p90)s (hours and minutes).",
                    target=title,
                    share=share_text(one.compliance, reader),
                    mean=mean,
                    p90=p90,
                )
            )
        )
    return sentences


def _worst_group(
    clocks: Sequence[Clocks], groups: dict[int, str], question: Question, responsible: Callable[[Clocks], int]
) -> list[str]:
    tallies = tally_by([clock for clock in clocks if clock.outcome in MISSED], responsible)
    if not tallies:
        return [str(_("No target was missed."))]
    group_id = max(sorted(tallies), key=lambda each: tallies[each].missed)
    return [
        str(
            _(
                "Most were missed by %(group)s: %(number)s.",
                group=groups.get(group_id, str(_("no group"))),
                number=question.reader.number(tallies[group_id].missed),
            )
        )
    ]


def definitions() -> list[tuple[str, str]]:
    """How the figures are made, and what they leave out. Rules: R1, R2."""
    return [
        (
            str(_("Targets met")),
            str(
                _(
                    "Clocks met, divided by clocks met and missed. Counted are clocks that ended in the period, and clocks still "
                    "open at the data cut-off whose due instant lies in the period; these count as missed. (Rule R1)"
                )
            ),
        ),
        (
            str(_("Missed")),
            str(_("More time elapsed than was agreed; at exactly the agreed time a target is met. (Rule C4)")),
        ),
        (
            str(_("Not counted")),
            str(
                _(
                    "Cancelled clocks, paused clocks, clocks not due yet, and clocks overdue since before the period. Tickets "
                    "without an agreement have no clock."
                )
            ),
        ),
        (
            str(_("Times")),
            str(
                _(
                    "Elapsed business time in the agreement's calendar, pauses left out, in hours and minutes, of clocks that "
                    "ended. “Nine of ten within” is the 90th percentile by nearest rank."
                )
            ),
        ),
        (
            str(_("Where the time went")),
            str(
                _(
                    "Time on the wall from the clock's start to its end, by group and by what was waited for, longest first."
                )
            ),
        ),
        (
            str(_("Per cent")),
            str(_("Rounded half up to one decimal; 100 only if nothing was missed; a dash if nothing counted.")),
        ),
        (
            str(_("Digest")),
            str(_("SHA-256 over the parameters and every clock read: the same digest means the same data.")),
        ),
    ]


def exclusions(whole: Tally, question: Question) -> list[str]:
    """What the figures leave out, with how many clocks of the period that were."""
    reader = question.reader
    counted = [
        str(_("%(number)s clocks: %(what)s", number=reader.number(whole.outcomes[name]), what=OUTCOME_TITLES[name]))
        for name in APART
        if whole.outcomes[name]
    ]
    return [
        *counted,
        str(_("Tickets without an agreement have no clock and appear nowhere in this report.")),
        str(_("Time outside of the agreed hours and while a clock is paused is not counted as elapsed.")),
    ]
