"""The terms of agreements as the clocks read them: targets by metric, and escalation steps. Immutable, kept by id."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from itsm.kernel.db import session
from sla.calendars.calendar import BusinessCalendar, parse_calendar
from sla.history import Metric, Remainder, Target, TargetChange
from sla.metrics.conditions import MetricConditions, conditions_as_data, conditions_from, conditions_of
from sla.models import METRICS, Agreement, AgreementTarget, BusinessHours, EscalationStep, OwnMetric, Terms

KEPT_TERMS = 1000

# The name of an action, or `{"do": name, …}` for one that needs more than its name.
StepAction = str | Mapping[str, Any]

_known: "OrderedDict[str, AgreedTerms]" = OrderedDict()


@dataclass(frozen=True)
class Step:
    """One escalation step: where it falls, what it does, whether it is urgent, for tickets of which group (None: of any).

    It falls at a share of the target in per cent, or business minutes before (negative) or after the due instant.
    """

    step_id: int
    metric: str
    percent: int | None
    actions: tuple[StepAction, ...]
    urgent: bool = False
    minutes: int | None = None
    group_id: int | None = None

    @property
    def place(self) -> str:
        """Where it falls, as the key of what has fired: `75%`, `-30m`, `+15m`. Rule: E1."""
        return f"{self.percent}%" if self.percent is not None else f"{self.minutes:+d}m"

    @property
    def rank(self) -> tuple[str, float, int]:
        """Where it stands among the steps of an agreement: by metric, shares first, then minutes."""
        return self.metric, float("inf") if self.percent is None else self.percent, self.minutes or 0


@dataclass(frozen=True)
class AgreedTerms:
    """What applies to a clock: agreement, calendar, one target for each metric that has one, steps in order.

    `own` holds the definitions of the metrics of the site's own among the targets, as they read when these terms were made.
    """

    id: str
    agreement_id: int
    agreement_name: str
    kind: str
    calendar_name: str
    calendar: BusinessCalendar
    targets: Mapping[Metric, Target]
    steps: tuple[Step, ...] = field(default=())
    own: Mapping[str, MetricConditions] = field(default_factory=dict)

    def steps_of(self, metric: str, group_id: int | None = None) -> list[Step]:
        """The steps of one metric for tickets of a group, smallest share first: the group's own, else those for any. Rule: E6."""
        of_metric = [step for step in self.steps if step.metric == metric]
        own = [step for step in of_metric if step.group_id == group_id] if group_id is not None else []
        return own or [step for step in of_metric if step.group_id is None]


def content_of(
    agreement: Agreement,
    calendar: BusinessHours,
    targets: Iterable[AgreementTarget],
    steps: Iterable[EscalationStep],
    own: Iterable[OwnMetric] = (),
) -> dict[str, Any]:
    """What `Terms.content` holds for an agreement as it stands now; `own` are all metrics of the site's own."""
    seconds: dict[str, dict[str, int]] = {}
    for target in targets:
        seconds.setdefault(target.metric, {})[str(target.priority)] = target.seconds
    return {
        "name": agreement.name,
        "kind": agreement.kind,
        "calendar": {"name": calendar.name, "tz": calendar.timezone, **calendar.definition},
        "targets": seconds,
        "own": {row.key: conditions_as_data(conditions_of(row)) for row in own if row.key in seconds},
        "steps": [
            {
                "id": step.id,
                "metric": step.metric,
                "percent": step.percent,
                "minutes": step.minutes,
                "actions": list(step.actions),
                "urgent": bool(step.urgent),
                "group_id": step.group_id,
            }
            for step in steps
        ],
        "pause_response": agreement.pause_response,
        "reopen_counts": agreement.reopen_counts,
        "target_change": agreement.target_change,
    }


def read_content(terms_id: str, agreement_id: int, content: Mapping[str, Any]) -> AgreedTerms:
    """Terms out of their stored form."""
    definition = dict(content["calendar"])
    name = definition.pop("name")
    calendar = parse_calendar(definition)
    own = {key: conditions_from(data) for key, data in content.get("own", {}).items()}
    metrics = [metric for metric in METRICS if metric in content["targets"]] + [
        metric for metric in own if metric in content["targets"]
    ]
    return AgreedTerms(
        id=terms_id,
        agreement_id=agreement_id,
        agreement_name=content["name"],
        kind=content.get("kind", "sla"),
        calendar_name=name,
        calendar=calendar,
        targets={metric: _target(metric, calendar, content) for metric in metrics},
        steps=tuple(sorted(map(_step, content["steps"]), key=lambda step: step.rank)),
        own=own,
    )


def _step(part: Any) -> Step:
    # Terms made before steps could fall minutes from the due instant hold lists: id, metric, share, actions, urgent.
    if isinstance(part, list):
        step_id, metric, percent, actions, *urgent = part
        return Step(step_id, metric, percent, tuple(actions), bool(urgent and urgent[0]))
    place = part["metric"], part["percent"], tuple(part["actions"]), part["urgent"], part.get("minutes")
    return Step(part["id"], *place, part.get("group_id"))


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
