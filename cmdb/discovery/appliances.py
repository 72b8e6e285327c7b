"""Printers and uninterruptible power supplies."""

from typing import Final

from cmdb.discovery.client import Value
from cmdb.discovery.facts import PrinterFacts, Supply, UpsFacts
from cmdb.discovery.tables import TableReader
from cmdb.discovery.values import number, text

PRINTER_MODEL: Final = "1.3.6.1.2.1.25.3.2.1.3.1"
PRINTER_SERIAL: Final = "1.3.6.1.2.1.43.5.1.1.17.1"
UPS_VENDOR: Final = "1.3.6.1.2.1.33.1.1.1.0"
UPS_MODEL: Final = "1.3.6.1.2.1.33.1.1.2.0"
UPS_FIRMWARE: Final = "1.3.6.1.2.1.33.1.1.3.0"
_PAGE_COUNT: Final = "1.3.6.1.2.1.43.10.2.1.4.1.1"
_SUPPLY_ENTRY: Final = "1.3.6.1.2.1.43.11.1.1"
_BATTERY_STATUS: Final = "1.3.6.1.2.1.33.1.2.1.0"
_MINUTES_LEFT: Final = "1.3.6.1.2.1.33.1.2.3.0"
_CHARGE: Final = "1.3.6.1.2.1.33.1.2.4.0"
_LOAD: Final = "1.3.6.1.2.1.33.1.4.4.1.5.1"
_BATTERY_STATES: Final = {2: "normal", 3: "low", 4: "depleted"}
_SOME_LEFT: Final = -3


async def read_printer(reader: TableReader) -> PrinterFacts:
    """Read the page count and the supplies."""
    pages = await reader.values("printer", (_PAGE_COUNT,))
    columns = await reader.columns("supplies", _SUPPLY_ENTRY, (5, 6, 8, 9))
    indexes = sorted(columns[6].keys() | columns[9].keys())
    supplies = tuple(_supply(*(columns[number].get(index) for number in (6, 5, 8, 9))) for index in indexes)
    return PrinterFacts(number(pages.get(_PAGE_COUNT)), supplies)


def _supply(description: Value | None, kind: Value | None, capacity: Value | None, level: Value | None) -> Supply:
    """Build a supply; a level of -2 is unknown and one of -3 means that some is left. Rule: RFC 3805 section 6."""
    most, left = number(capacity), number(level)
    percent = None
    if most is not None and left is not None and most > 0 and left >= 0:
        percent = min(100, round(left * 100 / most))
    return Supply(text(description, limit=255), number(kind), percent, left == _SOME_LEFT or bool(percent))


async def read_ups(reader: TableReader) -> UpsFacts:
    """Read the battery's state and the output's load."""
    values = await reader.values("ups", (_BATTERY_STATUS, _MINUTES_LEFT, _CHARGE, _LOAD))
    minutes = number(values.get(_MINUTES_LEFT))
    return UpsFacts(
        battery_status=_BATTERY_STATES.get(number(values.get(_BATTERY_STATUS)) or 0, "unknown"),
        charge_percent=number(values.get(_CHARGE)),
        runtime_seconds=None if minutes is None else minutes * 60,
        load_percent=number(values.get(_LOAD)),
    )
