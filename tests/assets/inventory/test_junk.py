import pytest

from assets.inventory.identity import clean_serial, clean_uuid, is_evidence_mac
from assets.inventory.junk import DEFAULT_JUNK, normalised


@pytest.mark.parametrize(
    "serial",
    [
        "N/A", "(null string)", "INVALID", "SYS-1234567890", "SYS-9876543210", "SN-12345", "SN-1234567890", "0000000",
        "1111", "0123456789", "123456789", "12345", "NNNNNNN", "xxxxxxxxxxx", "EVAL", "IATPASS", "none",
        "To Be Filled By O.E.M.", "To be filled by O.E.M", "unknown",
        "Tulip Computers", "Serial Number xxxxxx", "Unknow",
        "System Serial Number", "MB-1234567890", "empty", "Not Specified", "OEM_Serial", "SystemSerialNumb",
        "Default string", "Chassis Serial Number", "Not Applicable", "FFFFFFFFFFFF", "abc", "", "  ", "....",
        "7746d1352af2016b00000000", "80001f88807746d1352af2016b00000000",
    ],
)  # fmt: skip
def test_junk_serials(serial: str) -> None:
    assert clean_serial(serial) == ""


@pytest.mark.parametrize(
    ("serial", "cleaned"),
    [
        ("8C554721F", "8C554721F"),
        ("PC-1.2.3-XYZ", "PC123XYZ"),
        ("SN-12345-A7", "SN12345A7"),
        ("X0123456789", "X0123456789"),
        ("EVAL7781", "EVAL7781"),
        ("NONE-77-AB", "NONE77AB"),
        ("INVALID01", "INVALID01"),
        ("SYSTEMSERIALNUMBER77", "SYSTEMSERIALNUMBER77"),
        ("/640HP72/CE129536461378/", "640HP72CE129536461378"),
        ("1234567891", "1234567891"),
        (" czc 123-4567 ", "CZC1234567"),
    ],
)
def test_a_serial_that_only_contains_junk_is_kept(serial: str, cleaned: str) -> None:
    assert clean_serial(serial) == cleaned


@pytest.mark.parametrize(
    "uuid",
    [
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "03000200-0400-0500-0006-000700080009",
        "00020003-0004-0005-0006-000700080009",
        "6AB5B300-538D-1014-9FB5-B0684D007B53",
        "00b3b56a-8d53-1410-9fb5-b0684d007b53",
        "01010101-0101-0101-0101-010101010101",
        "not a uuid",
        "4c4c4544-0034-3010-8048",
        "",
    ],
)
def test_junk_uuids(uuid: str) -> None:
    assert clean_uuid(uuid) == ""


@pytest.mark.parametrize(
    "mac",
    [
        "00:00:00:00:00:00", "00:50:56:c0:00:08", "0a:00:27:00:00:00", "20:41:53:59:4e:ff", "33:50:6f:45:30:30",
        "50:50:54:50:30:30", "02:80:37:ec:02:00", "00:a0:c6:00:00:00", "fe:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff",
        "00:00:5e:00:01:0a", "00:00:5e:00:02:0a", "00:00:0c:07:ac:01", "00:00:0c:9f:f0:01", "01:00:5e:00:00:01",
        "02:fc:00:00:00:01", "52:54:00:fa:20:0e", "", "nonsense",
    ],
)  # fmt: skip
def test_addresses_that_are_no_evidence(mac: str) -> None:
    assert not is_evidence_mac(mac)


@pytest.mark.parametrize("mac", ["b8:6b:23:e0:5c:81", "00:00:5e:01:01:0a", "00:00:0c:07:ad:01", "00-50-57-C0-00-08"])
def test_addresses_that_are_evidence(mac: str) -> None:
    assert is_evidence_mac(mac)


def test_a_site_adds_its_own_values() -> None:
    junk = DEFAULT_JUNK.with_more(
        serials=["Loaner Pool"], macs=["B8-6B-23-E0-5C-81"], uuids=["{4C4C4544-0034-3010-8048-B6C04F503732}"]
    )
    assert clean_serial("loaner-pool", junk=junk) == ""
    assert clean_serial("loaner-pool") == "LOANERPOOL"
    assert not is_evidence_mac("b8:6b:23:e0:5c:81", junk=junk)
    assert clean_uuid("4c4c4544-0034-3010-8048-b6c04f503732", junk=junk) == ""


def test_normalised() -> None:
    assert normalised(" a-b_c/d.e:f (g) ") == "ABCDEFG"
