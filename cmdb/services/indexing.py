"""The words by which a CI is found."""

from sqlalchemy import select

from cmdb.models import Ci
from itsm.kernel.db import session
from itsm.search import services as search

KIND = "ci"
NAMED = ("ip_address", "mac_address")
SEARCHED = (
    "manufacturer",
    "model",
    "ip_address",
    "mac_address",
    "description",
    "location",
    "last_user",
    "operating_system",
)


def index_new(ci: Ci) -> None:
    """Store the words of a CI that was just made."""
    search.index_new(KIND, ci.id, *_words(ci), names=_names(ci))


def index(ci: Ci) -> None:
    """Store or replace the words of a CI."""
    search.index(KIND, ci.id, *_words(ci), names=_names(ci))


def index_again(after_id: int, limit: int) -> int:
    """Index the next CIs after an id; answers the last one's id, 0 at the end. Who changes one of them waits meanwhile."""
    cis = session.scalars(select(Ci).where(Ci.id > after_id).order_by(Ci.id).limit(limit).with_for_update()).all()
    search.index_all(KIND, [search.Indexed(ci.id, _words(ci), _names(ci)) for ci in cis])
    return cis[-1].id if cis else 0


def _names(ci: Ci) -> list[str]:
    """What is found by any piece of it."""
    return [ci.name, ci.serial, *(str(ci.attributes.get(name) or "") for name in NAMED)]


def _words(ci: Ci) -> list[str]:
    return [
        ci.name,
        ci.serial,
        ci.class_key.replace("_", " "),
        *(str(ci.attributes.get(name) or "") for name in SEARCHED),
    ]
