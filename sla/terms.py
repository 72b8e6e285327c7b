"""The terms of agreements as the clocks read them: targets by metric, and escalation steps. Immutable, kept by id."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sqlalchemy import select

from itsm.kernel.db import session
from sla.calendar import BusinessCalendar, parse_calendar
from sla.history import Metric, Remainder, Target, TargetChange
from sla.models import Agreement, AgreementTarget, BusinessHours, EscalationStep, Terms

KEPT_TERMS = 1000
KeptMetric = Literal["response", "resolution"]
KEPT_METRICS: tuple[KeptMetric, ...] = get_args(KeptMetric)

_known: "OrderedDict[str, AgreedTerms]" = OrderedDict()


@dataclass(frozen=True)
class Step:
    """One escalation step: the share of the target in per cent, the names of its actions, whether it is urgent."""

    step_id: int
    metric: str
    percent: int
    actions: tuple[str, ...]
    urgent: bool = False


@dataclass(frozen=True)
class AgreedTerms:
    """What applies to a clock: agreement, calendar, one target for each metric that has one, steps by percent."""

    id: str
    agreement_id: int
    agreement_name: str
    calendar_name: str
    calendar: BusinessCalendar
    targets: Mapping[Metric, Target]
    steps: tuple[Step, ...] = field(default=())

    def steps_of(self, metric: str) -> list[Step]:
        """The steps of one metric, smallest share first."""
        return [step for step in self.steps if step.metric == metric]


def content_of(
    agreement: Agreement,
    calendar: BusinessHours,
    targets: Iterable[AgreementTarget],
    steps: Iterable[EscalationStep],
) -> dict[str, Any]:
    """What `Terms.content` holds for an agreement as it stands now."""
    seconds: dict[str, dict[str, int]] = {}
    for target in targets:
        seconds.setdefault(target.metric, {})[str(target.priority)] = target.seconds
    return {
        "name": agreement.name,
        "calendar": {"name": calendar.name, "tz": calendar.timezone, **calendar.definition},
        "targets": seconds,
        "steps": [[step.id, step.metric, step.percent, list(step.actions), bool(step.urgent)] for step in steps],
        "pause_response": agreement.pause_response,
        "reopen_counts": agreement.reopen_counts,
        "target_change": agreement.target_change,
    }


def read_content(terms_id: str, agreement_id: int, content: Mapping[str, Any]) -> AgreedTerms:
    """Terms out of their stored form."""
    definition = dict(content["calendar"])
    name = definition.pop("name")
    calendar = parse_calendar(definition)
    ordered = sorted(content["steps"], key=lambda step: (step[1], step[2]))
    return AgreedTerms(
        id=terms_id,
        agreement_id=agreement_id,
        agreement_name=content["name"],
        calendar_name=name,
        calendar=calendar,
        targets={metric: _target(metric, calendar, content) for metric in KEPT_METRICS if metric in content["targets"]},
        steps=tuple(_step(*part) for part in ordered),
    )


def _step(step_id: int, metric: str, percent: int, actions: list[str], urgent: bool = False) -> Step:
    # As `Terms` holds it; those from before steps could be urgent have no fifth part.
    return Step(step_id, metric, percent, tuple(actions), urgent)


def _target(metric: Metric, calendar: BusinessCalendar, content: Mapping[str, Any]) -> Target:
    change, remainder = _change_rule(content["target_change"])
    return Target(
        metric=metric,
        seconds={int(priority): int(seconds) for priority, seconds in content["targets"][metric].items()},
        calendar=calendar,
        pause_response=content["pause_response"],
        target_change=change,
        remainder=remainder,
        reopen_counts=content["reopen_counts"],
    )


def _change_rule(name: str) -> tuple[TargetChange, Remainder]:
    if name == "retroactive":
        return "retroactive", "percent"
    return "from_change", "anew" if name == "anew" else "percent"


def terms_by_id(ids: Iterable[str]) -> dict[str, AgreedTerms]:
    """Terms by their ids; those this process has not met yet are read in one statement."""
    wanted = set(ids)
    missing = [terms_id for terms_id in wanted if terms_id not in _known]
    if missing:
        statement = select(Terms.id, Terms.agreement_id, Terms.content).where(Terms.id.in_(missing))
        for row in session.execute(statement):
            _known[row.id] = read_content(row.id, row.agreement_id, row.content)
    found = {terms_id: _known[terms_id] for terms_id in wanted}
    while len(_known) > KEPT_TERMS:
        _known.popitem(last=False)
    return found
