import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.inventory.changes import Change, as_data, compare, merge_full, merge_inventory, merge_partial
from assets.inventory.model import SECTIONS
from assets.inventory.reading import read_inventory
from tests.assets.inventory.documents import FUSION, SNMP_QUERY, read_glpi, sample

PROGRAMS = [{"name": name, "version": "1", "arch": "amd64"} for name in ("bash", "dash", "zsh")]


@pytest.mark.parametrize("document", [FUSION, SNMP_QUERY], ids=["computer", "switch"])
def test_a_record_is_json_and_has_every_section(document: bytes) -> None:
    record = as_data(read_inventory(document).inventory)
    assert json.loads(json.dumps(record)) == record
    assert set(SECTIONS) <= set(record)
    assert compare(record, record) == []


@given(st.randoms())
def test_the_order_of_an_agents_lists_does_not_matter(order: random.Random) -> None:
    shuffled = PROGRAMS.copy()
    order.shuffle(shuffled)
    assert as_data(read_glpi(softwares=shuffled)) == as_data(read_glpi(softwares=PROGRAMS))


def test_an_update_is_one_change_with_only_what_differs() -> None:
    before = as_data(read_glpi(softwares=PROGRAMS))
    after = as_data(read_glpi(softwares=[*PROGRAMS[:2], PROGRAMS[2] | {"version": "2"}]))
    assert compare(before, after) == [Change("software", "changed", "zsh", {"version": "1"}, {"version": "2"})]


def test_additions_and_removals_carry_the_entry() -> None:
    before, after = as_data(read_glpi(softwares=PROGRAMS[:2])), as_data(read_glpi(softwares=PROGRAMS[1:]))
    removed, added = compare(before, after)
    assert (removed.kind, removed.label, removed.before["version"], removed.after) == ("removed", "bash", "1", None)
    assert (added.kind, added.label, added.before, added.after["version"]) == ("added", "zsh", None, "1")


def test_of_several_versions_side_by_side_only_the_one_that_went_is_reported() -> None:
    def kernels(*versions: str) -> dict[str, object]:
        return as_data(read_glpi(softwares=[{"name": "kernel", "version": version} for version in versions]))

    assert compare(kernels("5.1", "5.2"), kernels("5.2", "5.3")) == [
        Change("software", "changed", "kernel", {"version": "5.1"}, {"version": "5.3"})
    ]
    assert [change.kind for change in compare(kernels("5.1"), kernels("5.1", "5.2"))] == ["added"]


def test_single_values_are_added_changed_and_removed() -> None:
    before = as_data(read_glpi(bios={"ssn": "A1234", "assettag": "T1"}))
    after = as_data(read_glpi(bios={"ssn": "B1234", "smodel": "X"}))
    assert compare(before, after) == [
        Change("bios", "changed", "serial", "A1234", "B1234"),
        Change("bios", "added", "model", "", "X"),
        Change("bios", "removed", "asset_tag", "T1", ""),
    ]


def test_a_new_hardware_address_of_an_interface_is_a_change_of_it() -> None:
    before = as_data(read_glpi(networks=[{"description": "wlan0", "mac": "30:3a:64:ee:65:88"}]))
    after = as_data(read_glpi(networks=[{"description": "wlan0", "mac": "ae:ed:e7:56:9b:a0"}]))
    assert [(change.kind, change.after) for change in compare(before, after)] == [
        ("changed", {"mac": "ae:ed:e7:56:9b:a0"})
    ]


def test_a_record_of_an_older_form_can_be_compared() -> None:
    new = as_data(read_glpi(cpus=[{"name": "x"}]))
    old = {key: value for key, value in new.items() if key != "cpus"}
    assert [change.section for change in compare(old, new)] == ["cpus"]


def test_a_partial_inventory_replaces_exactly_what_it_brings() -> None:
    previous = as_data(read_glpi(cpus=[{"name": "x"}], softwares=PROGRAMS, monitors=[{"caption": "m"}]))
    merged = merge_inventory(previous, read_glpi(partial=True, softwares=PROGRAMS[:1], monitors=[]))
    assert [entry["name"] for entry in merged["software"]] == ["bash"]
    assert merged["cpus"] == previous["cpus"]
    assert merged["monitors"] == []
    assert merged["stale"] == []
    assert merged["sections"] == previous["sections"]


