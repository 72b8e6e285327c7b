"""What Nordhav Foods may use: licences per device, per person and for a whole site, one over-assigned, one about to end."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from assets.licences import services as licences
from itsm.identity.actors import actor_of
from itsm.kernel import clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session, unit_of_work

if TYPE_CHECKING:
    from itsm.demo.made import Company


class Bought(NamedTuple):
    """A licence: days since it began and until it ends (None: perpetual), and how many hold it."""

    name: str
    publisher: str
    metric: str
    seats: int | None
    holders: int
    price: int  # whole euros
    began: int
    ends: int | None = None


BOUGHT = (
    Bought("Office suite", "Microsoft", "person", 40, 31, 5280, 300, 65),
    Bought("Drawing tool", "Autodesk", "device", 4, 6, 7900, 200, 165),
    Bought("Endpoint protection", "WithSecure", "device", 60, 22, 2400, 30, 335),
    Bought("PDF editor", "Foxit", "person", 10, 7, 1290, 900),
    Bought("Label design", "NiceLabel", "device", 5, 3, 1500, 500, -20),
    Bought("Warehouse maps", "Esri", "site", None, 0, 3600, 100, 265),
)
KNOWN_FOR = timedelta(days=90)  # since then the demo has its history


def write_licences(made: "Company") -> None:
    """Write the licences, with some of the company's people and PCs as holders."""
    with unit_of_work():
        keeper = actor_of(session.merge(made.people["Marcus Sandberg"]), channel="web")
        people = [person.id for person in made.people.values()]
        pcs = [pc.id for pc in made.pcs.values()]
        for bought in BOUGHT:
            _write(keeper, bought, people if bought.metric == "person" else pcs)


def _write(keeper: Actor, bought: Bought, holders: Sequence[int]) -> None:
    today = clock.now().date()
    with clock.frozen(clock.now() - min(timedelta(days=bought.began), KNOWN_FOR)):
        licence = licences.create_licence(
            keeper,
            name=bought.name,
            publisher=bought.publisher,
            metric=bought.metric,
            seats=bought.seats,
            valid_from=today - timedelta(days=bought.began),
            valid_until=None if bought.ends is None else today + timedelta(days=bought.ends),
            supplier="Nordic IT Supply",
            price_minor=bought.price * 100,
            currency="EUR",
        )
        for holder in holders[: bought.holders]:
            licences.assign(keeper, licence, **{f"{'person' if bought.metric == 'person' else 'ci'}_id": holder})
