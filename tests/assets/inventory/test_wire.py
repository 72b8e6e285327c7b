import gzip
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.inventory import wire
from assets.inventory.wire import Coding, InventoryRefused, coding_of, deflate, inflate, sniff

TEXT = b'{"action": "contact", "deviceid": "pc-1"}'


@pytest.mark.parametrize("coding", list(Coding))
def test_what_is_deflated_is_recognised_and_inflated(coding: Coding) -> None:
    assert inflate(deflate(TEXT, coding)) == (TEXT, coding)


@pytest.mark.parametrize("level", range(10))
def test_every_zlib_level_is_recognised(level: int) -> None:
    assert inflate(zlib.compress(TEXT, level)) == (TEXT, Coding.ZLIB)


def test_answers_carry_the_zlib_header_that_agents_search_for() -> None:
    assert deflate(TEXT, Coding.ZLIB)[:2] == b"\x78\x9c"
    assert deflate(TEXT, Coding.GZIP)[:3] == b"\x1f\x8b\x08"


@pytest.mark.parametrize("head", [b"{", b" \r\n{", b"<?xml", b"\xef\xbb\xbf<", b"\xff\xfe<\0", b"\xfe\xff\0<"])
def test_text_is_plain_with_any_blank_or_mark_before_it(head: bytes) -> None:
    assert coding_of(head + TEXT) is Coding.PLAIN


@pytest.mark.parametrize(("data", "expected"), [(b" {}", "json"), (b"<REQUEST/>", "xml"), (b"\xff\xfe<\0R\0", "xml")])
def test_the_format_is_told_by_the_first_sign(data: bytes, expected: str) -> None:
    assert sniff(data) == expected


@pytest.mark.parametrize("data", [b"[1]", b"hello", b"", b"   "])
def test_what_is_neither_format_is_refused(data: bytes) -> None:
    with pytest.raises(InventoryRefused, match="neither a JSON object nor an XML document"):
        sniff(data)


@pytest.mark.parametrize("body", [b"", zlib.compress(b"")])
def test_an_empty_body_is_refused(body: bytes) -> None:
    with pytest.raises(InventoryRefused, match="body: is empty"):
        inflate(body)


def test_a_body_over_the_raw_limit_is_refused() -> None:
    with pytest.raises(InventoryRefused, match="larger than"):
        inflate(b"{" * (wire.MAX_RAW_BYTES + 1))


def _bomb(window_bits: int, megabytes: int) -> bytes:
    compressor = zlib.compressobj(9, wbits=window_bits)
    block = bytes(1024 * 1024)
    return b"".join(compressor.compress(block) for _ in range(megabytes)) + compressor.flush()


@pytest.mark.parametrize("window_bits", [15, 31, -15], ids=["zlib", "gzip", "deflate"])
def test_a_bomb_of_200_megabytes_is_refused_before_it_is_unpacked(window_bits: int) -> None:
    bomb = _bomb(window_bits, 200)
    tracemalloc.start()
    try:
        with pytest.raises(InventoryRefused, match="inflates to more than"):
            inflate(bomb)
        assert tracemalloc.get_traced_memory()[1] < 2 * wire.MAX_INFLATED_BYTES
    finally:
        tracemalloc.stop()


def test_a_small_body_may_inflate_up_to_the_floor() -> None:
    body = zlib.compress(b"{" * wire.RATIO_FLOOR_BYTES)
    assert len(body) * wire.MAX_RATIO < wire.RATIO_FLOOR_BYTES * 2
    assert len(inflate(body)[0]) == wire.RATIO_FLOOR_BYTES


def test_one_byte_more_than_allowed_is_refused() -> None:
    with pytest.raises(InventoryRefused, match="inflates to more than 1048576 bytes"):
        inflate(zlib.compress(b"{" * (wire.RATIO_FLOOR_BYTES + 1)))


@pytest.mark.parametrize("coding", [Coding.ZLIB, Coding.GZIP, Coding.DEFLATE])
def test_a_truncated_body_is_refused_at_every_cut(coding: Coding) -> None:
    body = deflate(TEXT * 3, coding)
    for cut in range(2, len(body)):
        with pytest.raises(InventoryRefused):
            inflate(body[:cut])


@pytest.mark.parametrize("body", [zlib.compress(TEXT) + b"more", gzip.compress(TEXT) + gzip.compress(TEXT)])
def test_data_behind_the_compressed_data_is_refused(body: bytes) -> None:
    with pytest.raises(InventoryRefused, match="other data after"):
        inflate(body)


def test_a_damaged_body_is_refused() -> None:
    body = bytearray(zlib.compress(TEXT))
    body[-1] ^= 1
    with pytest.raises(InventoryRefused, match="not valid zlib data"):
        inflate(bytes(body))


@given(st.binary(max_size=300))
def test_any_bytes_are_inflated_or_refused(body: bytes) -> None:
    with suppress(InventoryRefused):
        data, coding = inflate(body)
        assert data
        assert coding in Coding
