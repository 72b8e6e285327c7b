"""The values that never identify a machine: those that everyone knows, and those that the site added."""

from assets.inventory.junk import DEFAULT_JUNK, JunkValues
from itsm.kernel import preferences

JUNK = "inventory.junk"


def site_junk() -> JunkValues:
    """The lists in force; the setting `inventory.junk` maps serials, uuids, names, makes and macs to lists of values."""
    more: dict[str, list[str]] = preferences.get(JUNK, default={})
    return DEFAULT_JUNK.with_more(**more) if more else DEFAULT_JUNK
