"""Why a change is risky: what the records themselves say, beside the level that a person chose. Pure."""

from dataclasses import dataclass

from itsm.kernel.text import Message, _, plural


@dataclass(frozen=True)
class RiskFacts:
    """What the risk of a change is told from; counts are of the affected services, people and colliding changes."""

    emergency: bool = False
    outage_expected: bool = False
    services: int = 0
    people: int = 0
    collisions: int = 0
    has_test_plan: bool = True
    has_backout_plan: bool = True


def reasons(facts: RiskFacts) -> list[Message]:
    """What speaks for a higher risk, in words; empty when nothing does. Rule: G7."""
    found = []
    if facts.emergency:
        found.append(_("It is an emergency: there was little time to prepare it."))
    if facts.outage_expected:
        found.append(_("An outage is expected."))
    if facts.services:
        found.append(plural("It touches %(num)s service.", "It touches %(num)s services.", facts.services))
    if facts.people:
        found.append(plural("%(num)s person depends on that.", "%(num)s people depend on that.", facts.people))
    if facts.collisions:
        found.append(plural("%(num)s other change overlaps it.", "%(num)s other changes overlap it.", facts.collisions))
    if not facts.has_test_plan:
        found.append(_("There is no test plan."))
    if not facts.has_backout_plan:
        found.append(_("There is no back-out plan."))
    return found
