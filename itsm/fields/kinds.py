"""What a kind of record says of itself so that administrators can give it fields."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from itsm.kernel.text import Message
from itsm.query.fields import Field

EVERYWHERE: Sequence[int] = ()


@dataclass(frozen=True)
class Draft:
    """A form as it stands: facts by name as attributes would be (`facts`), own values by key (`custom`), and its scopes.

    Conditions read it as they read a record, so that one evaluator serves forms, records and SQL. `scope_ids` are the
    scopes that the record lies in, the nearest and those above it.
    """

    facts: Mapping[str, Any]
    custom: Mapping[str, Any]
    scope_ids: Sequence[int] = EVERYWHERE

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.facts.get(name)


@dataclass(frozen=True)
class FieldedKind:
    """A kind of record with fields of the site's own; a module names it in `MODULE.fielded`.

    `facts` are the fields of the kind's form that conditions may ask about; their `get` reads an attribute of the record
    or of a draft. `read_form(posted)` answers the facts and scope ids that a posted form states. `scopes` answers the title
    of every scope, in order. Whoever holds `staff` sees fields for staff.
    """

    name: str
    title: Message
    staff: str
    facts: Callable[[], Iterable[Field]]
    read_form: Callable[[Mapping[str, str]], tuple[Mapping[str, Any], Sequence[int]]]
    scopes: Callable[[], Mapping[int, str]]
