"""A template's tasks as text, one a line: `! Order the laptop | Purchasing | 24 h | 30 min | after 1`.

`!` marks a required task; parts after the title come in any order: a group's name, hours until due, minutes of work, and
the number of the line that comes first.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from itsm.kernel.errors import Invalid
from itsm.kernel.text import _

_HOURS = re.compile(r"(\d{1,6})\s*h", re.IGNORECASE)
_MINUTES = re.compile(r"(\d{1,6})\s*min", re.IGNORECASE)
_AFTER = re.compile(r"after\s+(\d{1,3})", re.IGNORECASE)
NUMBERS = (("due_hours", _HOURS), ("minutes", _MINUTES), ("after", _AFTER))


def parse_lines(text: str, groups: Mapping[str, int]) -> list[dict[str, Any]]:
    """The items of a template; `groups` are ids by name. Raises `Invalid` that names the line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [_item(number, line, groups) for number, line in enumerate(lines, start=1)]


def _item(number: int, line: str, groups: Mapping[str, int]) -> dict[str, Any]:
    title, *rest = (part.strip() for part in line.split("|"))
    item: dict[str, Any] = {"title": title.lstrip("!").strip(), "required": title.startswith("!")}
    for part in filter(None, rest):
        item |= _part(number, part, groups)
    return item


def _part(number: int, part: str, groups: Mapping[str, int]) -> dict[str, int]:
    for name, pattern in NUMBERS:
        match = pattern.fullmatch(part)
        if match:
            return {name: int(match[1])}
    if part in groups:
        return {"group_id": groups[part]}
    raise Invalid.field("lines", _("Line %(number)s: there is no group “%(name)s”.", number=number, name=part))


def to_lines(items: Sequence[Mapping[str, Any]], groups: Mapping[int, str]) -> str:
    """The items of a template as text."""
    return "\n".join(_line(each, groups) for each in items)


def _line(item: Mapping[str, Any], groups: Mapping[int, str]) -> str:
    parts = [f"! {item['title']}" if item.get("required") else item["title"]]
    if item.get("group_id") in groups:
        parts.append(groups[item["group_id"]])
    parts += [f"{item['due_hours']} h"] if item.get("due_hours") else []
    parts += [f"{item['minutes']} min"] if item.get("minutes") else []
    parts += [f"after {item['after']}"] if item.get("after") else []
    return " | ".join(parts)