def test_a_partial_inventory_keeps_sections_it_does_not_mention() -> None:
    previous = as_data(read_glpi(monitors=[{"caption": "m"}], virtualmachines=[{"name": "v"}]))
    merged = merge_partial(previous, read_glpi(partial=True))
    assert merged == previous


def test_a_partial_inventory_keeps_the_last_user_unless_the_users_changed() -> None:
    previous = as_data(read_glpi(hardware={"name": "pc", "lastloggeduser": "kim"}, users=[{"login": "kim"}]))
    same = merge_partial(previous, read_glpi(partial=True))
    assert same["last_user"] == {"last_user": "kim"}
    hardware = {"name": "pc", "lastloggeduser": "lee"}
    other = merge_partial(previous, read_glpi(partial=True, hardware=hardware, users=[{"login": "lee"}]))
    assert (other["last_user"], other["users"][0]["login"]) == ({"last_user": "lee"}, "lee")


def test_a_partial_inventory_never_takes_the_tag_away() -> None:
    previous = as_data(read_inventory(FUSION).inventory)
    assert merge_partial(previous, read_glpi(partial=True))["source"]["tag"] == "site-7"


def test_a_full_inventory_empties_what_agents_leave_out_and_marks_the_rest_stale() -> None:
    previous = as_data(
        read_glpi(
            cpus=[{"name": "x"}],
            monitors=[{"caption": "m"}],
            antivirus=[{"name": "a"}],
            virtualmachines=[{"name": "v"}],
            remote_mgmt=[{"type": "t"}],
        )
    )
    merged = merge_full(previous, read_glpi(softwares=PROGRAMS))
    assert [merged[name] for name in ("monitors", "antivirus", "virtual_machines", "remote_access")] == [[], [], [], []]
    assert merged["cpus"] == previous["cpus"]
    assert merged["stale"] == ["cpus"]
    assert merge_partial(merged, read_glpi(partial=True, cpus=[{"name": "y"}]))["stale"] == []


def test_merging_changes_neither_input() -> None:
    previous = as_data(read_glpi(softwares=PROGRAMS))
    copy = json.loads(json.dumps(previous))
    merge_inventory(previous, read_glpi(partial=True, softwares=[]))
    merge_inventory(previous, read_glpi(softwares=[]))
    assert previous == copy


@pytest.mark.samples
@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("batteries", {("batteries", "DELL RWT1R43 34605")}),
        ("cpu", set()),
        ("memory", set()),
        ("softs", {("software", "gitg")}),
        (
            "volumes",
            {
                ("drives", "/boot /dev/nvme0n1p2"),
                ("drives", "/var/lib/mysql /dev/mapper/xps-maria"),
                ("drives", "/var/www /dev/mapper/xps-www"),
            },
        ),
    ],
)
def test_published_partial_inventories(part: str, expected: set[tuple[str, str]]) -> None:
    previous = as_data(read_inventory(sample("glpi-format/computer_1.json")).inventory)
    partial = read_inventory(sample(f"glpi-format/computer_1_partial_{part}.json")).inventory
    assert partial.is_partial
    changes = compare(previous, merge_inventory(previous, partial))
    assert {(change.section, change.label) for change in changes} == expected


@pytest.mark.samples
def test_a_published_update() -> None:
    previous = as_data(read_inventory(sample("glpi-format/computer_3.json")).inventory)
    updated = read_inventory(sample("glpi-format/computer_3_updated.json")).inventory
    changes = compare(previous, merge_inventory(previous, updated))
    found = {(change.section, change.kind, change.label) for change in changes if change.section != "software"}
    assert ("memories", "changed", "1 DIMM0 DIMM") in found
    assert ("drives", "changed", "/ /dev/mapper/fedora-root") in found
    assert ("monitors", "removed", "PL2480H 11182M5200867") in found
    assert ("operating_system", "changed", "kernel_version") in found
    assert sum(section == "virtual_machines" and kind == "added" for section, kind, _ in found) == 3
    assert ("hardware", "changed", "memory_mb") not in found
