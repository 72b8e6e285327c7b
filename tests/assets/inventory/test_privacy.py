import json
from typing import Any

import pytest

from assets.inventory.privacy import without_private_data
from assets.inventory.reading import read_inventory
from tests.assets.inventory.documents import FUSION, OCS, glpi

PRIVATE: dict[str, Any] = {
    "envs": [{"key": "TOKEN", "val": "hunter2"}],
    "processes": [{"cmd": "secret-plan"}],
    "licenseinfos": [{"name": "Office", "key": "XXXXX"}],
    "hardware": {"name": "pc-1", "winprodkey": "AAAAA"},
}


def test_private_data_is_taken_out_of_json() -> None:
    content = json.loads(without_private_data(glpi(**PRIVATE)))["content"]
    assert "envs" not in content
    assert "processes" not in content
    assert content["licenseinfos"] == [{"name": "Office"}]
    assert content["hardware"] == {"name": "pc-1"}


@pytest.mark.parametrize("word", [b"hunter2", b"secret-plan", b"AAAAA-BBBBB", b"XXXXX-YYYYY"])
def test_private_data_is_taken_out_of_xml(word: bytes) -> None:
    assert word in FUSION
    assert word not in without_private_data(FUSION)


def test_nothing_else_is_lost() -> None:
    assert read_inventory(without_private_data(FUSION)) == read_inventory(FUSION)
    assert read_inventory(without_private_data(glpi(**PRIVATE))) == read_inventory(glpi(**PRIVATE))


@pytest.mark.parametrize("document", [OCS, glpi()], ids=["xml", "json"])
def test_a_document_without_private_data_stays_byte_for_byte(document: bytes) -> None:
    assert without_private_data(document) is document


def test_a_lone_surrogate_does_not_fail() -> None:
    data = without_private_data(b'{"deviceid": "\\ud800", "content": {"envs": [], "bios": {}}}')
    assert json.loads(data) == {"deviceid": "\ud800", "content": {"bios": {}}}
