"""Assets, problems and changes of Nordhav Foods."""

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from assets import services as assets
from change import services as changes
from change.models import Change
from incident.models import Incident
from itsm.approvals import queries as approvals
from itsm.approvals import services as votes
from itsm.identity.actors import actor_of
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session, unit_of_work
from itsm.tickets import services as tickets
from problem import services as problems

if TYPE_CHECKING:
    from itsm.demo.made import Company

PRICES = {"pc": 1_249_000, "printer": 890_000, "switch": 3_150_000}  # öre
CURRENCY = "SEK"


class Cause(NamedTuple):
    """A problem behind incidents of one title."""

    incident_title: str
    title: str
    root_cause: str
    workaround: str
    steps: tuple[str, ...]


class Plan(NamedTuple):
    """A change: title, type of risk, CIs, days from now, hours it takes, and how far it came."""

    title: str
    reason: str
    cis: tuple[str, ...]
    days: int
    hours: int
    risk: str
    outcome: str = ""  # successful, with_issues, failed, backed_out; empty while it lies ahead


CAUSES = (
    Cause(
        "VPN drops every ten minutes",
        "VPN gateway loses idle sessions",
        "Keep-alive is shorter than the firewall's idle time.",
        "Ping the gateway every minute with the script on the intranet.",
        ("assess", "analyse", "record_known_error"),
    ),
    Cause(
        "Cannot print labels in the warehouse",
        "Label printers stop after a firmware update",
        "The new firmware ignores queued jobs.",
        "Restart the print spooler on vm-print-1.",
        ("assess", "analyse", "record_known_error", "start_fix"),
    ),
    Cause(
        "Order entry is very slow",
        "Order database lacks an index",
        "A missing index on the order lines.",
        "Search by order number instead of by customer.",
        ("assess", "analyse"),
    ),
    Cause("Wi-Fi does not reach the packing hall", "Access points in the packing hall interfere", "", "", ("assess",)),
)
PLANS = (
    Plan("Replace the core switch in Madrid", "End of support", ("sw-mad-core",), -70, 4, "high", "successful"),
    Plan(
        "Firmware of the label printers", "Security fixes", ("prn-sto-01", "prn-mad-01"), -41, 2, "low", "with_issues"
    ),
    Plan("Patch the warehouse database", "Monthly patches", ("db-wms",), -27, 2, "medium", "successful"),
    Plan("Move mail to the new certificate", "The old one expires", ("app-mail",), -12, 1, "medium", "failed"),
    Plan("New VPN client profile", "Dropped sessions", ("app-vpn", "vm-vpn-1"), -5, 1, "low", "successful"),
    Plan("Index on the order lines", "Slow order entry", ("db-orders", "app-orders"), 3, 1, "medium"),
    Plan("Replace hypervisor hv-sto-2", "Warranty ends", ("hv-sto-2",), 9, 6, "high"),
    Plan("Firewall rules for the new warehouse", "New site", ("fw-ath-1",), 9, 2, "medium"),
    Plan("Update the production application", "Release 4.2", ("app-production", "vm-mes-1"), 17, 3, "medium"),
)


def write_records(made: "Company") -> None:
    """Write assets for the equipment, problems over incidents, and changes behind and ahead."""
    dice = random.Random(7)
    with unit_of_work():
        _write_assets(made, dice)
    for cause in CAUSES:
        with unit_of_work():
            _write_problem(made, cause)
    for plan in PLANS:
        with unit_of_work():
            _write_change(made, plan)


def _actor(made: "Company", name: str) -> Actor:
    return actor_of(made.people[name], channel="web")


