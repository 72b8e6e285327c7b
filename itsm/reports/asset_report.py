"""The asset report: what there was at the cut-off, where, in which state, what it had cost, and whose warranty ends."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from assets.kinds import KINDS
from assets.lifecycle import LIFECYCLE
from assets.models import number_of
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import get_data_set
from itsm.kernel.text import _
from itsm.reports.counting import Breakdown, Fact, Measure, Study
from itsm.reports.document import Column, Reference, Report, Table
from itsm.reports.request import Question
from itsm.reports.studies import bars, report_of
from itsm.tickets.worktime import money

NAME = "assets"
SOON_DAYS = 90
MEASURES = (
    Measure(
        "assets",
        _("Assets"),
        definition=_("Assets recorded before the data cut-off, as they stood then, by the audit log."),
    ),
    Measure("recorded", _("Recorded in the period")),
    Measure("with_owner", _("With a user")),
    Measure(
        "warranty_soon",
        _("Warranty ends within 90 days"),
        definition=_("The warranty ends in the 90 days that begin with the day of the data cut-off."),
    ),
    Measure("warranty_over", _("Warranty over")),
)
SHOWN = tuple(each.name for each in MEASURES)


class Row(NamedTuple):
    """What the figures need of one asset."""

    asset_id: int
    name: str
    asset_kind: str
    manufacturer: str
    model: str
    state: str
    owner: str
    site_id: int | None
    site: str
    organisation_id: int | None
    organisation: str
    price_minor: int | None
    currency: str
    warranty_until: date | None
    created_at: datetime


def study(actor: Actor, question: Question) -> Study:
    """Everything counted, for the report and for the lists behind its numbers."""
    return _study(actor, question)[0]


def _study(actor: Actor, question: Question) -> tuple[Study, list[Row]]:
    rows = [Row._make(row) for row in get_data_set("assets").read(actor, question.selection(actor), Row._fields)]
    facts = [_fact(row, question) for row in rows]

    without = str(_("not noted"))
    sites, organisations = _names(rows, "site"), _names(rows, "organisation")

    def words(key: Any) -> str:
        return str(key) or without

    breakdowns = (
        Breakdown("state", _("By state"), _("State"), SHOWN, _state, by="assets"),
        Breakdown("asset_kind", _("By kind"), _("Kind"), SHOWN, _kind, by="assets"),
        Breakdown("model", _("By model"), _("Model"), SHOWN, words, by="assets", most=25),
        Breakdown("site", _("By site"), _("Site"), SHOWN, lambda key: sites.get(key) or without, by="assets"),
        Breakdown(
            "organisation",
            _("By organisation"),
            _("Organisation"),
            SHOWN,
            lambda key: organisations.get(key) or without,
            by="assets",
        ),
    )
    return Study(
        facts,
        MEASURES,
        breakdowns,
        [[(row.asset_id, row.price_minor, row.currency) for row in rows]],
        listed=("state", "asset_kind", "model", "site", "organisation"),
    ), rows


def _names(rows: Sequence[Row], part: str) -> dict[int | None, str]:
    """What the sites or organisations of the assets are called, by id: two of one name stay two."""
    return {getattr(row, f"{part}_id"): getattr(row, part) for row in rows}


def _state(key: str) -> str:
    return str(LIFECYCLE[key].title) if key in LIFECYCLE.states else key


def _kind(key: str) -> str:
    return str(KINDS.get(key, key))


def _fact(row: Row, question: Question) -> Fact:
    today = question.reader.local(question.cut_off_at - timedelta(microseconds=1)).date()
    until = row.warranty_until
    values = {
        "assets": True,
        "recorded": row.created_at >= question.period.from_at,
        "with_owner": bool(row.owner),
        "warranty_soon": until is not None and today <= until < today + timedelta(days=SOON_DAYS),
        "warranty_over": until is not None and until < today,
    }
    model = f"{row.manufacturer} {row.model}".strip()
    parts = {
        "state": row.state,
        "asset_kind": row.asset_kind,
        "model": model,
        "site": row.site_id,
        "organisation": row.organisation_id,
    }
    number = number_of(row.asset_id)
    return Fact(Reference(number, f"/assets/{number}"), row.name, parts, values)


def build(actor: Actor, question: Question, *, complete: bool = False) -> Report:
    """The report as the actor may see it."""
    found, rows = _study(actor, question)
    by_kind, reader = found.table(found.breakdowns[1]), question.reader
    sentence = _(
        "%(assets)s assets stood in the books at the data cut-off, %(users)s of them with a user.",
        assets=reader.number(len(rows)),
        users=reader.number(MEASURES[2].of(found.facts)),
    )
    return report_of(
        found,
        question,
        name=NAME,
        title=_("Asset report"),
        summary=(str(sentence),),
        drawn=(bars(by_kind, "assets", _("Assets, by kind"), question),) if by_kind.rows else (),
        lists=(_prices(rows, question),),
        complete=complete,
    )


def _prices(rows: list[Row], question: Question) -> Table:
    """What the assets had cost, by currency: amounts of different currencies are never added."""
    numbers: dict[str, int] = defaultdict(int)
    amounts: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.price_minor is not None and row.currency:
            numbers[row.currency] += 1
            amounts[row.currency] += row.price_minor
    columns = (
        Column("currency", str(_("Currency"))),
        Column("assets", str(_("Assets with a price")), "count"),
        Column("price", str(_("Purchase prices together"))),
    )
    listed = tuple(
        (currency, numbers[currency], money.in_words(amounts[currency], currency, question.reader))
        for currency in sorted(amounts)
    )
    return Table("prices", str(_("Purchase prices")), columns, listed)
