"""Every read of agreements, their targets, steps and versions, and of calendars."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from cmdb import classes
from cmdb.impact import BUSINESS_SERVICE
from cmdb.models import Ci
from itsm.identity.models import Group, Organisation
from itsm.kernel.db import session
from itsm.kernel.errors import NotFound
from itsm.kernel.paging import Page, SortKey, checked_limit, keyset, page_of
from itsm.kernel.records import get
from itsm.kernel.text import _
from sla.models import Agreement, AgreementTarget, BusinessHours, EscalationStep, OwnMetric, Terms
from sla.standing import ClockKey

AT_RISK_SHOWN = 20
MOST_SERVICES = 500
SHOWN_VERSIONS = 50
AT_RISK_WITHIN = timedelta(hours=8)
READ_KINDS = ("created", "change", "public")


def last_terms_number(agreement_id: int) -> int:
    """The number of an agreement's latest terms, 0 without any."""
    return session.scalar(select(func.max(Terms.number)).where(Terms.agreement_id == agreement_id)) or 0


def own_metrics() -> dict[str, OwnMetric]:
    """The metrics of the site's own by key."""
    return {row.key: row for row in session.scalars(select(OwnMetric).order_by(OwnMetric.key))}


def get_metric(metric_id: int) -> OwnMetric:
    """A metric of the site's own; raises `NotFound`."""
    return get(OwnMetric, metric_id)


def agreements_promising(metric: str) -> Sequence[Agreement]:
    """Agreements with a target for a metric, oldest first."""
    promising = select(AgreementTarget.agreement_id).where(AgreementTarget.metric == metric)
    return session.scalars(select(Agreement).where(Agreement.id.in_(promising)).order_by(Agreement.id)).all()


def page_calendars(*, limit: int | None = None, cursor: str | None = None) -> Page[BusinessHours]:
    """One page of calendars, oldest first."""
    size, keys = checked_limit(limit), (SortKey("id", BusinessHours.id),)
    rows = session.scalars(keyset(select(BusinessHours), keys, limit=size, cursor=cursor)).all()
    return page_of(rows, limit=size, cursor_values=lambda row: [row.id])


def page_agreements(*, limit: int | None = None, cursor: str | None = None) -> Page["ShownAgreement"]:
    """One page of agreements, oldest first; four statements."""
    size, keys = checked_limit(limit), (SortKey("id", Agreement.id),)
    ids = session.scalars(keyset(select(Agreement.id), keys, limit=size, cursor=cursor)).all()
    page = page_of(ids, limit=size, cursor_values=lambda row_id: [row_id])
    shown = {each.row.id: each for each in _shown(page.items)}
    return page.map(lambda row_id: shown[row_id])


def calendar_id_by_name(name: str) -> int | None:
    """The calendar with this name, or None."""
    return session.scalar(select(BusinessHours.id).where(BusinessHours.name == name))


def group_id_by_name(name: str) -> int | None:
    """The group with this name, or None."""
    return session.scalar(select(Group.id).where(Group.name == name))


def organisation_id_by_name(name: str) -> int | None:
    """The organisation with this name, or None."""
    return session.scalar(select(Organisation.id).where(Organisation.name == name))


def list_services() -> list[tuple[int, str]]:
    """Ids and names of the services of the CMDB, by name; at most 500."""
    keys = classes.load().keys_below(BUSINESS_SERVICE)
    statement = select(Ci.id, Ci.name).where(Ci.class_key.in_(keys)).order_by(Ci.name).limit(MOST_SERVICES)
    return [(row.id, row.name) for row in session.execute(statement)]


def list_terms(agreement_id: int) -> Sequence[Terms]:
    """The latest versions of an agreement, newest first."""
    statement = select(Terms).where(Terms.agreement_id == agreement_id).order_by(Terms.number.desc())
    return session.scalars(statement.limit(SHOWN_VERSIONS)).all()