def _write_assets(made: "Company", dice: random.Random) -> None:
    keeper = _actor(made, "Marcus Sandberg")
    today = clock.now().date()
    for owner_id, pc in made.pcs.items():
        bought = today - timedelta(days=dice.randrange(60, 1300))
        assets.record_asset(
            keeper,
            name=pc.name,
            kind="laptop",
            tag=f"NH-{pc.id:05d}",
            state="in_use",
            owner_id=owner_id,
            ci_id=pc.id,
            serial=pc.serial,
            manufacturer=pc.attributes["manufacturer"],
            model=pc.attributes["model"],
            site_id=pc.site_id,
            supplier="Nordic IT Supply",
            purchased_on=bought,
            warranty_until=_after_three_years(bought),
            price_minor=PRICES["pc"],
            currency=CURRENCY,
        )
    for number in range(1, 7):
        assets.record_asset(
            keeper, name=f"Spare ThinkPad T14 {number}", kind="laptop", tag=f"NH-S{number:04d}", model="ThinkPad T14"
        )


def _after_three_years(day: date) -> date:
    return day + timedelta(days=3 * 365)


def _write_problem(made: "Company", cause: Cause) -> None:
    analyst = _actor(made, "Petros Tsakiris")
    found = session.scalars(
        select(Incident).where(Incident.title == cause.incident_title).order_by(Incident.id.desc()).limit(6)
    ).all()
    if not found:
        return
    with clock.frozen(found[-1].created_at + timedelta(hours=30)):
        problem = problems.open_problem(
            analyst, title=cause.title, impact=2, urgency=3, group_id=made.groups["Network"].id
        )
    for incident in found:
        problems.link_incident(analyst, problem, incident)
    if cause.root_cause:
        problems.record_analysis(analyst, problem, root_cause=cause.root_cause, workaround=cause.workaround)
    for step in cause.steps:
        fields = {"root_cause": cause.root_cause} if step == "record_known_error" else None
        tickets.take_step(analyst, problem, step, fields=fields)


def _write_change(made: "Company", plan: Plan) -> None:
    start = clock.now().replace(hour=18, minute=0, second=0, microsecond=0) + timedelta(days=plan.days)
    planner, board = _actor(made, "Lucía Ferrer"), ("Sofia Wallin", "Farid Moradi")
    with clock.frozen(min(clock.now(), start - timedelta(days=8))):
        change = changes.open_change(
            planner,
            title=plan.title,
            impact=2,
            urgency=3,
            risk_level=plan.risk,
            approver_ids=[made.people[name].id for name in board],
            ci_ids=[made.cis[name].id for name in plan.cis],
            reason=plan.reason,
            risk_reason=f"Judged from the services that {', '.join(plan.cis)} carries and the time of the window.",
            plan="Prepare, announce, carry out in the window, check, report.",
            test_plan="Check monitoring and ask two users.",
            backout_plan="Go back to the state before.",
            planned_start_at=start,
            planned_end_at=start + timedelta(hours=plan.hours),
            outage_expected=plan.risk == "high",
        )
        for step in ("request", "assess"):
            tickets.take_step(planner, change, step)
    if plan.outcome or plan.days < 10:
        _approve(made, change, board)
    if plan.outcome:
        _carry_out(planner, change, plan)


def _approve(made: "Company", change: Change, board: tuple[str, ...]) -> None:
    with clock.frozen(min(clock.now(), (change.planned_start_at or clock.now()) - timedelta(days=6))):
        for name in board:
            question = approvals.find_current("change", change.id)
            if question is not None:
                votes.vote(_actor(made, name), question.id, vote="approve")
    session.refresh(change)


def _carry_out(planner: Actor, change: Change, plan: Plan) -> None:
    start, end = change.planned_start_at or clock.now(), change.planned_end_at or clock.now()
    for step, at in (("schedule", start - timedelta(days=5)), ("implement", start), ("finish", end)):
        with clock.frozen(at):
            tickets.take_step(planner, change, step)
    with clock.frozen(end + timedelta(hours=15)):
        fields = {"review_outcome": plan.outcome, "review_notes": f"Done in {plan.hours} hours."}
        tickets.take_step(planner, change, "close", fields=fields)
