import pytest

from assets.inventory.agent_xml import parse_xml
from assets.inventory.document import MAX_DEPTH
from assets.inventory.wire import InventoryRefused
from tests.assets.inventory.documents import DEVICE_ID, FUSION, OCS

LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<REQUEST><DEVICEID>&c;</DEVICEID></REQUEST>"""
EXTERNAL = b"""<?xml version="1.0"?>
<!DOCTYPE r [<!ENTITY file SYSTEM "file:///etc/passwd">]>
<REQUEST><DEVICEID>&file;</DEVICEID></REQUEST>"""
PARAMETER = b'<!DOCTYPE r SYSTEM "http://127.0.0.1/evil.dtd"><REQUEST><DEVICEID>x</DEVICEID></REQUEST>'


def request(inner: str, *, encoding: str = "utf-8") -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?><REQUEST>{inner}</REQUEST>'.encode(encoding, errors="strict")


def test_a_fusioninventory_document_is_decoded() -> None:
    document = parse_xml(FUSION)
    assert (document.action, document.device_id, document.tag) == ("inventory", DEVICE_ID, "site-7")
    assert (document.agent_kind, document.agent_version) == ("fusioninventory", "FusionInventory-Agent_v2.6-3")


def test_an_ocs_document_is_told_by_its_missing_client_version() -> None:
    assert parse_xml(OCS).agent_kind == "ocs"


@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        ("<DEVICEID>x</DEVICEID><QUERY>PROLOG</QUERY>", "ocs"),
        ("<DEVICEID>x</DEVICEID><QUERY>PROLOG</QUERY><TOKEN>12345678</TOKEN>", "fusioninventory"),
    ],
)
def test_prologs_differ_by_their_token(inner: str, kind: str) -> None:
    document = parse_xml(request(inner))
    assert (document.action, document.agent_kind) == ("prolog", kind)


@pytest.mark.parametrize(
    ("query", "action"),
    [("", "inventory"), ("<QUERY>SNMP</QUERY>", "netinventory"), ("<QUERY>SNMPQUERY</QUERY>", "netinventory")],
)
def test_queries_become_actions(query: str, action: str) -> None:
    assert parse_xml(request(f"<DEVICEID>x</DEVICEID>{query}")).action == action


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_declared_encoding_is_honoured(encoding: str) -> None:
    assert parse_xml(request("<DEVICEID>Büro</DEVICEID>", encoding=encoding)).device_id == "Büro"


@pytest.mark.parametrize("data", [LAUGHS, EXTERNAL, PARAMETER], ids=["laughs", "external", "parameter"])
def test_document_types_and_entities_are_refused(data: bytes) -> None:
    with pytest.raises(InventoryRefused, match="document type or entities"):
        parse_xml(data)


@pytest.mark.parametrize("encoding", ["klingon", "shift_jis", "utf-7"])
def test_an_encoding_that_cannot_be_read_is_refused(encoding: str) -> None:
    with pytest.raises(InventoryRefused):
        parse_xml(f'<?xml version="1.0" encoding="{encoding}"?><REQUEST/>'.encode())


def test_the_deepest_allowed_nesting_is_taken_and_more_is_refused() -> None:
    inner = MAX_DEPTH - 1
    assert parse_xml(request("<A>" * inner + "</A>" * inner)).action == "inventory"
    for levels in (MAX_DEPTH, 200_000):
        with pytest.raises(InventoryRefused, match="nested deeper than 32 levels"):
            parse_xml(request("<A>" * levels + "</A>" * levels))


def test_too_many_elements_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assets.inventory.agent_xml.MAX_VALUES", 100)
    with pytest.raises(InventoryRefused, match="holds more than 100 elements"):
        parse_xml(request("<A/>" * 100))


@pytest.mark.parametrize("sign", [b"\x00", b"\x0b", b"\xff\xfe", b"\xfc"])
def test_signs_that_xml_forbids_are_dropped_with_a_warning(sign: bytes) -> None:
    document = parse_xml(
        b'<?xml version="1.0" encoding="UTF-8"?><REQUEST><DEVICEID>a' + sign + b"b</DEVICEID></REQUEST>"
    )
    assert document.device_id.strip("\ufffd").startswith("a")
    assert document.device_id.endswith("b")
    assert document.warnings == ("body: has signs that XML does not allow; they were dropped",)


@pytest.mark.parametrize("data", [b"<html><body>login</body></html>", b"<REPLY/>"])
def test_another_root_element_is_refused(data: bytes) -> None:
    with pytest.raises(InventoryRefused, match="not an agent's request"):
        parse_xml(data)


def test_broken_xml_is_refused_with_its_place() -> None:
    with pytest.raises(InventoryRefused, match=r"not well-formed XML \(line 1, column 14\)"):
        parse_xml(b"<REQUEST><A></B></A></REQUEST>")


def test_repeated_elements_are_lists_and_empty_ones_texts() -> None:
    document = parse_xml(request("<CONTENT><A><B>1</B><B>2</B><B>3</B></A><C></C></CONTENT>"))
    assert document.content == {"a": {"b": ["1", "2", "3"]}, "c": ""}
