"""Checking attribute values against their type."""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from cmdb.classes import Attribute
from itsm.kernel.errors import Invalid
from itsm.kernel.text import Message, _

LONGEST_TEXT = 4000
LARGEST_VALUE = 64_000  # characters of JSON, for values that no class knows
LARGEST_NUMBER = 10**18
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
MAC_DIGITS = re.compile(r"[0-9a-f]{12}")
TRUE, FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


def checked(attribute: Attribute, value: Any) -> Any:
    """The value as it is stored; raises `Invalid` that names the attribute. None and blank text mean "not known"."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return CHECKS[attribute.type](attribute, value)
    except (ValueError, TypeError, OverflowError) as error:
        raise Invalid.field(attribute.name, _fault(attribute)) from error


def _fault(attribute: Attribute) -> Message:
    wanted = WANTED[attribute.type]
    if attribute.type == "choice":
        return _(
            "“%(title)s” must be one of: %(choices)s.", title=attribute.label, choices=", ".join(attribute.choices)
        )
    return _("“%(title)s” must be %(wanted)s.", title=attribute.label, wanted=wanted)


def _text(attribute: Attribute, value: Any) -> str:
    del attribute
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise TypeError(value)
    text = str(value).replace("\x00", "").strip()
    if len(text) > LONGEST_TEXT:
        raise ValueError(text)
    return text


def _number(attribute: Attribute, value: Any) -> int | float:
    del attribute
    if isinstance(value, bool):
        raise TypeError(value)
    number = float(value)
    if not -LARGEST_NUMBER < number < LARGEST_NUMBER:
        raise ValueError(value)
    return int(number) if number.is_integer() else number


def _date(attribute: Attribute, value: Any) -> str:
    del attribute
    return date.fromisoformat(str(value)).isoformat()


def _boolean(attribute: Attribute, value: Any) -> bool:
    del attribute
    text = str(value).strip().lower()
    if text not in TRUE | FALSE:
        raise ValueError(value)
    return text in TRUE


def _choice(attribute: Attribute, value: Any) -> str:
    if value not in attribute.choices:
        raise ValueError(value)
    return str(value)


def _url(attribute: Attribute, value: Any) -> str:
    text = _text(attribute, value)
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(value)
    return text


def _ip(attribute: Attribute, value: Any) -> str:
    del attribute
    return str(ipaddress.ip_address(str(value).strip()))


def _mac(attribute: Attribute, value: Any) -> str:
    del attribute
    return mac_text(str(value))


def mac_text(text: str) -> str:
    """A MAC address as `00:1a:2b:3c:4d:5e`, however it was written; raises `ValueError`."""
    digits = re.sub(r"[\s:.-]", "", text).lower()
    if not MAC_DIGITS.fullmatch(digits):
        raise ValueError(text)
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


CHECKS: Mapping[str, Callable[[Attribute, Any], Any]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "boolean": _boolean,
    "choice": _choice,
    "url": _url,
    "ip": _ip,
    "mac": _mac,
}
WANTED: Mapping[str, Message] = {
    "text": _("a text of at most 4,000 characters"),
    "number": _("a number"),
    "date": _("a day such as 2026-11-21"),
    "boolean": _("yes or no"),
    "choice": _("one of the choices"),
    "url": _("an address that begins with https:// or http://"),
    "ip": _("an IP address"),
    "mac": _("a MAC address such as 00:1a:2b:3c:4d:5e"),
}


def checked_definitions(definitions: Any) -> list[dict[str, Any]]:
    """Attribute definitions of a class as they are stored; raises `Invalid` for the field `attributes`."""
    stored: list[dict[str, Any]] = []
    for given in definitions:
        name, kind = str(given.get("name", "")), given.get("type", "text")
        choices = [str(choice) for choice in given.get("choices", ())]
        if not NAME.fullmatch(name) or any(known["name"] == name for known in stored):
            raise _refused(
                _("“%(name)s” is no good name: small letters, digits and _ only, each once.", name=name[:60])
            )
        if kind not in CHECKS:
            raise _refused(_("“%(name)s” needs a type out of: %(types)s.", name=name, types=", ".join(CHECKS)))
        if kind == "choice" and not choices:
            raise _refused(_("“%(name)s” needs its choices.", name=name))
        stored.append({
            "name": name, "title": str(given.get("title") or name), "type": kind, "unit": str(given.get("unit", "")),
            "required": bool(given.get("required")), "choices": choices,
        })  # fmt: skip
    return stored


def _refused(text: Message) -> Invalid:
    return Invalid.field("attributes", text)


def checked_discovered(name: str, value: Any) -> Any:
    """A value of an attribute that no class knows, as JSON can hold it; raises `Invalid` when it is too large."""
    text = json.dumps(value, default=str)
    if len(text) > LARGEST_VALUE or len(name) > 100:
        raise Invalid.field(name[:100], _("This value is too large to be kept."))
    return json.loads(text)
