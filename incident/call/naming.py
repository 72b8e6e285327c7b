"""The configuration item that a title names outright."""

import re

from sqlalchemy import select

from cmdb import policy
from cmdb.models import Ci
from itsm.kernel.actor import Actor
from itsm.kernel.db import session

NAME = re.compile(r"\w[\w.-]*\w")
SHORTEST_NAME = 4
MOST_NAMES = 20


def named_ci(actor: Actor, title: str) -> int | None:
    """The id of the only CI in use whose name stands in a title as one word, or None."""
    names = {word.lower() for word in NAME.findall(title) if len(word) >= SHORTEST_NAME and _looks_like_name(word)}
    if not names:
        return None
    statement = select(Ci.id).where(Ci.name_key.in_(sorted(names)[:MOST_NAMES]), Ci.state != "retired")
    found = session.scalars(statement.where(policy.visible(actor)).limit(2)).all()
    return found[0] if len(found) == 1 else None


def _looks_like_name(word: str) -> bool:
    return not word.isalpha() and not word.isdecimal()
