"""How the teams of Nordhav Foods plan: who knows what, who is away, who is on call, and how tickets find their person."""

from datetime import timedelta

from itsm.demo.made import Company
from itsm.identity.actors import actor_of
from itsm.identity.models import Group, Person
from itsm.kernel import clock
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import unit_of_work
from itsm.staffing import services

SKILLS = {  # skill -> what it means, people with their level, categories with the least level
    "Networking": (
        "Switches, Wi-Fi and VPN",
        {"Petros Tsakiris": 5, "Linnea Ek": 3, "Farid Moradi": 4},
        {"Network": 2, "VPN": 3},
    ),
    "Warehouse system": (
        "Scanners, labels and stock",
        {"Nikos Alexiou": 4, "Lucía Ferrer": 3},
        {"Warehouse": 3},
    ),
    "Spanish": ("Talks to the sites in Spain", {"Javier Molina": 5, "Carmen Ibáñez": 5, "Lucía Ferrer": 5}, {}),
}
STRATEGIES = {"Network": "by_skill", "Workplace": "by_load", "Service Desk Madrid": "round_robin"}
LIMITS = {"Eleni Makri": 12, "Marcus Sandberg": 8, "Linnea Ek": 10}
AWAY, DEPUTY = "Marcus Sandberg", "Eleni Makri"
ON_CALL = ("Petros Tsakiris", "Linnea Ek")


def write_staffing(made: Company) -> None:
    """Write skills, limits, strategies, one absence and one rota with a swap and a note."""
    with unit_of_work():
        people = {name: person.id for name, person in made.people.items()}
        _skills(made, people)
        for name, most in LIMITS.items():
            services.set_limit(SYSTEM, people[name], most_open=most)
        for name, strategy in STRATEGIES.items():
            services.set_strategy(SYSTEM, made.groups[name].id, strategy=strategy)
        today = clock.now().replace(hour=6, minute=0, second=0, microsecond=0)
        services.enter_absence(
            SYSTEM,
            person_id=people[AWAY],
            from_at=today - timedelta(days=1),
            until_at=today + timedelta(days=6),
            reason="holiday",
            deputy_id=people[DEPUTY],
        )
        _rota(made.groups["Network"], made.people)


def _skills(made: Company, people: dict[str, int]) -> None:
    for name, (description, levels, needs) in SKILLS.items():
        skill = services.create_skill(SYSTEM, name=name, description=description)
        for person, level in levels.items():
            services.set_level(SYSTEM, skill.id, person_id=people[person], level=level)
        for category, least in needs.items():
            services.set_need(SYSTEM, skill.id, category_id=made.categories[category].id, least_level=least)


def _rota(group: Group, people: dict[str, Person]) -> None:
    now = clock.now().replace(hour=16, minute=0, second=0, microsecond=0)
    monday = now.date() - timedelta(days=now.weekday() + 14)
    rota = services.create_rota(
        SYSTEM,
        name="Network on call",
        group_id=group.id,
        timezone="Europe/Stockholm",
        starts_on=monday,
        handover_minute=9 * 60,
        person_ids=[people[name].id for name in ON_CALL],
    )
    services.add_override(
        SYSTEM,
        rota.id,
        person_id=people["Farid Moradi"].id,
        from_at=now + timedelta(days=3),
        until_at=now + timedelta(days=4),
        note="Swapped for a family birthday",
    )
    services.write_note(
        actor_of(people["Linnea Ek"], channel="web"),
        rota.id,
        body="The link to Athens dropped twice last night. The provider watches it; call them if it drops again.",
    )
