"""Messages of the GLPI Agent in JSON, from the wire or from a file that the agent wrote."""

import json
from collections.abc import Iterable, Mapping

from assets.inventory.document import MAX_DEPTH, MAX_VALUES, Document, kind_of_agent
from assets.inventory.row import Notes, Row
from assets.inventory.wire import InventoryRefused
from itsm.kernel.text import _

CONTAINERS = (dict, list)


def parse_json(data: bytes) -> Document:
    """Decode one JSON message.

    Raises InventoryRefused when it is no JSON object, is nested deeper than ``MAX_DEPTH`` or holds more than
    ``MAX_VALUES`` values; anything else that breaks the published schema becomes a warning later on.
    """
    notes = Notes()
    root = _load(_decode(data, notes))
    _check_depth(root)
    if not isinstance(root, Mapping):
        raise InventoryRefused("body", _("is not a JSON object"))
    return _document(root, notes)


def _check_depth(root: object) -> None:
    """Refuse what is nested too deep; the walk goes level by level, so that depth costs no recursion."""
    level = [root]
    for _depth in range(MAX_DEPTH):
        level = [entry for value in level for entry in _inside(value) if isinstance(entry, CONTAINERS)]
    if level:
        raise InventoryRefused("body", _("is nested deeper than %(number)s levels", number=MAX_DEPTH))


def _inside(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _lower_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    return {key.lower(): value for key, value in pairs}


def _decode(data: bytes, notes: Notes) -> str:
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        notes.add("body", f"has bytes that are not {encoding}; they were replaced")
        return data.decode(encoding, errors="replace")


def _load(text: str) -> object:
    if text.count(",") > MAX_VALUES:
        raise InventoryRefused("body", _("holds more than %(number)s values", number=MAX_VALUES))
    try:
        return json.loads(text, object_pairs_hook=_lower_keys, parse_constant=lambda _: None, strict=False)
    except RecursionError:
        raise InventoryRefused("body", _("is nested deeper than %(number)s levels", number=MAX_DEPTH)) from None
    except json.JSONDecodeError as error:
        text = _("is not valid JSON: %(cause)s at character %(place)s", cause=error.msg, place=error.pos)
        raise InventoryRefused("body", text) from None
    except ValueError:
        raise InventoryRefused("body", _("is not valid JSON: a number is too long")) from None


def _document(root: Mapping[str, object], notes: Notes) -> Document:
    row = Row(root, "", notes)
    content = root.get("content")
    if "content" in root and not isinstance(content, Mapping):
        raise InventoryRefused("content", _("is not an object"))
    inner = content if isinstance(content, Mapping) else {}
    version = Row(inner, "content", notes).text("versionclient") or _contact_version(row)
    return Document(
        format="json",
        action=row.text("action").lower() or ("inventory" if "content" in root else ""),
        device_id=row.text("deviceid"),
        agent_kind=kind_of_agent(version) or "glpi",
        agent_version=version,
        tag=row.text("tag"),
        item_type=row.text("itemtype"),
        is_partial=bool(row.truth("partial")),
        content=inner,
        warnings=notes.texts(),
    )


def _contact_version(row: Row) -> str:
    name, version = row.text("name"), row.text("version")
    return f"{name}_v{version}" if name and version else name
