"""Lenient reading of the values in an agent's section: what does not fit is left out and noted, never refused."""

import ipaddress
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

MAX_TEXT = 1000
MAX_ROWS = 50_000
MAX_WARNINGS = 100
MAX_WHOLE = 2**63 - 1

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
_WHOLE = re.compile(r"([+-]?\d{1,18})(?:\.\d*)?(?![\d.])")
_NOT_HEX = re.compile(r"[^0-9a-f]")
_MAC = re.compile(r"[0-9a-f]{2}(?:[:.\-]?[0-9a-f]{2}){5}", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})(?:\D.*)?", re.DOTALL)
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:\D.*)?", re.DOTALL)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
_TRUE = frozenset({"1", "true", "yes", "on", "up", "y"})
_FALSE = frozenset({"0", "false", "no", "off", "down", "n"})
_UNKNOWN = frozenset({"", "n/a", "unknown", "undefined"})
_EPOCH = date(1970, 1, 1)


class Notes:
    """Collects what was odd in a document: each text once, at most ``MAX_WARNINGS`` of them."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}

    def add(self, path: str, message: str) -> None:
        """Note one oddity at a path such as ``cpus.speed``."""
        if len(self._texts) < MAX_WARNINGS:
            self._texts[f"{path}: {message}"] = None

    def texts(self) -> tuple[str, ...]:
        """All notes in the order in which they came up."""
        return tuple(self._texts)


class Row:
    """One object of a document. Every reader takes several keys and uses the first that is present."""

    def __init__(self, data: Mapping[str, object], path: str, notes: Notes) -> None:
        self._data = data
        self._path = path
        self._notes = notes

    def has(self, *keys: str) -> bool:
        """Whether any of the keys is present, even with an empty value."""
        return any(key in self._data for key in keys)

    def text(self, *keys: str) -> str:
        """The value as one line of plain text without control characters; at most ``MAX_TEXT`` characters."""
        key, value = self._first(keys)
        if value is None:
            return ""
        if not isinstance(value, str) and isinstance(value, Mapping | list):
            self._note(key, "is not a text")
            return ""
        cleaned = clean_text(_as_text(value))
        if len(cleaned) > MAX_TEXT:
            self._note(key, f"was cut to {MAX_TEXT} characters")
        return cleaned[:MAX_TEXT]

    def texts(self, key: str) -> tuple[str, ...]:
        """The value as a tuple of distinct texts: from a list, or from a single text."""
        value = self._data.get(key)
        entries = value if isinstance(value, list) else [value]
        texts = (clean_text(_as_text(entry))[:MAX_TEXT] for entry in entries if isinstance(entry, str | int | float))
        return tuple(dict.fromkeys(text for text in texts if text))

    def whole(self, *keys: str) -> int | None:
        """The value as a whole number of 64 bits; a fraction is cut off and a unit behind it is ignored."""
        key, value = self._first(keys)
        number = _as_whole(value)
        if number is None and not _is_unknown(value):
            self._note(key, "is not a whole number")
        return number

    def size(self, *keys: str) -> int | None:
        """The value as a whole number that is not negative; a negative one counts as unknown."""
        number = self.whole(*keys)
        return number if number is not None and number >= 0 else None

    def truth(self, *keys: str) -> bool | None:
        """The value as yes or no; None when it is unknown."""
        key, value = self._first(keys)
        word = _as_text(value).strip().lower() if isinstance(value, str | int | float) else ""
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        if not _is_unknown(value):
            self._note(key, "is neither yes nor no")
        return None

    def mac(self, *keys: str) -> str:
        """The value as a hardware address ``00:11:22:aa:bb:cc``, or empty."""
        key, value = self._first(keys)
        mac = clean_mac(_as_text(value)) if isinstance(value, str) else ""
        if not mac and not _is_unknown(value):
            self._note(key, "is not a hardware address")
        return mac

    def day(self, *keys: str, is_day_first: bool = False) -> date | None:
        """The value as a date; the epoch counts as unknown. ``is_day_first`` reads 03/02/2026 as 3 February."""
        key, value = self._first(keys)
        text = _as_text(value).strip() if isinstance(value, str | int) else ""
        found = _as_day(text, is_day_first=is_day_first)
        if found is None and not _is_unknown(value):
            self._note(key, "is not a date")
        return found if found != _EPOCH else None

    def instant(self, key: str, offset: str) -> datetime | None:
        """The value as an instant in UTC, given the agent's offset from UTC as ``+0200``; empty means UTC."""
        text = self.text(key)
        if not text:
            return None
        try:
            local = datetime.fromisoformat(text)
            zoned = local if local.tzinfo else local.replace(tzinfo=_zone(offset))
            return zoned.astimezone(UTC)
        except (ValueError, OverflowError):
            self._note(key, "is not a date with time")
            return None

    def row(self, key: str) -> "Row":
        """The object under a key; an empty row where there is none."""
        return next(self.rows(key), Row({}, self._path_of(key), self._notes))

    def rows(self, *keys: str) -> Iterator["Row"]:
        """The objects in a list, or the one object that stands in its place; at most ``MAX_ROWS``."""
        key, value = self._first(keys)
        entries = value if isinstance(value, list) else [value]
        if len(entries) > MAX_ROWS:
            self._note(key, f"was cut to {MAX_ROWS} entries")
        for entry in entries[:MAX_ROWS]:
            if isinstance(entry, Mapping):
                yield Row(entry, self._path_of(key), self._notes)
            elif not _is_unknown(entry):
                self._note(key, "has an entry that is not an object")

    def items(self) -> Iterator[tuple[str, object]]:
        """All keys with their raw values."""
        return iter(self._data.items())

    def _first(self, keys: tuple[str, ...]) -> tuple[str, object]:
        for key in keys:
            value = self._data.get(key)
            if value is not None and value != "":
                return key, value
        return keys[0], None

    def _path_of(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _note(self, key: str, message: str) -> None:
        self._notes.add(self._path_of(key), message)


def clean_text(text: str) -> str:
    """Plain text on one line: control characters, lone surrogates and line breaks become one space."""
    return text.strip() if text.isprintable() else _UNPRINTABLE.sub(" ", text).strip()


def clean_mac(text: str) -> str:
    """A hardware address as ``00:11:22:aa:bb:cc``, from any usual spelling; empty when it is none."""
    candidate = text.strip()
    if not _MAC.fullmatch(candidate):
        return ""
    digits = _NOT_HEX.sub("", candidate.lower())
    return ":".join(digits[start : start + 2] for start in range(0, 12, 2))


def clean_address(text: str) -> str:
    """An IP address in its short form, without zone or prefix length; empty when it is none."""
    try:
        return str(ipaddress.ip_address(text.strip().split("%")[0].split("/")[0]))
    except ValueError:
        return ""


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int) and abs(value) > MAX_WHOLE:
        return ""
    return str(value)


def _as_whole(value: object) -> int | None:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and abs(value) <= MAX_WHOLE else None
    if isinstance(value, int):
        return value if abs(value) <= MAX_WHOLE else None
    found = _WHOLE.match(value.strip()) if isinstance(value, str) else None
    return int(found[1]) if found else None


def _is_unknown(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in _UNKNOWN)


@lru_cache(maxsize=4096)
def _as_day(text: str, *, is_day_first: bool) -> date | None:
    try:
        if found := _YEAR_FIRST.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _YEAR_LAST.fullmatch(text):
            first, second = int(found[1]), int(found[2])
            day, month = (first, second) if is_day_first else (second, first)
            return date(int(found[3]), month, day)
    except ValueError:
        return None
    return None


def _zone(offset: str) -> timezone:
    found = _OFFSET.fullmatch(offset.strip())
    if not found:
        return UTC
    shift = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(shift if found[1] == "+" else -shift)
