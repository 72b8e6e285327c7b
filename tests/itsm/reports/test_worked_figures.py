"""Worked examples of the measures for which the sample log holds no facts: every expected figure is computed here by hand."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from flask import Flask

from change.models import Change
from incident.major import services as majors
from itsm.identity.models import Person, Site
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from itsm.reports import catalogue
from itsm.reports.document import Report
from itsm.reports.metrics import Share
from itsm.tickets import services as tickets
from problem.models import Problem
from tests.factories import Factory
from tests.itsm.reports.conftest import HOUR, Month, Story, at, october
from tests.itsm.reports.raw_log import mean, median, within
from tests.sla.conftest import Agreements

MINUTE = 60


def build(name: str) -> Report:
    return catalogue.build(SYSTEM, name, october())


def plain(value: Any) -> Any:
    return (value.part, value.whole) if isinstance(value, Share) else value


def figures(report: Report) -> dict[str, Any]:
    return {figure.name: plain(figure.value) for figure in report.figures}


def rows(report: Report, name: str) -> dict[Any, tuple[Any, ...]]:
    table = report.table(name)
    assert table is not None
    return {row[0]: tuple(map(plain, row[1:])) for row in table.rows}


def three(minutes: Sequence[int]) -> tuple[Any, ...]:
    seconds = [each * MINUTE for each in minutes]
    return mean(seconds), median(seconds), within(seconds, 90)


def test_times(month: Month) -> None:
    acted = [5, 5, 10, 10, 30, 30, 60, 120]
    answered = [5, 5, 10, 10, 30, 60, 120]
    solved = [60, 120, 240, 300, 570]
    found = figures(build("times"))
    for name, minutes in (("acknowledge", acted), ("respond", answered), ("resolve", solved)):
        kinds = ("mean", "median", "p90")
        assert tuple(found[f"{name}_seconds_{kind}"] for kind in kinds) == three(minutes), name
    assert (found["acknowledged"], found["answered"], found["resolved"]) == (8, 7, 5)
    expected = (mean(acted) * 60, 120 * 60, mean(answered) * 60, 120 * 60, mean(solved) * 60, 570 * 60)  # type: ignore[operator]
    by_group = rows(build("times"), "by_group")
    assert set(by_group) <= {"Service desk", "Network"}
    desk = tuple(each for each in acted if each != 120)  # the slow one lies with the network
    assert by_group["Service desk"][:2] == (three(desk)[0], 60 * MINUTE)
    assert by_group["Network"] == (120 * 60, 120 * 60, 120 * 60, 120 * 60, 570 * 60, 570 * 60)
    table = build("times").table("by_group")
    assert table is not None
    assert table.total is not None
    assert table.total[1:] == expected


def test_who_solved_it_and_without_a_further_word(app: Flask, make: Factory) -> None:
    desk, network = make.group("Service desk"), make.group("Network")
    taker = make.actor("agent", groups=(desk, network), channel="phone")
    story = Story(make, SYSTEM, make.organisation("Nordic Foods"), desk)
    taken = []
    for day in (5, 6, 7):
        with clock.frozen(at(day)):
            person = make.person()
            taken.append(make.incident(taker, requester_id=person.id, group_id=desk.id, channel="phone"))
    asker = make.actor_of(session.get_one(Person, taken[1].requester_id), channel="portal")
    with clock.frozen(at(6, 9)):
        tickets.write_entry(asker, taken[1], kind="public", body="It is the one on the left.")
    with clock.frozen(at(7, 9)):
        tickets.assign(taker, taken[2], group_id=network.id)
    by_taker = Story(make, taker, make.organisation("Aegean Lines"), desk)
    for place, incident in enumerate(taken):
        by_taker.resolve(incident, at(5 + place, 10))
    other = story.open("Seen by another", at(8))
    story.resolve(other, at(8, 10))
    story.step(other, "reopen", at(8, 11), note="Again")
    firsts = [bool(each.first_contact) for each in (*taken, other)]
    found = figures(build("quality"))
    assert found["resolved"] == 4
    assert found["first_contact_percent"] == (3, 4)
    assert found["taker_percent"] == (sum(firsts), 4)
    assert firsts == [True, True, False, False]
    assert found["reopen_percent"] == (1, 4)
    assert (found["passed"], found["passes_mean"], found["back_and_forth"]) == (1, Fraction(1, 4), 0)


def test_recorded_work(app: Flask, make: Factory) -> None:
    desk = make.group("Service desk")
    people = [make.person(name, roles=("agent",), groups=(desk,)) for name in ("Anna Berg", "Lars Holm")]
    worked = {(0, 0): [30, 15], (0, 1): [20], (1, 1): [10]}  # (person, incident) → minutes
    with clock.frozen(at(5)):
        incidents = [make.incident(group_id=desk.id) for _each in range(3)]
    for hour, ((person, incident), minutes) in enumerate(worked.items(), start=9):
        for each in minutes:
            with clock.frozen(at(6, hour, each)):
                actor = make.actor_of(people[person])
                tickets.write_entry(actor, incidents[incident], kind="work", body="Searched", minutes=each)
    with clock.frozen(at(2, month=11)):
        tickets.write_entry(make.actor_of(people[0]), incidents[2], kind="work", body="Later", minutes=99)
    report = build("workload")
    assert figures(report)["worked_seconds"] == 75 * MINUTE
    assert rows(report, "time_by_person") == {"Anna Berg": (2, 65 * MINUTE), "Lars Holm": (1, 10 * MINUTE)}
    assert rows(report, "by_group") == {"Service desk": (3, 0, 3, None, 75 * MINUTE)}


def test_verdicts(app: Flask, make: Factory) -> None:
    """Of five solutions of October two were confirmed, one sent back; one of September is confirmed in October."""
    story = Story(make, SYSTEM, make.organisation("Nordic Foods"), make.group("Service desk"))
    days = (5, 6, 7, 8, 9)
    made = [story.whole(f"Matter {day}", at(day), answer=5, solve=60) for day in days]
    before = story.whole("Of September", at(29, month=9), answer=5, solve=60)
    story.step(before, "reopen", at(29, 12, month=9), note="Again")
    story.resolve(before, at(29, 13, month=9))
    for incident, step, when in (
        (made[0], "close", at(5, 12)),
        (made[1], "close", at(6, 12)),
        (made[2], "reopen", at(7, 12)),
        (before, "close", at(2, 8)),
    ):
        asker = make.actor_of(session.get_one(Person, incident.requester_id), channel="portal")
        with clock.frozen(when):
            tickets.take_step(asker, incident, step, fields={"note": "Still broken"} if step == "reopen" else {})
    story.step(made[3], "close", at(12))
    report = build("satisfaction")
    assert figures(report) == {
        "resolved": 5,
        "confirmed": 2,
        "refused": 1,
        "silent": 2,
        "answered": 3,
        "confirmed_percent": (2, 3),
    }
    assert rows(report, "by_group") == {"Service desk": (2, 1, 2, (2, 3))}


def test_what_services_and_items_incidents_name(month: Month, make: Factory) -> None:
    from cmdb import services as cmdb

    mail, web = (make.ci(name, class_key="business_service") for name in ("Mail", "Web"))
    server = make.ci("mail-1")
    named = {"fast": [mail, server], "slow": [mail, web, server], "overdue": [mail], "before": [web]}
    for name, found in named.items():
        for ci in found:
            with clock.frozen(at(15)):
                cmdb.attach_ci(SYSTEM, month.incidents[name], ci)
    report = build("top")
    minutes = {"fast": 120, "slow": 570}
    both = Fraction(sum(minutes.values()) * MINUTE, 2)
    # opened, resolved, open at the end, mean time to resolve
    assert rows(report, "by_service") == {"Mail": (3, 2, 1, both), "Web": (1, 1, 0, 570 * MINUTE)}
    assert rows(report, "by_ci") == {"mail-1": (2, 2, 0, both)}
    assert rows(report, "by_organisation") == {
        "Nordic Foods": (6, 3, 3, Fraction((120 + 240 + 570) * MINUTE, 3)),
        "Nordic Foods Athens": (1, 1, 0, 300 * MINUTE),
        "Aegean Lines": (1, 1, 0, 60 * MINUTE),
    }


def test_availability(app: Flask, make: Factory) -> None:
    from cmdb import services as cmdb

    lead = make.actor("supervisor")
    story = Story(make, SYSTEM, make.organisation("Nordic Foods"), make.group("Service desk"))
    mail, phone = (make.ci(name, class_key="business_service") for name in ("Mail", "Phone"))
    hour = timedelta(hours=1)
    outages = [  # service, from, hours, major
        (mail, at(30, 22, month=9), 4, True),  # two hours of it in October
        (mail, at(5, 8), 4, True),
        (mail, at(5, 10), 4, True),  # overlaps: 8 to 14 is one outage of six hours
        (mail, at(7, 8), 9, False),
        (phone, at(9, 8), 1, True),
        (mail, at(31, 20), 99, True),  # open at the cut-off
    ]
    for service, begun, hours, major in sorted(outages, key=lambda each: each[1]):
        incident = story.open(f"{service.name} {begun}", begun)
        with clock.frozen(begun):
            cmdb.attach_ci(SYSTEM, incident, service)
            if major:
                majors.declare(lead, incident, reason="Nobody can work", headline=service.name)
        if hours < 99:
            story.resolve(incident, begun + hours * hour)
    whole, down = 31 * 24 * HOUR, (2 + 6 + 4) * HOUR
    report = build("availability")
    assert figures(report) == {"outages": 5}
    # outages, time down, availability, mean time between failures, mean time to restore
    assert rows(report, "by_service") == {
        "Mail": (3, down, (whole - down, whole), Fraction(whole - down, 3), Fraction(down, 3)),
        "Phone": (1, HOUR, (whole - HOUR, whole), whole - HOUR, HOUR),
    }
    (chart,) = report.charts
    assert [(each["label"], each["value"], each["text"]) for each in chart.spec["data"]["values"]] == [
        ("Mail", 12.0, "12:00"), ("Phone", 1.0, "1:00"),
    ]  # fmt: skip


CHANGES = [  # type, risk, outcome, state, opened, closed, incidents caused
    ("normal", "low", "successful", "closed", at(1), at(5), 0),
    ("normal", "high", "failed", "closed", at(2), at(6), 2),
    ("emergency", "high", "successful", "closed", at(20, month=9), at(7), 1),
    ("emergency", "medium", "with_issues", "closed", at(3), at(8), 0),
    ("standard", "low", "backed_out", "closed", at(3), at(9), 0),
    ("normal", "low", "", "rejected", at(4), at(10), 0),
    ("normal", "low", "", "cancelled", at(4), at(11), 0),
    ("normal", "low", "successful", "closed", at(1, month=9), at(25, month=9), 1),
    ("normal", "medium", "", "draft", at(30), None, 0),
    ("normal", "low", "successful", "closed", at(28), at(2, month=11), 0),
]


def make_changes(make: Factory) -> list[Change]:
    made = []
    for change_type, risk, outcome, state, opened, closed, caused in CHANGES:
        with clock.frozen(opened):
            change = make.change()
            for _each in range(caused):
                tickets.links.add_link(SYSTEM, make.incident(), change, relation="caused_by_change")
        change.change_type, change.risk_level, change.review_outcome = change_type, risk, outcome
        change.state, change.closed_at = state, closed
        made.append(change)
    session.flush()
    return made


def test_changes(app: Flask, make: Factory) -> None:
    make_changes(make)
    within_october = [each for each in CHANGES if each[5] is not None and at(1, 0) <= each[5] < at(1, 0, month=11)]
    ended = [each for each in within_october if each[3] == "closed"]
    report = build("changes")
    expected = {"closed": len(ended), "causing": sum(each[6] > 0 for each in ended)}
    expected |= {name: sum(each[2] == name for each in ended) for name in ("with_issues", "failed", "backed_out")}
    expected |= {name: sum(each[3] == name for each in within_october) for name in ("rejected", "cancelled")}
    assert figures(report) == expected | {
        "opened": sum(at(1, 0) <= each[4] < at(1, 0, month=11) for each in CHANGES),
        "success_percent": (sum(each[2] == "successful" for each in ended), len(ended)),
        "emergency_percent": (sum(each[0] == "emergency" for each in ended), len(ended)),
    }
    assert expected["closed"] == 5
    by_type = {row: cells[0] for row, cells in rows(report, "by_type").items()}
    assert sorted(by_type.values()) == [1, 2, 2]
    assert {row: cells for row, cells in rows(report, "by_risk").items() if cells[0]} == {
        "Low": (2, (1, 2), 0, 0, 1, 0),
        "Medium": (1, (0, 1), 1, 0, 0, 0),
        "High": (2, (1, 2), 0, 1, 0, 2),
    }


PROBLEMS = [  # opened, resolved, known error, incidents caused: (opened, minutes of work)
    (at(2), None, True, [(at(3), 30), (at(4), 0)]),
    (at(3), at(10), False, [(at(5), 15), (at(12), 20), (at(11), 0)]),
    (at(1, month=9), at(20, month=9), False, [(at(5, month=9), 60), (at(6), 5)]),
    (at(1, month=9), at(4), False, []),
    (at(20), at(3, month=11), True, [(at(21), 0)]),
    (at(3, month=11), None, False, [(at(4, month=11), 10)]),
]


def make_problems(make: Factory) -> list[Problem]:
    agent, made = make.actor("agent"), []
    for opened, resolved, known, caused in PROBLEMS:
        with clock.frozen(opened):
            problem = make.problem()
        for when, minutes in caused:
            with clock.frozen(when):
                incident = make.incident()
                tickets.links.add_link(SYSTEM, incident, problem, relation="caused_by")
                if minutes:
                    tickets.write_entry(agent, incident, kind="work", body="Searched", minutes=minutes)
        problem.known_error, problem.resolved_at = known, resolved
        if resolved is not None:
            problem.state, problem.state_category = "resolved", "resolved"
        made.append(problem)
    session.flush()
    return made


def test_problems(app: Flask, make: Factory) -> None:
    make_problems(make)
    start, end = at(1, 0), at(1, 0, month=11)
    known_then = [each for each in PROBLEMS if each[0] < end]
    solved = [each for each in known_then if each[1] and start <= each[1] < end]
    still = [each for each in known_then if each[1] is None or each[1] >= end]
    caused = [(each, one) for each in known_then for one in each[3] if start <= one[0] < end]
    times = [int((each[1] - each[0]).total_seconds()) for each in solved if each[1]]
    expected = {
        "opened": sum(each[0] >= start for each in known_then),
        "resolved": len(solved),
        "open": len(still),
        "known_errors": sum(each[2] for each in still),
        "incidents": len(caused),
        "worked_seconds": sum(one[1] for _each, one in caused) * MINUTE,
        "after": sum(each[1] is not None and each[1] < end and one[0] >= each[1] for each, one in caused),
        "resolve_seconds_mean": mean(times),
    }
    assert figures(build("problems")) == expected
    assert expected == {
        "opened": 3, "resolved": 2, "open": 2, "known_errors": 2, "incidents": 7, "worked_seconds": 70 * MINUTE,
        "after": 3, "resolve_seconds_mean": Fraction((7 + 33) * 24 * HOUR, 2),
    }  # fmt: skip


def make_assets(make: Factory) -> list[dict[str, Any]]:
    sites = [Site(name=name) for name in ("Harbour", "Mill")]
    session.add_all(sites)
    session.flush()
    owner = make.person("Anna Berg")
    facts: list[dict[str, Any]] = [
        {"kind": "laptop", "site_id": sites[0].id, "price_minor": 100_000, "currency": "EUR"},
        {"kind": "laptop", "site_id": sites[0].id, "price_minor": 50_050, "currency": "EUR"},
        {"kind": "monitor", "site_id": sites[1].id, "price_minor": 900_000, "currency": "SEK"},
        {"kind": "monitor", "price_minor": 20_000, "currency": "EUR"},
        {"kind": "phone"},
    ]
    warranties = [date(2026, 11, 15), date(2027, 1, 28), date(2027, 1, 29), date(2026, 10, 30), None]
    opened = [at(5), at(6), at(20, month=9), at(7), at(31, 23)]
    for each, until, when in zip(facts, warranties, opened, strict=True):
        if until is not None:
            each["warranty_until"] = until
        with clock.frozen(when):
            asset = make.asset(**each)
        each["made"] = when
        if not any("owner" in other for other in facts):
            each["owner"] = asset.owner_id = owner.id
    with clock.frozen(at(2, month=11)):
        make.asset(kind="laptop")
    return facts


def test_assets(app: Flask, make: Factory) -> None:
    facts = make_assets(make)
    last = date(2026, 10, 31)  # the day of the cut-off
    ends = [each.get("warranty_until") for each in facts]
    report = build("assets")
    expected = {
        "assets": len(facts),
        "recorded": sum(each["made"] >= at(1, 0) for each in facts),
        "with_owner": sum("owner" in each for each in facts),
        "warranty_soon": sum(each is not None and last <= each < last + timedelta(days=90) for each in ends),
        "warranty_over": sum(each is not None and each < last for each in ends),
    }
    assert figures(report) == expected
    assert expected == {"assets": 5, "recorded": 4, "with_owner": 1, "warranty_soon": 2, "warranty_over": 1}
    assert {row: cells[0] for row, cells in rows(report, "by_site").items()} == {
        "Harbour": 2, "Mill": 1, "not noted": 2,
    }  # fmt: skip
    assert sorted(cells[0] for cells in rows(report, "by_asset_kind").values()) == [1, 2, 2]
    assert {row: cells[0] for row, cells in rows(report, "prices").items()} == {"EUR": 3, "SEK": 1}
    priced = report.table("prices")
    assert priced is not None
    assert [row[2].replace("\xa0", " ") for row in priced.rows] == ["1,700.50 EUR", "9,000.00 SEK"]


def cells(report: Report, name: str) -> dict[Any, tuple[Any, ...]]:
    """Rows of a report on agreements: counted, met, missed, of these open, compliance, mean, nine of ten."""
    table = report.table(name)
    assert table is not None
    return {row[:-7]: tuple(map(plain, row[-7:])) for row in table.rows}


def four_hours() -> dict[tuple[str, int], int]:
    return {("resolution", priority): 4 * HOUR for priority in range(1, 6)}


def test_agreements_with_groups(app: Flask, make: Factory) -> None:
    desk, network = make.group("Service desk"), make.group("Network")
    Agreements().make("Network", kind="ola", targets=four_hours(), group_id=network.id)
    story = Story(make, SYSTEM, make.organisation("Nordic Foods"), desk)
    hours = []
    for day, (begun, ended) in enumerate([(9, 12), (8, 13), (8, 12)], start=5):  # hours with the network
        incident = story.open("Passed on", at(day))
        for hour, group in ((begun, network), (ended, desk)):
            with clock.frozen(at(day, hour)):
                tickets.assign(SYSTEM, incident, group_id=group.id)
        story.resolve(incident, at(day, 20))
        hours.append((ended - begun) * HOUR)
    lasting = story.open("Still with the network", at(31, 18))
    with clock.frozen(at(31, 21)):
        tickets.assign(SYSTEM, lasting, group_id=network.id)
    overdue = story.open("Long with the network", at(30, 18))
    with clock.frozen(at(30, 19)):
        tickets.assign(SYSTEM, overdue, group_id=network.id)
    report = build("ola")
    expected = (4, 2, 2, 1, (2, 4), mean(hours), 5 * HOUR)
    assert cells(report, "by_target") == {("Resolution",): expected}
    assert cells(report, "by_owner") == {("Resolution", "Network"): expected}
    assert figures(report) == {
        "compliance": (2, 4), "compliance_resolution": (2, 4), "counted": 4, "met": 2, "breached": 2, "open_overdue": 1,
    }  # fmt: skip


def test_contracts_with_suppliers(app: Flask, make: Factory) -> None:
    supplier = make.organisation("Nordic IT Supply")
    Agreements().make("Support contract", kind="uc", targets=four_hours(), supplier_id=supplier.id)
    story = Story(make, SYSTEM, make.organisation("Nordic Foods"), make.group("Service desk"))
    waits = [3, 5]
    for day, hours in enumerate(waits, start=5):
        incident = story.open("Needs a part", at(day))
        story.step(incident, "hold", at(day, 9), hold_reason="supplier")
        story.step(incident, "resume", at(day, 9 + hours))
        story.resolve(incident, at(day, 20))
    report = build("uc")
    expected = (2, 1, 1, 0, (1, 2), mean([each * HOUR for each in waits]), 5 * HOUR)
    assert cells(report, "by_owner") == {("Resolution", "Nordic IT Supply"): expected}
    assert figures(report)["compliance"] == (1, 2)
