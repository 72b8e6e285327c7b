"""Messages in XML: FusionInventory, OCS Inventory and the GLPI Agent in its legacy mode, posted or from a file."""

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from assets.inventory.document import MAX_DEPTH, MAX_VALUES, Document, kind_of_agent
from assets.inventory.model import AgentKind
from assets.inventory.row import Notes, Row
from assets.inventory.wire import InventoryRefused
from itsm.kernel.text import _

_ACTIONS = {"": "inventory", "snmp": "netinventory", "snmpquery": "netinventory"}
_FORBIDDEN_SIGNS = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARATION = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_DECLARED_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")


class _BoundedBuilder(TreeBuilder):
    """Builds the tree and stops at the first element that is too deep or one too many."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._elements = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            raise InventoryRefused("body", _("is nested deeper than %(number)s levels", number=MAX_DEPTH))
        if self._elements > MAX_VALUES:
            raise InventoryRefused("body", _("holds more than %(number)s elements", number=MAX_VALUES))
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse_xml(data: bytes) -> Document:
    """Decode one XML message; the encoding is the one that the document declares.

    Document types and with them all entities are refused, as are documents that are not well formed, not a ``REQUEST``,
    too deep or too long. Signs that XML forbids and bytes that do not fit the encoding are dropped with a warning,
    because agents pass on what firmware tells them. Raises InventoryRefused.
    """
    notes = Notes()
    return _document(xml_root(data, notes), notes)


def xml_root(data: bytes, notes: Notes) -> Element:
    """Parse to the ``REQUEST`` element, mending forbidden signs once where the first try fails."""
    try:
        root = _parse(data)
    except ParseError as error:
        mended = _mended(data)
        if mended is None:
            raise _not_well_formed(error) from None
        root = _parse_mended(mended, error)
        notes.add("body", "has signs that XML does not allow; they were dropped")
    if root.tag.upper() != "REQUEST":
        text = _("is not an agent's request: its root element is %(element)s", element=repr(root.tag[:40]))
        raise InventoryRefused("body", text)
    return root


def _parse(data: bytes | str) -> Element:
    parser = DefusedXMLParser(target=_BoundedBuilder(), forbid_dtd=True)
    try:
        parser.feed(data)
        root: Element = parser.close()
    except DefusedXmlException:
        raise InventoryRefused("body", _("declares a document type or entities, which are not taken")) from None
    except InventoryRefused:
        raise
    except (LookupError, ValueError, AssertionError) as error:
        raise InventoryRefused("body", _("cannot be decoded: %(cause)s", cause=str(error))) from None
    return root


def _mended(data: bytes) -> str | None:
    """The document without forbidden signs, or None where there is nothing to mend."""
    declared = _DECLARED_ENCODING.match(data)
    try:
        text = data.decode(declared[1].decode() if declared else "utf-8", errors="replace")
    except (LookupError, UnicodeError):
        return None
    mended = _FORBIDDEN_SIGNS.sub("", text)
    if mended == text and "\ufffd" not in text:
        return None
    return _DECLARATION.sub("", mended.removeprefix("\ufeff"))


def _parse_mended(text: str, first_error: ParseError) -> Element:
    try:
        return _parse(text)
    except ParseError:
        raise _not_well_formed(first_error) from None


def _not_well_formed(error: ParseError) -> InventoryRefused:
    line, column = error.position
    text = _("is not well-formed XML (line %(line)s, column %(column)s)", line=line, column=column)
    return InventoryRefused("body", text)


def _document(root: Element, notes: Notes) -> Document:
    value = _value(root)
    request = value if isinstance(value, Mapping) else {}
    row = Row(request, "", notes)
    content = row.row("content")
    query = row.text("query").lower()
    version = content.text("versionclient")
    return Document(
        format="xml",
        action=_ACTIONS.get(query, query),
        device_id=row.text("deviceid"),
        agent_kind=kind_of_agent(version) or _kind_by_habit(row, content),
        agent_version=version,
        tag=_tag(content),
        content=dict(content.items()),
        warnings=notes.texts(),
    )


def _kind_by_habit(row: Row, content: Row) -> AgentKind:
    """Only OCS sends no token with its prolog and no client version with its inventory."""
    return "ocs" if content.has("hardware") or not row.has("token", "content") else "fusioninventory"


def _tag(content: Row) -> str:
    for entry in content.rows("accountinfo"):
        if entry.text("keyname").upper() == "TAG":
            return entry.text("keyvalue")
    return ""


def _value(element: Element) -> object:
    """Lower-case keys; an element with children is an object, one without is a text, repeated ones are a list."""
    if not len(element):
        return element.text or ""
    values: dict[str, object] = {}
    lists: dict[str, list[object]] = {}
    for child in element:
        key, value = child.tag.lower(), _value(child)
        if key in lists:
            lists[key].append(value)
        elif key in values:
            values[key] = lists[key] = [values[key], value]
        else:
            values[key] = value
    return values
