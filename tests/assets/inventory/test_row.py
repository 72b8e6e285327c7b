from datetime import UTC, date, datetime

import pytest

from assets.inventory.row import MAX_TEXT, MAX_WARNINGS, Notes, Row, clean_address, clean_mac


def row(value: object, notes: Notes | None = None) -> Row:
    return Row({"key": value}, "content.part", notes or Notes())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"),
        (12, "12"),
        (True, "1"),
        (None, ""),
        ("  a\x00b\r\nc ", "a b c"),
        ("\ud800x", "x"),
        ({"a": 1}, ""),
        (10**400, ""),
    ],
)
def test_text(value: object, expected: str) -> None:
    assert row(value).text("key") == expected


def test_a_long_text_is_cut_and_noted() -> None:
    notes = Notes()
    assert len(row("x" * 5000, notes).text("key")) == MAX_TEXT
    assert notes.texts() == ("content.part.key: was cut to 1000 characters",)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "'; DROP TABLE ci; --", "&lt;b&gt;", "{{ config }}"])
def test_markup_and_code_stay_plain_text(text: str) -> None:
    assert row(text).text("key") == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7),
        ("7", 7),
        ("-1", -1),
        ("274877.906944", 274877),
        (1.9, 1),
        ("100 Mbps", 100),
        ("1600 MT/s", 1600),
        (float("inf"), None),
        (float("nan"), None),
        (2**64, None),
        ("9" * 5000, None),
        ("many", None),
        ("1.2.3", None),
        ([], None),
        ("", None),
    ],
)
def test_whole(value: object, expected: int | None) -> None:
    assert row(value).whole("key") == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), (False, False), ("Yes", True), ("off", False), ("x", None)]
)
def test_truth(value: object, expected: bool | None) -> None:
    assert row(value).truth("key") is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-03", date(2026, 2, 3)),
        ("2025/05/24 14:36:49", date(2025, 5, 24)),
        ("20260203", date(2026, 2, 3)),
        ("03/02/2026", date(2026, 2, 3)),
        ("1970-00-01", None),
        ("1970-01-01 00:00:00", None),
        ("yesterday", None),
        ("2026-13-40", None),
    ],
)
def test_day(text: str, expected: date | None) -> None:
    assert row(text).day("key", is_day_first=True) == expected


def test_a_bios_date_is_month_first() -> None:
    assert row("03/02/2026").day("key") == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("offset", "hour"), [("+0200", 5), ("-0530", 12), ("", 7), ("+9999", None), ("CET", 7)], ids=str
)
def test_instant_is_in_utc(offset: str, hour: int | None) -> None:
    found = row("2026-03-02 07:00:00").instant("key", offset)
    assert (found.hour if found else None) == hour
    assert found is None or found.tzinfo is UTC


def test_an_instant_at_the_edge_of_time_is_left_out() -> None:
    assert row("0001-01-01 00:00:00").instant("key", "+0200") is None
    assert row("2026-03-02T07:00:00+00:00").instant("key", "+0200") == datetime(2026, 3, 2, 7, tzinfo=UTC)


def test_one_object_stands_for_a_list_of_one() -> None:
    assert [inner.text("a") for inner in row({"a": "x"}).rows("key")] == ["x"]
    assert [inner.text("a") for inner in row([{"a": "x"}, "junk", {"a": "y"}]).rows("key")] == ["x", "y"]


def test_what_does_not_fit_is_noted_once_with_its_path() -> None:
    notes = Notes()
    for value in ("a", "b"):
        row(value, notes).whole("key")
    row([1], notes).row("key")
    row("zz", notes).mac("key")
    assert notes.texts() == (
        "content.part.key: is not a whole number",
        "content.part.key: has an entry that is not an object",
        "content.part.key: is not a hardware address",
    )


def test_the_number_of_notes_is_bounded() -> None:
    notes = Notes()
    for number in range(1000):
        notes.add(str(number), "is odd")
    assert len(notes.texts()) == MAX_WARNINGS


@pytest.mark.parametrize("text", ["00:11:22:AA:BB:CC", "00-11-22-aa-bb-cc", "001122aabbcc", "0011.22aa.bbcc"])
def test_hardware_addresses_have_one_spelling(text: str) -> None:
    assert clean_mac(text) == "00:11:22:aa:bb:cc"


@pytest.mark.parametrize("text", ["", "00:11:22:aa:bb", "00:11:22:aa:bb:cc:dd", "zz:11:22:aa:bb:cc"])
def test_other_texts_are_no_hardware_address(text: str) -> None:
    assert clean_mac(text) == ""


@pytest.mark.parametrize(
    ("text", "expected"), [("fe80::1%eth0", "fe80::1"), ("10.0.0.1/8", "10.0.0.1"), ("fff0:::", "")]
)
def test_addresses(text: str, expected: str) -> None:
    assert clean_address(text) == expected
