"""What-if: the clocks of a past period computed again from the journals under other terms; nothing is written. Rules: C1, R1."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from itsm.identity.actors import actor_of
from itsm.identity.models import Person
from itsm.kernel import clock, files, jobs
from itsm.kernel.actor import Actor
from itsm.kernel.db import reading, session, unit_of_work
from itsm.kernel.errors import Forbidden, NotFound
from itsm.kernel.formats import Reader
from itsm.kernel.jobs import BackgroundTask, Progress
from itsm.kernel.records import get, require
from itsm.kernel.sheets import csv_chunks
from itsm.kernel.text import _, language
from itsm.tickets.models import Ticket
from sla.agreements.terms import AgreedTerms, terms_by_id
from sla.calendars.calendar import NeverOpen
from sla.clock_values import Clock
from sla.kept_clocks import key_of, past_of
from sla.models import SlaClock
from sla.standing import NO_TERMS, ClockKey, Past, Standing, TermsHistory, stand, stored_terms
from sla.ticket_history import TicketHistory
from sla.what_if import queries as what_if_queries
from sla.what_if.priority import under_matrix
from sla.what_if.queries import Stored
from sla.what_if.scenario import Replacement, Scenario, from_payload, replacement_of

TASK = "sla.what_if"
MOST_TICKETS = 100_000
BATCH = 200
MOST_SHOWN = 100

Turn = tuple[ClockKey, int]  # a clock and its generation


@dataclass(frozen=True)
class Outcome:
    """How one generation of a clock counts in a period: `met`, `missed` or nothing (not counted), at which priority."""

    counts: str
    priority: int
    due_at: datetime | None


NOT_THERE = Outcome("", 0, None)


@dataclass(frozen=True)
class Change:
    """A clock that counts otherwise under the other terms."""

    ticket_id: int
    kind: str
    number: str
    turn: Turn
    before: Outcome
    after: Outcome

    def as_data(self) -> dict[str, Any]:
        """The change as JSON."""
        return {
            "ticket_id": self.ticket_id,
            "kind": self.kind,
            "clock": list(self.turn[0]),
            "before": _outcome_data(self.before),
            "after": _outcome_data(self.after),
        }


def _outcome_data(outcome: Outcome) -> list[Any]:
    return [outcome.counts, outcome.priority, outcome.due_at.isoformat() if outcome.due_at else None]


@dataclass
class Replay:
    """What came out so far. `figures` counts clocks by (kind of agreement, metric, priority, side, `met` or `missed`).

    `drift` counts clocks whose stored outcome is not what their own history gives: the figures before are those computed.
    """

    looked_at: int = 0
    drift: int = 0
    cut: bool = False
    figures: Counter[tuple[str, str, int, str, str]] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """The result as JSON; of the changes the first ones."""
        ways = Counter((each.before.counts, each.after.counts) for each in self.changes)
        return {
            "looked_at": self.looked_at,
            "cut": self.cut,
            "drift": self.drift,
            "figures": [[*key, number] for key, number in sorted(self.figures.items())],
            "changed": len(self.changes),
            "tickets": len({each.ticket_id for each in self.changes}),
            "ways": [[*way, number] for way, number in sorted(ways.items())],
            "changes": [each.as_data() for each in self.changes[:MOST_SHOWN]],
        }


class Study:
    """Replays tickets batch by batch under a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.replay = Replay()
        self._replaced: Replacement = replacement_of(scenario)

    def take(self, ticket_ids: Sequence[int]) -> None:
        """Replay some tickets; the number of statements does not follow their number."""
        found = what_if_queries.stored(ticket_ids)
        ids = {terms_id for each in found for row in each.rows for _at, terms_id in stored_terms(row)}
        known = terms_by_id(ids - {NO_TERMS})
        instead = {terms_id: self._replaced(terms) for terms_id, terms in known.items()}
        for each in found:
            self._take(each, known, instead)

    def _take(self, stored: Stored, known: Mapping[str, AgreedTerms], instead: Mapping[str, AgreedTerms]) -> None:
        self.replay.looked_at += 1
        past = past_of(stored.ticket, stored.journal)
        if past is None:
            return
        applied = {key_of(row): stored_terms(row) for row in stored.rows}
        before = self._outcomes(applied, past, known)
        self.replay.drift += sum(
            before.get((key_of(row), row.generation), NOT_THERE).counts != self._counts_stored(row)
            for row in stored.rows
        )
        after = self._after(stored, past, applied, known, instead) or before
        self._count(before, "before")
        self._count(after, "after")
        for turn in sorted(before.keys() | after.keys(), key=lambda turn: (turn[0].rank, turn[1])):
            self._compare(stored.ticket, turn, before.get(turn, NOT_THERE), after.get(turn, NOT_THERE))

    def _after(
        self,
        stored: Stored,
        past: Past,
        applied: Mapping[ClockKey, TermsHistory],
        known: Mapping[str, AgreedTerms],
        instead: Mapping[str, AgreedTerms],
    ) -> dict[Turn, Outcome] | None:
        """The outcomes under the scenario; None where it changes nothing for the ticket."""
        used = {terms_id for history in applied.values() for _at, terms_id in history if terms_id != NO_TERMS}
        matrix = self.scenario.matrix
        if matrix is not None:
            journal = under_matrix(stored.journal, matrix, reason_now=stored.ticket.priority_reason)
            past = past_of(stored.ticket, journal) or past
        elif all(instead[terms_id] is known[terms_id] for terms_id in used):
            return None
        return self._outcomes(_with_new_clocks(applied, known, instead), past, instead)

    def _outcomes(
        self, applied: Mapping[ClockKey, TermsHistory], past: Past, known: Mapping[str, AgreedTerms]
    ) -> dict[Turn, Outcome]:
        found = {}
        for key, history in applied.items():
            for standing in stand(key, past, history, known, now=self.scenario.asked_at):
                found[key, standing.clock.generation] = self._outcome(standing, past.history)
        return found

    def _outcome(self, standing: Standing, history: TicketHistory) -> Outcome:
        one = standing.clock
        counts = self._counts(one.state, one.stopped_at, one.breached_at, one.due_at)
        priority = (history.at(one.stopped_at) if one.stopped_at else history.possessions[-1]).priority
        return Outcome(counts, priority, one.due_at or one.breached_at or _met_due_at(one, standing.terms))

    def _counts_stored(self, row: SlaClock) -> str:
        return self._counts(row.state, row.ended_at, row.breached_at, row.due_at)

    def _counts(
        self, state: str, ended_at: datetime | None, breached_at: datetime | None, due_at: datetime | None
    ) -> str:
        """How a clock counts: the ones that ended in the period, and open ones that fell due in it. Rule: R1."""
        from_at, to_at = self.scenario.from_at, self.scenario.to_at
        if ended_at is not None and ended_at < to_at:
            if ended_at < from_at or state == "cancelled":
                return ""
            return "missed" if breached_at is not None else "met"
        fell_due_at = breached_at or due_at
        # What falls due after the question was asked is not missed yet.
        to_at = min(to_at, self.scenario.asked_at)
        return "missed" if fell_due_at is not None and from_at <= fell_due_at < to_at else ""

    def _count(self, outcomes: Mapping[Turn, Outcome], side: str) -> None:
        for (key, _generation), one in outcomes.items():
            if one.counts:
                self.replay.figures[key.kind, key.metric, one.priority, side, one.counts] += 1

    def _compare(self, ticket: Ticket, turn: Turn, before: Outcome, after: Outcome) -> None:
        if before.counts != after.counts:
            self.replay.changes.append(Change(ticket.id, ticket.kind, ticket.number, turn, before, after))


