"""The words by which a CI is found."""

from cmdb.models import Ci
from itsm.search import services as search

KIND = "ci"
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
    search.index_new(KIND, ci.id, *_words(ci))


def index(ci: Ci) -> None:
    """Store or replace the words of a CI."""
    search.index(KIND, ci.id, *_words(ci))


def _words(ci: Ci) -> list[str]:
    return [
        ci.name,
        ci.serial,
        ci.class_key.replace("_", " "),
        *(str(ci.attributes.get(name) or "") for name in SEARCHED),
    ]
