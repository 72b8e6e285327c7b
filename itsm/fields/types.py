"""The types of fields: how a value is checked, stored, indexed, asked about and shown."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from itsm.fields.definition import Definition
from itsm.fields.models import INDEXED_LENGTH
from itsm.fields.patterns import LONGEST_TEXT, compiled
from itsm.identity.models import Person
from itsm.kernel.db import session
from itsm.kernel.text import Message, _
from itsm.query.fields import FieldType
from itsm.query.text import fold
from itsm.query.values import western_digits

LONGEST_LONG_TEXT = 20_000
LARGEST_NUMBER = Decimal(10) ** 15
MOST_CHOICES = 50
TRUE, FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


class Unfit(ValueError):
    """A value that does not fit its field; `message` is for the person."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


def _plain(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise Unfit(_("This must be a text."))
    text = value.strip()
    if "\x00" in text:
        raise Unfit(_("This text holds a character that cannot be kept."))
    if len(text) > longest:
        raise Unfit(_("This is too long: %(most)s characters are the most.", most=longest))
    return text


def _short_text(definition: Definition, value: Any) -> str:
    text = _plain(value, LONGEST_TEXT)
    pattern = definition.options.get("pattern", "")
    if pattern and not compiled(pattern).fullmatch(text):
        example = definition.options.get("example", "")
        raise Unfit(_("This must look like %(example)s.", example=example or pattern))
    return text


def _long_text(definition: Definition, value: Any) -> str:
    del definition
    return _plain(value, LONGEST_LONG_TEXT)


def _number(definition: Definition, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unfit(_("This must be a number."))
    try:
        number = Decimal(western_digits(str(value)).replace("٫", ".").strip())
    except InvalidOperation as error:
        raise Unfit(_("This must be a number.")) from error
    _check_range(definition, number)
    places = int(definition.options.get("decimals", 0))
    if number != round(number, places):
        raise Unfit(
            _("At most %(places)s digits may follow the point.", places=places)
            if places
            else _("This must be a whole number.")
        )
    return int(number) if number == number.to_integral_value() else float(number)


def _check_range(definition: Definition, number: Decimal) -> None:
    least, most = definition.options.get("minimum"), definition.options.get("maximum")
    if not number.is_finite() or abs(number) > LARGEST_NUMBER:
        raise Unfit(_("This number is too large."))
    if least is not None and number < Decimal(str(least)):
        raise Unfit(_("This must be at least %(least)s.", least=least))
    if most is not None and number > Decimal(str(most)):
        raise Unfit(_("This must be at most %(most)s.", most=most))


def _yes_no(definition: Definition, value: Any) -> bool:
    del definition
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in TRUE | FALSE:
        raise Unfit(_("This must be yes or no."))
    return word in TRUE


def _choice(definition: Definition, value: Any) -> str:
    offered = [choice.key for choice in definition.choices if choice.offered]
    if value not in offered:
        raise Unfit(_("Choose one of: %(names)s.", names=", ".join(offered)))
    return str(value)


def _choices(definition: Definition, value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        raise Unfit(_("This must be a list."))
    chosen = {_choice(definition, one) for one in value}
    return [choice.key for choice in definition.choices if choice.key in chosen]


def _day(definition: Definition, value: Any) -> str:
    del definition
    try:
        return date.fromisoformat(western_digits(str(value).strip())).isoformat()
    except ValueError as error:
        raise Unfit(_("Write a day like 2026-11-21.")) from error


def _instant(definition: Definition, value: Any) -> str:
    del definition
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        if instant.tzinfo is None:
            raise Unfit(_("Day and time need a zone, like 2026-11-21T14:00:00+01:00."))
        return instant.astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:
        if isinstance(error, Unfit):
            raise
        raise Unfit(_("Write day and time like 2026-11-21T14:00:00+01:00.")) from error


def _person(definition: Definition, value: Any) -> int:
    """An id, as forms and records give it, or an address, as programs do."""
    del definition
    from itsm.identity import queries as identity

    text = str(value).strip()
    if "@" in text:
        found = identity.find_by_email(text)
    else:
        found = session.get(Person, int(text)) if text.isdecimal() and len(text) < 19 else None
    if found is None:
        raise Unfit(_("Nobody has the address %(email)s.", email=text[:100]))
    return int(found.id)


def _address(definition: Definition, value: Any) -> str:
    del definition
    text = _plain(value, INDEXED_LENGTH)
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        good = False
    if not good or len(fold(text)) > INDEXED_LENGTH:
        raise Unfit(_("This must be an address that begins with https:// or http://."))
    return text


Index = tuple[str, Any]  # column of `field_value` and what stands in it


def _as_text(value: Any) -> Iterator[Index]:
    yield "text", fold(value)[:INDEXED_LENGTH]


def _as_texts(value: Any) -> Iterator[Index]:
    for one in value:
        yield "text", fold(one)


def _as_number(value: Any) -> Iterator[Index]:
    yield "number", float(value)


def _as_day(value: Any) -> Iterator[Index]:
    yield "number", float(date.fromisoformat(value).toordinal())


def _as_instant(value: Any) -> Iterator[Index]:
    yield "at", datetime.fromisoformat(value)


def _nowhere(value: Any) -> Iterator[Index]:
    del value
    yield from ()


def _itself(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Type:
    """One type: its title, what makes a stored value, how that is indexed, and what queries see of it.

    `asked` is None for a type that cannot be searched; `read` turns a stored value into what predicates compare.
    `one_of_many` says that two records may be forbidden to have the same value.
    """

    title: Message
    check: Callable[[Definition, Any], Any]
    index: Callable[[Any], Iterator[Index]]
    asked: FieldType | None
    read: Callable[[Any], Any] = _itself
    one_of_many: bool = False


TYPES: Mapping[str, Type] = {
    "text": Type(_("Short text"), _short_text, _as_text, FieldType.TEXT, one_of_many=True),
    "long_text": Type(_("Long text"), _long_text, _nowhere, None),
    "number": Type(_("Number"), _number, _as_number, FieldType.NUMBER, one_of_many=True),
    "yes_no": Type(_("Yes or no"), _yes_no, _as_number, FieldType.BOOLEAN),
    "choice": Type(_("One choice"), _choice, _as_text, FieldType.CHOICE),
    "choices": Type(_("Several choices"), _choices, _as_texts, FieldType.CHOICE),
    "day": Type(_("Day"), _day, _as_day, FieldType.DAY, date.fromisoformat),
    "instant": Type(_("Day and time"), _instant, _as_instant, FieldType.INSTANT, datetime.fromisoformat),
    "person": Type(_("Person"), _person, _as_number, FieldType.PERSON),
    "address": Type(_("Web address"), _address, _as_text, FieldType.TEXT, one_of_many=True),
}


def is_blank(value: Any) -> bool:
    """Whether a given value means that there is none."""
    return value is None or value in ("", [], ()) or (isinstance(value, str) and not value.strip())


def checked(definition: Definition, value: Any) -> Any:
    """The value as it is stored, None for none; raises `Unfit`."""
    if is_blank(value):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        raise Unfit(_("This number is too large."))
    found = TYPES[definition.type].check(definition, value)
    return None if is_blank(found) else found
