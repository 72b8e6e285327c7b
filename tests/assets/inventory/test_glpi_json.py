import json

import pytest

from assets.inventory.document import MAX_DEPTH, MAX_VALUES
from assets.inventory.glpi_json import parse_json
from assets.inventory.wire import InventoryRefused
from tests.assets.inventory.documents import DEVICE_ID, glpi


def nested(levels: int) -> bytes:
    return b'{"deviceid":"x","content":{"a":' + b"[" * levels + b"]" * levels + b"}}"


def test_an_inventory_is_decoded() -> None:
    document = parse_json(glpi(partial=True, cpus=[]))
    assert (document.action, document.device_id, document.is_partial) == ("inventory", DEVICE_ID, True)
    assert (document.agent_kind, document.agent_version) == ("glpi", "GLPI-Agent_v1.12")


def test_a_contact_is_decoded() -> None:
    body = {"action": "contact", "deviceid": "pc-1", "name": "GLPI-Agent", "version": "1.12", "tag": "t"}
    document = parse_json(json.dumps(body).encode())
    assert (document.action, document.agent_version, document.tag) == ("contact", "GLPI-Agent_v1.12", "t")


def test_without_an_action_content_makes_an_inventory() -> None:
    assert parse_json(b'{"deviceid": "x", "content": {}}').action == "inventory"
    assert parse_json(b'{"deviceid": "x"}').action == ""


def test_keys_are_read_in_any_case() -> None:
    assert parse_json(b'{"DeviceId": "x", "Content": {"BIOS": {"SSN": "1"}}}').content == {"bios": {"ssn": "1"}}


def test_the_deepest_allowed_nesting_is_taken() -> None:
    assert parse_json(nested(MAX_DEPTH - 2)).device_id == "x"


@pytest.mark.parametrize("levels", [MAX_DEPTH - 1, 500, 100_000])
def test_deeper_nesting_is_refused(levels: int) -> None:
    with pytest.raises(InventoryRefused, match="nested deeper than 32 levels"):
        parse_json(nested(levels))


def test_too_many_values_are_refused() -> None:
    with pytest.raises(InventoryRefused, match="holds more than"):
        parse_json(b'{"content": [' + b"1," * (MAX_VALUES + 1) + b"1]}")


@pytest.mark.parametrize("data", [b"{", b"{]", b'{"a": 1} x', b'{"a": ' + b"9" * 5000 + b"}"])
def test_broken_json_is_refused(data: bytes) -> None:
    with pytest.raises(InventoryRefused, match="not valid JSON"):
        parse_json(data)


def test_a_content_that_is_no_object_is_refused() -> None:
    with pytest.raises(InventoryRefused, match="content: is not an object"):
        parse_json(b'{"deviceid": "x", "content": [1]}')


def test_wrong_bytes_are_replaced_with_a_warning() -> None:
    document = parse_json(b'{"deviceid": "b\xfcro", "content": {"a": NaN}}')
    assert document.device_id == "b\ufffdro"
    assert document.warnings == ("body: has bytes that are not utf-8; they were replaced",)
