"""Reading what devices put into values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb.discovery.values import identifier, mac, network_address, number, serial, text


@pytest.mark.parametrize(
    "value",
    [
        bytes.fromhex("00a1b2c3d4e5"),
        b"00:A1:B2:C3:D4:E5",
        b"00-a1-b2-c3-d4-e5",
        b"00a1.b2c3.d4e5",
        b"00a1b2c3d4e5",
        b"00 A1 B2 C3 D4 E5 ",
    ],
)
def test_mac_addresses_are_read_in_every_spelling(value: bytes) -> None:
    assert mac(value) == "00:a1:b2:c3:d4:e5"


@pytest.mark.parametrize("value", [b"", b"\0" * 6, b"\xff" * 6, b"vmnic3x", b"00a1b2c3d4", 5, None, "1.2.3"])
def test_what_is_no_mac_address_is_none(value: bytes | int | str | None) -> None:
    assert mac(value) is None


@pytest.mark.parametrize("value", [b"010A382071", bytes.fromhex("010A382071")])
def test_network_address_is_read_raw_and_in_hexadecimal(value: bytes) -> None:
    assert network_address(value) == "10.56.32.113"


@pytest.mark.parametrize("value", [b"", b"\x01\x0a", b"\x01\0\0\0\0", b"\x07abcd", b"switch-1", None])
def test_what_is_no_network_address_is_none(value: bytes | None) -> None:
    assert network_address(value) is None


def test_identifier_that_does_not_fit_its_kind_is_text_or_hexadecimal() -> None:
    assert identifier(b"vmnic3", kind="mac") == "76:6d:6e:69:63:33"
    assert identifier(b"port-7", kind="address") == "port-7"
    assert identifier(b"\x00\xff\x01", kind="local") == "00:ff:01"


@pytest.mark.parametrize(
    "value",
    [b"", b"N/A", b"0000000000", b"FFFFFFFFFFFF", b"To Be Filled By O.E.M.", b"none", b"abc", b"Default string", None],
)
def test_placeholders_are_no_serial_numbers(value: bytes | None) -> None:
    assert serial(value) is None


def test_serial_number_is_trimmed() -> None:
    assert serial(b" FOC1234X0AB\0") == "FOC1234X0AB"


def test_numbers_are_read_from_text_too() -> None:
    assert (number(5), number(b" 42 "), number(b"1e5"), number(None)) == (5, 42, None, None)


@given(st.one_of(st.none(), st.binary(max_size=5000), st.integers(), st.text(max_size=50)))
def test_every_value_is_read_without_an_error(value: bytes | int | str | None) -> None:
    assert len(text(value, limit=100)) <= 100
    assert len(identifier(value, kind="mac")) <= 255
    assert len(serial(value) or "") <= 64
    mac(value)
    network_address(value)
    number(value)
