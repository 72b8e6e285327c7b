"""Public holidays of countries and their regions, with names in the reader's language where they are known in it."""

from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any

from babel import Locale

from itsm.kernel.errors import Invalid
from itsm.kernel.text import _

FIRST_YEAR, LAST_YEAR = 1970, 2200
SHOWN_REGIONS = 12


@cache
def _countries() -> Mapping[str, list[str]]:
    import holidays

    return holidays.list_supported_countries(include_aliases=False)


@lru_cache(maxsize=16)
def list_countries(language: str) -> list[tuple[str, str]]:
    """Codes of countries and their names in a language, by name."""
    names = Locale.parse(language).territories
    return sorted(((code, str(names.get(code, code))) for code in _countries()), key=lambda pair: pair[1])


@lru_cache(maxsize=256)
def list_regions(country: str) -> list[tuple[str, str]]:
    """Codes of a country's regions and what they are called there, by name; none for an unknown country."""
    codes = _countries().get(country, [])
    if not codes:
        return []
    called: dict[str, str] = {}
    for name, code in getattr(_class_of(country), "subdivisions_aliases", {}).items():
        called.setdefault(code, name)
    return sorted(((code, called.get(code, code)) for code in codes), key=lambda pair: pair[1])


def _class_of(country: str) -> Any:
    import holidays

    return type(holidays.country_holidays(country))


def checked_place(country: str, region: str = "") -> str:
    """The code of a country (`SE`) or of a region (`DE-BY`); raises `Invalid` for `country` or `region`."""
    country, region = country.strip().upper(), region.strip()
    if country not in _countries():
        raise Invalid.field(
            "country", _("No holidays are known for “%(code)s”. Use a code like SE.", code=country[:40])
        )
    if not region:
        return country
    found = next((code for code in _countries()[country] if code.casefold() == region.casefold()), None)
    if found is None:
        raise Invalid.field("region", _no_region(region, _countries()[country]))
    return f"{country}-{found}"


def _no_region(region: str, known: list[str]) -> Any:
    if not known:
        return _("No regions are known for this country. Leave the region empty.")
    shown = ", ".join(known[:SHOWN_REGIONS]) + (" …" if len(known) > SHOWN_REGIONS else "")
    return _("There is no region “%(code)s”. Known are: %(known)s", code=region[:40], known=shown)


@lru_cache(maxsize=512)
def holidays_of(place: str, year: int, language: str) -> Mapping[date, str]:
    """Holidays of a place (`SE`, `DE-BY`) in a year, in order; one without the region's own for a region no longer known."""
    import holidays

    country, _dash, region = place.partition("-")
    known = getattr(_class_of(country), "supported_languages", ()) or ()
    spoken = next((code for code in known if code.partition("_")[0] == language), None)
    english = next((code for code in known if code.startswith("en")), None)
    found = holidays.country_holidays(
        country,
        subdiv=region if region in _countries().get(country, []) else None,
        years=year,
        language=spoken or english,
    )
    return dict(sorted((day, name) for day, name in found.items() if day.year == year))


def place_title(place: str, language: str) -> str:
    """What a place is called: `Sweden`, `Germany, Bayern`."""
    country, _dash, region = place.partition("-")
    title = dict(list_countries(language)).get(country, country)
    return f"{title}, {dict(list_regions(country)).get(region, region)}" if region else title
