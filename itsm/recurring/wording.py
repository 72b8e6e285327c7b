"""Rules as a form asks for them and as people read them; what the form cannot say stays a rule as written. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from itsm.kernel.text import Message, _, plural
from itsm.recurring.rule import parse

WEEKDAYS = {
    "MO": _("Monday"), "TU": _("Tuesday"), "WE": _("Wednesday"), "TH": _("Thursday"), "FR": _("Friday"),
    "SA": _("Saturday"), "SU": _("Sunday"),
}  # fmt: skip
UNITS = {"DAILY": _("days"), "WEEKLY": _("weeks"), "MONTHLY": _("months"), "YEARLY": _("years")}
SIMPLE = frozenset({"FREQ", "INTERVAL", "BYDAY"})


def compose(unit: str, every: int, weekdays: Sequence[str]) -> str:
    """The rule for every so many units, on some days of the week."""
    rule = f"FREQ={unit}"
    if every > 1:
        rule += f";INTERVAL={every}"
    chosen = [day for day in WEEKDAYS if day in weekdays]
    return f"{rule};BYDAY={','.join(chosen)}" if chosen and unit in {"DAILY", "WEEKLY"} else rule


def decompose(rule: str) -> dict[str, Any]:
    """What the form shows for a rule: `unit`, `every`, `weekdays`; or `rule` itself when it says more."""
    parts = parse(rule)
    days = [day for day in parts.get("BYDAY", "").split(",") if day]
    if parts.keys() - SIMPLE or not set(days) <= WEEKDAYS.keys():
        return {"unit": parts["FREQ"], "every": int(parts.get("INTERVAL", 1)), "weekdays": [], "rule": rule}
    return {"unit": parts["FREQ"], "every": int(parts.get("INTERVAL", 1)), "weekdays": days, "rule": ""}


def in_words(rule: str, starts_on: date) -> Message:
    """A rule for people; one that the form cannot say stays as it is written."""
    said = decompose(rule)
    if said["rule"]:
        return rule
    often = _often(said)
    if said["weekdays"]:
        return _("%(often)s, on %(days)s", often=often, days=", ".join(str(WEEKDAYS[day]) for day in said["weekdays"]))
    if said["unit"] == "WEEKLY":
        return _("%(often)s, on %(days)s", often=often, days=list(WEEKDAYS.values())[starts_on.weekday()])
    if said["unit"] == "MONTHLY":
        return _("%(often)s, on day %(day)s", often=often, day=starts_on.day)
    return often


def _often(said: Mapping[str, Any]) -> Message:
    words = {
        "DAILY": lambda number: plural("every day", "every %(num)s days", number),
        "WEEKLY": lambda number: plural("every week", "every %(num)s weeks", number),
        "MONTHLY": lambda number: plural("every month", "every %(num)s months", number),
        "YEARLY": lambda number: plural("every year", "every %(num)s years", number),
    }
    return words[said["unit"]](said["every"])
