"""A list of assets as a sheet: the rows and columns that the page shows, no more. Rule: A7."""

from typing import Any

from assets.kinds import KINDS
from assets.lifecycle import LIFECYCLE, STOCK_STATES
from itsm.kernel.text import Message, _

TITLES: tuple[Message, ...] = (
    _("Tag"), _("Name"), _("Kind"), _("Manufacturer"), _("Model"), _("Serial number"), _("State"), _("User"), _("Site"),
    _("Warranty until"),
)  # fmt: skip


def state_words(row: Any) -> str:
    """The state of an asset in words, with the state of the stock."""
    title = str(LIFECYCLE[row.state].title)
    return f"{title} ({STOCK_STATES[row.stock_state]})" if row.stock_state == "reserved" else title


def cells(row: Any) -> list[Any]:
    """The cells of one row; days stay days."""
    return [
        row.tag,
        row.name,
        str(KINDS.get(row.kind, row.kind)),
        row.manufacturer,
        row.model,
        row.serial,
        state_words(row),
        row.owner_name,
        row.site_name,
        row.warranty_until,
    ]
