"""Every transition of a zone is found, at its exact second."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sla.calendars.zone_offsets import BLOCK_SECONDS, pieces_of_block


def walked_pieces(zone: ZoneInfo, start: int, end: int) -> list[tuple[int, int]]:
    """Starts and offsets of the pieces found by looking at every fifth minute."""
    pieces: list[tuple[int, int]] = []
    for instant in range(start, end, 300):
        offset = round((datetime.fromtimestamp(instant, zone).utcoffset() or timedelta(0)).total_seconds())
        if not pieces or pieces[-1][1] != offset:
            pieces.append((instant, offset))
    return pieces


@pytest.mark.parametrize(
    ("name", "around"),
    [
        ("Africa/Casablanca", 2024),
        ("Australia/Lord_Howe", 2025),
        ("America/Recife", 2000),
        ("Asia/Gaza", 2040),
        ("Pacific/Apia", 2011),
        ("Africa/Cairo", 2014),
        ("Africa/Freetown", 1939),
        ("Etc/UTC", 2026),
    ],
)
def test_pieces_agree_with_a_walk(name: str, around: int) -> None:
    zone = ZoneInfo(name)
    block = int(datetime(around, 10, 1, tzinfo=UTC).timestamp()) // BLOCK_SECONDS
    pieces = pieces_of_block(zone, block)
    walked = walked_pieces(zone, block * BLOCK_SECONDS, (block + 1) * BLOCK_SECONDS)
    assert list(zip(pieces.starts, pieces.offsets, strict=True)) == walked
