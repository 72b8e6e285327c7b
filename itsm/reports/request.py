"""What a report is asked for: period, organisation, agreement; and the facts that every report prints."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from itsm.identity import queries as identity
from itsm.identity.models import Organisation
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.datasets import Selection
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.formats import Reader
from itsm.kernel.text import _
from itsm.reports.document import TEMPLATE_VERSION
from itsm.reports.periods import Period


@dataclass(frozen=True)
class Question:
    """A report's parameters. `cut_off_at` is the instant up to which data count: now, or the end of a past period.

    `paper` is the size of a document's pages (`A4`, `Letter`), empty for the site's.
    """

    period: Period
    language: str
    cut_off_at: datetime
    organisation_id: int | None = None
    agreement_id: int | None = None
    paper: str = ""

    @property
    def reader(self) -> Reader:
        """For whom the report is written."""
        return Reader(self.language, self.period.timezone)

    @property
    def filters(self) -> tuple[tuple[str, Any], ...]:
        """What narrows the rows of a data set that knows agreements."""
        return (("agreement_id", self.agreement_id),) if self.agreement_id is not None else ()

    def selection(self, actor: Actor, **more: Any) -> Selection:
        """The rows that the report is about, as far as the actor may see the organisation."""
        return Selection(
            from_at=self.period.from_at,
            to_at=self.cut_off_at,
            organisation_ids=organisation_ids(actor, self.organisation_id),
            **more,
        )


def ask(
    period: Period,
    *,
    language: str,
    organisation_id: int | None = None,
    agreement_id: int | None = None,
    paper: str = "",
) -> Question:
    """A question about a period as things stand now."""
    now = clock.now().replace(microsecond=0)
    if period.from_at > now:
        raise Invalid.field("from", _("This period has not begun yet."))
    return Question(period, language, min(now, period.to_at), organisation_id, agreement_id, paper)


def organisation_ids(actor: Actor, organisation_id: int | None) -> frozenset[int] | None:
    """The organisation and those below it, as far as the actor may know them; None for all."""
    if organisation_id is None:
        return None
    known = {organisation.id for organisation in identity.list_organisations(actor)}
    if organisation_id not in known:
        raise Invalid.field("organisation", _("There is no such organisation, or you may not see it."))
    return frozenset(identity.organisation_subtree(organisation_id)) & known


def organisation_name(organisation_id: int | None) -> str:
    """The name for the heading."""
    if organisation_id is None:
        return str(_("All organisations"))
    name = session.scalar(select(Organisation.name).where(Organisation.id == organisation_id)) or ""
    return str(_("%(name)s and all below it", name=name))


def period_text(question: Question) -> str:
    """The period in words; its end is not part of it."""
    reader, period = question.reader, question.period
    return str(_("%(first)s up to, not including, %(end)s", first=reader.day(period.first), end=reader.day(period.end)))


def common_facts(question: Question) -> list[tuple[str, str]]:
    """Facts that every report prints."""
    return [
        (str(_("Period")), period_text(question)),
        (str(_("Time zone")), question.period.timezone),
        (str(_("Organisation")), organisation_name(question.organisation_id)),
        (str(_("Data cut-off")), question.reader.instant(question.cut_off_at)),
    ]


def digest_of(name: str, question: Question, inputs: Iterable[Iterable[Any]]) -> str:
    """SHA-256 over the parameters and every input row; the same in all languages. Rule: R2."""
    parameters = {
        "report": name,
        "template": TEMPLATE_VERSION,
        "from": question.period.first.isoformat(),
        "to": question.period.end.isoformat(),
        "timezone": question.period.timezone,
        "cut_off": question.cut_off_at.isoformat(),
        "organisation": question.organisation_id,
        "agreement": question.agreement_id,
    }
    hashed = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode())
    for rows in inputs:
        hashed.update(b"[")
        for row in rows:
            hashed.update(repr(row).encode())
    return hashed.hexdigest()
