"""What is taken out of an agent's document before anything is stored.

Processes and environment variables show what people do and hold passwords; licence keys are worth money. None of them
is needed for an inventory, and agents send them unasked.
"""

import json
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, tostring

from assets.inventory.agent_xml import xml_root
from assets.inventory.row import Notes
from assets.inventory.wire import sniff

_SECTIONS = frozenset({"envs", "processes"})
_FIELDS = {"hardware": frozenset({"winprodkey"}), "licenseinfos": frozenset({"key"})}


def without_private_data(data: bytes) -> bytes:
    """The document without environment variables, processes and licence keys; the very same bytes if it has none.

    Expects bytes that ``parse_document`` accepted.
    """
    return _stripped_json(data) if sniff(data) == "json" else _stripped_xml(data)


def _stripped_json(data: bytes) -> bytes:
    root = json.loads(data.decode(json.detect_encoding(data), errors="replace"), strict=False)
    contents = [value for key, value in root.items() if key.lower() == "content" and isinstance(value, dict)]
    removed = [_strip_content(content) for content in contents]
    # Signs outside ASCII stay escaped, so that a lone surrogate cannot fail the encoding.
    return json.dumps(root).encode("ascii") if any(removed) else data


def _strip_content(content: dict[str, Any]) -> bool:
    private = [key for key in content if key.lower() in _SECTIONS]
    for key in private:
        del content[key]
    removed = [_strip_fields(row, _FIELDS[key.lower()]) for key, row in _rows_with_private_fields(content)]
    return bool(private) or any(removed)


def _rows_with_private_fields(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in content.items():
        if key.lower() in _FIELDS:
            rows = value if isinstance(value, list) else [value]
            yield from ((key, row) for row in rows if isinstance(row, dict))


def _strip_fields(row: dict[str, Any], names: frozenset[str]) -> bool:
    private = [key for key in row if key.lower() in names]
    for key in private:
        del row[key]
    return bool(private)


def _stripped_xml(data: bytes) -> bytes:
    root = xml_root(data, Notes())
    private = list(_private_elements(root))
    for parent, child in private:
        parent.remove(child)
    return tostring(root, encoding="utf-8", xml_declaration=True) if private else data


def _private_elements(root: Element) -> Iterator[tuple[Element, Element]]:
    for content in root:
        if content.tag.upper() != "CONTENT":
            continue
        for section in content:
            if section.tag.lower() in _SECTIONS:
                yield content, section
            names = _FIELDS.get(section.tag.lower(), frozenset())
            yield from ((section, field) for field in section if field.tag.lower() in names)