def _met_due_at(one: Clock, terms: AgreedTerms | None) -> datetime | None:
    """When a clock that was met would have been due."""
    target = terms.targets.get(one.metric) if terms is not None else None
    if target is None or one.target_seconds is None or one.measured_from_at is None or one.state != "met":
        return None
    pauses = [(each.from_at, each.to_at) for each in one.segments if not each.counted]
    try:
        left = max(one.target_seconds - one.carried_seconds, 0)
        return target.calendar.add(one.measured_from_at, left, pauses)
    except NeverOpen:
        return None


def _with_new_clocks(
    applied: Mapping[ClockKey, TermsHistory], known: Mapping[str, AgreedTerms], instead: Mapping[str, AgreedTerms]
) -> dict[ClockKey, TermsHistory]:
    """The clocks of a ticket and those that the terms in place promise besides."""
    found = dict(applied)
    for key, history in applied.items():
        for _at, terms_id in history:
            if terms_id != NO_TERMS:
                for metric in instead[terms_id].targets.keys() - known[terms_id].targets.keys():
                    found.setdefault(ClockKey(key.kind, key.owner_id, metric), history)
    return found


def ask(actor: Actor, scenario: Scenario) -> BackgroundTask:
    """Have a scenario replayed in the background, over the tickets that the actor may read. `scenario` is a checked one."""
    require(actor, "sla.edit")
    if actor.person_id is None:
        raise Forbidden(_("Only a person can ask for this."))
    title = str(_("What-if %(first)s – %(end)s", first=scenario.first.isoformat(), end=scenario.end.isoformat()))
    payload = {"scenario": scenario.as_payload(), "actor_id": actor.person_id}
    return jobs.enqueue(TASK, payload, title=title, requested_by_id=actor.person_id)


