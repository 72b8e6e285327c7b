"""Identity rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb.discovery.client import Value
from cmdb.discovery.facts import SystemFacts
from cmdb.discovery.profiles import Identity, InvalidProfile, enterprise_number, identify, load_profiles, parse_profile
from tests.properties import grows_in_step

E = "1.3.6.1.4.1"


def identity(object_id: str, description: str, answers: dict[str, Value] | None = None) -> Identity:
    profile = load_profiles().match(object_id)
    return identify(profile, SystemFacts(description=description, object_id=object_id), answers or {})


KNOWN: list[tuple[str, str, str | None, str | None, str | None, str | None]] = [
        (f"{E}.9.1.1208", "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(2)E6, RELEASE",
         "Cisco", "switch", None, "15.2(2)E6"),
        (f"{E}.9.1.1745", "Cisco IOS Software, Catalyst L3 Switch Software (CAT3K_CAA-UNIVERSALK9-M), Version 16.6.4",
         "Cisco", "switch", None, "16.6.4"),
        (f"{E}.9.1.1041", "Cisco IOS Software, C2900 Software (C2900-UNIVERSALK9-M), Version 15.1(4)M4, RELEASE",
         "Cisco", "router", None, "15.1(4)M4"),
        (f"{E}.9.12.3.1.3.1467", "Cisco NX-OS(tm) n9000, Software (n9000-dk9), Version 7.0(3)I4(2), RELEASE",
         "Cisco", "switch", "n9000", "7.0(3)I4(2)"),
        (f"{E}.9.1.2114", "Cisco Adaptive Security Appliance Version 9.8(2)", "Cisco", "firewall", None, "9.8(2)"),
        (f"{E}.11.2.3.7.11.182", "HP J9775A 2530-48G Switch, revision YA.15.12.0015, ROM YA.15.15 (/ws/swbuildm)",
         "HP", "switch", "J9775A 2530-48G", "YA.15.12.0015"),
        (f"{E}.11.2.3.7.11.184", "Aruba JL255A 2930F-24G-PoE+-4SFP+ Switch, revision WC.16.04.0008, ROM WC.16.01",
         "HP", "switch", "JL255A 2930F-24G-PoE+-4SFP+", "WC.16.04.0008"),
        (f"{E}.2636.1.1.1.2.43", "Juniper Networks, Inc. ex2200-24t-4g Ethernet Switch, kernel JUNOS 12.3R11.2, Build",
         "Juniper", "switch", "ex2200-24t-4g", "12.3R11.2"),
        (f"{E}.2636.1.1.1.2.41", "Juniper Networks, Inc. srx240h2 internet router, kernel JUNOS 12.1X46-D40.2, Build",
         "Juniper", "firewall", "srx240h2", "12.1X46-D40.2"),
        (f"{E}.14988.1", "RouterOS CCR1009-7G-1C-1S+", "MikroTik", "router", "CCR1009-7G-1C-1S+", None),
        (f"{E}.14988.1", "RouterOS CRS326-24G-2S+", "MikroTik", "switch", "CRS326-24G-2S+", None),
        (f"{E}.4413", "EdgeSwitch 24-Port 250W, 1.8.1.5145168", None, None, None, None),
        (f"{E}.41112.1.5", "EdgeOS v1.10.7.5127989.181001.1227", "Ubiquiti", "router", None,
         "v1.10.7.5127989.181001.1227"),
        (f"{E}.2011.2.23.1", "S5720-52X\r\nHuawei\r\nVRP (R) software, Version 5.170 (S5720 V200R010C00SPC600)\r\n",
         "Huawei", "switch", "S5720",
         "V200R010C00SPC600"),
        (f"{E}.674.10892.5", "", "Dell", "server", None, None),
        (f"{E}.674.10895.3031", "PowerConnect 5548", "Dell", "switch", None, None),
        (f"{E}.12356.101.1.1000", "", "Fortinet", "firewall", None, None),
        (f"{E}.25461.2.3.8", "Palo Alto Networks PA-500 series firewall", "Palo Alto Networks", "firewall", "PA-500",
         None),
        (f"{E}.1991.1.3.62.2.1", "Brocade Communications Systems, Inc. ICX6610-48P, IronWare Version 08.0.30hT7f3",
         "Brocade", "switch", "ICX6610-48P", "08.0.30hT7f3"),
        (f"{E}.1588.2.1.1.1", "Fibre Channel Switch.", "Brocade", "switch", None, None),
        (f"{E}.1916.2.167", "ExtremeXOS (X440G2-48p-10G4) version 22.4.1.4 v2241b4-patch1-3 by release-manager",
         "Extreme Networks", "switch", "X440G2-48p-10G4", "22.4.1.4"),
        (f"{E}.11863.5.33", "JetStream 24-Port Gigabit L2 Managed Switch", "TP-Link", "switch", None, None),
        (f"{E}.25053.3.1.5.15", "Ruckus Wireless ZD3000", "Ruckus", "access_point", None, None),
        (f"{E}.318.1.3.2.11", "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.4.0)", "APC", "ups", None, "v6.4.0"),
        (f"{E}.318.1.3.4.5", "APC Web/SNMP Management Card", "APC", "other", None, None),
        (f"{E}.534.1", "Eaton 5PX", "Eaton", "ups", None, None),
        (f"{E}.11.2.3.9.1", "HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT,JD153", "HP", "printer", None, None),
        (f"{E}.1602.4.7", "Canon iR-ADV", "Canon", "printer", None, None),
        (f"{E}.2435.2.3.9.1", "Brother NC-8300h", "Brother", "printer", None, None),
        (f"{E}.367.1.1", "RICOH MP C3003", "Ricoh", "printer", None, None),
        (f"{E}.253.8.62.1", "Xerox WorkCentre", "Xerox", "printer", None, None),
        (f"{E}.641.1", "Lexmark T654", "Lexmark", "printer", None, None),
        (f"{E}.1347.41", "KYOCERA Document Solutions", "Kyocera", "printer", None, None),
        (f"{E}.1248.1.1.2.2.4.1", "EPSON Built-in 11b/g/n Print Server", "Epson", "printer", None, None),
        (f"{E}.24681.1", "Linux NAS 4.14", "QNAP", "storage", None, None),
        (f"{E}.6876.4.1", "VMware ESXi 6.7.0 build-14320388 VMware, Inc. x86_64", "VMware", "server", "VMware ESXi",
         "6.7.0 build-14320388"),
        (f"{E}.311.1.1.3.1.2", "Hardware: Intel64 - Software: Windows Version 6.3 (Build 17763 Multiprocessor Free)",
         "Microsoft", "server", None, "6.3 (Build 17763"),
        (f"{E}.8072.3.2.10", "Linux host-1 5.10.0-9-amd64 #1 SMP x86_64", None, "server", None, "5.10.0-9-amd64"),
        (f"{E}.30065.1.3011", "Arista Networks EOS", "Arista", None, None, None),
        ("", "", None, None, None, None),
]  # fmt: skip


@pytest.mark.parametrize("known", KNOWN, ids=[f"{row[2]}-{row[3]}-{number}" for number, row in enumerate(KNOWN)])
def test_vendor_kind_model_and_firmware(
    known: tuple[str, str, str | None, str | None, str | None, str | None],
) -> None:
    object_id, description, *expected = known
    found = identity(object_id, description)
    assert [found.vendor, found.kind, found.model, found.firmware] == expected


def test_objects_of_the_vendor_win_over_the_description() -> None:
    answers: dict[str, Value] = {
        f"{E}.11.2.36.1.1.2.9.0": b"CN5BFP62CP",
        f"{E}.11.2.36.1.1.2.6.0": b"YA.16.01",
    }
    found = identity(f"{E}.11.2.3.7.11.182", "HP J9775A 2530-48G Switch, revision YA.15.12.0015, ROM", answers)
    assert (found.serial, found.firmware) == ("CN5BFP62CP", "YA.16.01")


def test_model_is_taken_from_a_device_identifier() -> None:
    answers: dict[str, Value] = {
        f"{E}.2435.2.3.9.1.1.7.0": b"MFG:Brother;CMD:PJL,PCL;MDL:HL-L5100DN series;CLS:PRINTER;"
    }
    assert identity(f"{E}.2435.2.3.9.1", "", answers).model == "HL-L5100DN series"


def test_placeholder_serial_number_gives_way_to_the_next_object() -> None:
    answers: dict[str, Value] = {f"{E}.318.1.1.1.1.2.3.0": b"FFFFFFFFFFFF", f"{E}.318.1.1.12.1.6.0": b"ZA1234567890"}
    assert identity(f"{E}.318.1.3.2.11", "", answers).serial == "ZA1234567890"


def test_generic_agents_are_told_apart_by_probes() -> None:
    profiles = load_profiles()
    assert profiles.is_generic(profiles.match(f"{E}.8072.3.2.10"))
    probed = profiles.probed({f"{E}.6574.1.5.1.0": b"DS918+"})
    assert probed is not None
    assert (probed.vendor, probed.kind) == ("Synology", "storage")
    assert profiles.probed({f"{E}.6574.1.5.1.0": b""}) is None


def test_no_profile_reads_the_engine_identifier() -> None:
    wanted = {oid for profile in load_profiles().profiles for oid in profile.oids + profile.probes}
    assert not [oid for oid in wanted if oid.startswith("1.3.6.1.6.3.10.2.1.1")]


def test_no_enterprise_number_belongs_to_two_profiles() -> None:
    numbers = [number for profile in load_profiles().profiles for number in profile.enterprises]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"vendor": "X", "colour": "red"}, "colour"),
        ({"kind": "toaster"}, "kind"),
        ({"serial": ["sysName.0"]}, "OID"),
        ({"descriptions": [{"pattern": "("}]}, "pattern"),
        ({"descriptions": [{"kind": "ups"}]}, "pattern"),
    ],
)
def test_a_wrong_profile_is_refused_with_the_field(content: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidProfile, match=field):
        parse_profile("wrong", content)


@pytest.mark.parametrize(
    ("object_id", "expected"), [(f"{E}.9.1", 9), (E, None), (f"{E}.", None), ("0.0", None), ("", None)]
)
def test_enterprise_number(object_id: str, expected: int | None) -> None:
    assert enterprise_number(object_id) == expected


@given(st.text(max_size=3000))
def test_any_description_is_survived_by_every_profile(description: str) -> None:
    for profile in load_profiles().profiles:
        identify(profile, SystemFacts(description=description), {})


@pytest.mark.parametrize(
    "piece", ["Cisco IOS Software ", "VRP (S", "ICX6610-", "Version ", "JUNOS ", "HP J9 ", "A" * 50]
)
def test_no_pattern_takes_long_on_a_hostile_description(piece: str) -> None:
    def worst(length: int) -> None:
        description = piece * (length // len(piece))
        for profile in load_profiles().profiles:
            identify(profile, SystemFacts(description=description), {})

    assert grows_in_step(worst, 4000)