def list_calendars() -> Sequence[BusinessHours]:
    """All calendars by name."""
    return session.scalars(select(BusinessHours).order_by(BusinessHours.name)).all()


def get_calendar(calendar_id: int) -> BusinessHours:
    """A calendar; raises `NotFound`."""
    return get(BusinessHours, calendar_id)


def get_agreement(agreement_id: int) -> Agreement:
    """An agreement; raises `NotFound`."""
    return get(Agreement, agreement_id)


def agreements_using(calendar_id: int) -> Sequence[Agreement]:
    """Agreements that count in a calendar."""
    return session.scalars(select(Agreement).where(Agreement.calendar_id == calendar_id).order_by(Agreement.id)).all()


@dataclass(frozen=True)
class ShownAgreement:
    """An agreement with its targets, steps and the names it refers to."""

    row: Agreement
    calendar: str
    organisation: str | None
    group: str | None
    supplier: str | None
    service: str | None
    targets: Sequence[AgreementTarget]
    steps: Sequence[EscalationStep]

    def seconds(self, metric: str, priority: int) -> int | None:
        """The target of a metric at a priority."""
        found = (each.seconds for each in self.targets if (each.metric, each.priority) == (metric, priority))
        return next(found, None)

    @property
    def metrics(self) -> list[str]:
        """The metrics that it promises, each once."""
        return sorted({each.metric for each in self.targets}, key=lambda metric: ClockKey("sla", 0, metric).rank)


def list_agreements() -> list[ShownAgreement]:
    """All agreements in the order in which they are tried; three statements."""
    return _shown(select(Agreement.id))


def show_agreement(agreement_id: int) -> ShownAgreement:
    """One agreement with everything that belongs to it; raises `NotFound`."""
    shown = _shown(select(Agreement.id).where(Agreement.id == agreement_id))
    if not shown:
        raise NotFound(_("There is no such agreement."))
    return shown[0]


def _shown(ids: Any) -> list[ShownAgreement]:
    supplier = aliased(Organisation)
    statement = (
        select(Agreement, BusinessHours.name, Organisation.name, Group.name, supplier.name, Ci.name)
        .join(BusinessHours, BusinessHours.id == Agreement.calendar_id)
        .outerjoin(Organisation, Organisation.id == Agreement.organisation_id)
        .outerjoin(Group, Group.id == Agreement.group_id)
        .outerjoin(supplier, supplier.id == Agreement.supplier_id)
        .outerjoin(Ci, Ci.id == Agreement.service_id)
        .where(Agreement.id.in_(ids))
        .order_by(Agreement.active.desc(), Agreement.order, Agreement.id)
    )
    rows = session.execute(statement).all()
    targets, steps = targets_of(ids), steps_of(ids)
    return [
        ShownAgreement(
            row, calendar, organisation, group, supplied_by, service, targets.get(row.id, []), steps.get(row.id, [])
        )
        for row, calendar, organisation, group, supplied_by, service in rows
    ]


def targets_of(ids: Any) -> dict[int, list[AgreementTarget]]:
    """Targets by agreement, by metric and priority."""
    found: dict[int, list[AgreementTarget]] = defaultdict(list)
    statement = select(AgreementTarget).where(AgreementTarget.agreement_id.in_(ids))
    for row in session.scalars(statement.order_by(AgreementTarget.id)):
        found[row.agreement_id].append(row)
    return found


def steps_of(ids: Any) -> dict[int, list[EscalationStep]]:
    """Escalation steps by agreement, by metric and share, then by minutes from due."""
    found: dict[int, list[EscalationStep]] = defaultdict(list)
    statement = select(EscalationStep).where(EscalationStep.agreement_id.in_(ids))
    place = EscalationStep.percent.is_(None), EscalationStep.percent, EscalationStep.minutes, EscalationStep.id
    for row in session.scalars(statement.order_by(EscalationStep.metric.desc(), *place)):
        found[row.agreement_id].append(row)
    return found