def get_task(actor: Actor, task_id: int) -> BackgroundTask:
    """A what-if that the actor asked for; raises `NotFound`."""
    require(actor, "sla.edit")
    task = session.get(BackgroundTask, task_id)
    if task is None or task.kind != TASK or task.requested_by_id != actor.person_id:
        raise NotFound(_("There is no such what-if, or it is not yours."))
    return task


def run_task(payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """A whole what-if in the background: payload {scenario, actor_id}; answers `Replay.as_data` and the file of changes."""
    with reading(), unit_of_work():
        actor = actor_of(get(Person, payload["actor_id"]), channel="web")
        require(actor, "sla.edit")
        scenario = from_payload(payload["scenario"])
        study = Study(scenario)
        ids = what_if_queries.list_tickets(actor, scenario.from_at, scenario.to_at, limit=MOST_TICKETS + 1)
    study.replay.cut, ids = len(ids) > MOST_TICKETS, ids[:MOST_TICKETS]
    for start in range(0, len(ids), BATCH):
        with reading(), unit_of_work():
            study.take(ids[start : start + BATCH])
        done = min(start + BATCH, len(ids))
        progress.step(min(99, 100 * done // len(ids)), f"{done} / {len(ids)}")
    content = _as_csv(study.replay.changes, Reader(actor.language, actor.timezone))
    with unit_of_work():
        sha256 = files.store(content)
    return study.replay.as_data() | {"sha256": sha256, "replayed_at": clock.now().isoformat()}


def read_changes(actor: Actor, task_id: int) -> bytes:
    """The CSV file of all clocks that a finished what-if of the actor would change; raises `NotFound`."""
    task = get_task(actor, task_id)
    if task.state != "done" or not task.result:
        raise NotFound(_("This what-if is not ready. Look again in a moment."))
    return files.read(task.result["sha256"])


def _as_csv(changes: Iterable[Change], reader: Reader) -> bytes:
    titles = (
        _("Ticket"), _("Kind of agreement"), _("Target"), _("Priority before"), _("Priority then"), _("Outcome before"),
        _("Outcome then"), _("Due before"), _("Due then"),
    )  # fmt: skip
    with language(reader.language):
        return b"".join(csv_chunks([str(each) for each in titles], _lines(changes), reader.local))


def _lines(changes: Iterable[Change]) -> Iterator[list[Any]]:
    for each in changes:
        key, sides = each.turn[0], (each.before, each.after)
        yield [
            each.number,
            key.kind,
            key.metric,
            *(side.priority or None for side in sides),
            *(side.counts or "not counted" for side in sides),
            *(side.due_at for side in sides),
        ]


TASKS = {TASK: run_task}
