"""Every write to definitions. Rule: F1."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from itsm.fields import queries
from itsm.fields.definition import AUDIENCES, PREFIX, Definition
from itsm.fields.held import definitions, renew
from itsm.fields.kinds import FieldedKind
from itsm.fields.layout import condition_fields, kind_of
from itsm.fields.models import KEY_LENGTH, FieldDefinition
from itsm.fields.patterns import UnsafePattern, compiled
from itsm.fields.policy import require_edit
from itsm.fields.types import LARGEST_NUMBER, MOST_CHOICES, TYPES
from itsm.kernel import audit
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Invalid
from itsm.kernel.records import apply_changes, check_version, locked
from itsm.kernel.text import LANGUAGES, Message, _
from itsm.query.errors import QueryError
from itsm.query.fields import FieldSet
from itsm.query.filters import context_of
from itsm.query.parser import parse
from itsm.query.predicate import compile_predicate
from itsm.query.tree import Comparison, walk

KEY = re.compile(rf"[a-z][a-z0-9_]{{0,{KEY_LENGTH - 1}}}")
LONGEST_TITLE = 120
MOST_DECIMALS = 6
FIXED = ("kind", "key", "type", "unique")  # what values were made by stays as it is
OPTIONS: Mapping[str, frozenset[str]] = {
    "text": frozenset({"pattern", "example"}),
    "number": frozenset({"unit", "decimals", "minimum", "maximum"}),
    "choice": frozenset({"choices"}),
    "choices": frozenset({"choices"}),
}


def create_definition(actor: Actor, **values: Any) -> FieldDefinition:
    """Add a field to a kind of record; `values` are columns of `FieldDefinition`. Raises `Invalid` that names what is wrong."""
    require_edit(actor)
    kind = kind_of(values.get("kind", ""))
    if kind is None:
        raise Invalid.field("kind", _("This kind of record takes no fields of your own."))
    _check_key(values["kind"], values.get("key", ""), values.get("type", ""))
    row = FieldDefinition(**_checked(values))
    _check_whole(actor, kind, row)
    session.add(row)
    session.flush()
    changes = {"key": [None, row.key], "kind": [None, row.kind], "type": [None, row.type]}
    audit.record(actor, "field.created", subject_kind="field", subject_id=row.id, changes=changes)
    renew(actor)
    return row


def edit_definition(
    actor: Actor, definition_id: int, *, version: int | None, changes: Mapping[str, Any]
) -> FieldDefinition:
    """Change a field; kind, key, type and uniqueness stay. A field that is switched off keeps its values."""
    require_edit(actor)
    row = locked(FieldDefinition, definition_id)
    check_version(row, version)
    for name in FIXED:
        if name in changes and changes[name] != getattr(row, name):
            raise Invalid.field(name, _("This stays as it was made. Switch the field off and make another one."))
    if changes.get("active") is False:
        _refuse_if_asked_about(row)
    known = {name: value for name, value in changes.items() if name not in FIXED}
    with session.no_autoflush:
        changed = _checked({**_columns(row), **known})
        kind = kind_of(row.kind)
        if kind is not None:
            _check_whole(actor, kind, FieldDefinition(**changed, id=row.id))
    if apply_changes(actor, row, {name: changed[name] for name in known}, kind="field"):
        renew(actor)
    return row


def _columns(row: FieldDefinition) -> dict[str, Any]:
    left_out = {"id", "version", "created_at", "updated_at"}
    return {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in left_out}


def _check_key(kind: str, key: str, type_name: str) -> None:
    if not KEY.fullmatch(key):
        raise Invalid.field("key", _("A key is made of small letters, digits and _, and begins with a letter."))
    if type_name not in TYPES:
        raise Invalid.field("type", _("Choose one of: %(names)s.", names=", ".join(TYPES)))
    for other in queries.same_key(key):
        if other.kind == kind:
            raise Invalid.field("key", _("“%(name)s” exists already.", name=key))
        if other.type != type_name:
            raise Invalid.field(
                "key", _("Another kind of record has a field of that key with another type. Take another key.")
            )


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(values)
    found["titles"] = _texts("titles", found.get("titles"))
    if not found["titles"]:
        raise Invalid.field("titles", _("Give the field a title in at least one language."))
    found["hints"] = _texts("hints", found.get("hints"), longest=500)
    found["section"] = _texts("section", found.get("section"))
    found["options"] = _options(found["type"], found.get("options") or {})
    if found.get("audience", "staff") not in AUDIENCES:
        raise Invalid.field("audience", _("Choose one of: %(names)s.", names=", ".join(AUDIENCES)))
    if found["type"] == "person" and found.get("audience") == "edit":
        raise Invalid.field("audience", _("People can be named by staff only."))
    if found.get("unique") and not TYPES[found["type"]].one_of_many:
        raise Invalid.field("unique", _("Values of this type may be the same."))
    return found


def _texts(name: str, given: Any, *, longest: int = LONGEST_TITLE) -> dict[str, str]:
    texts = {str(code): str(text).strip() for code, text in (given or {}).items() if str(text).strip()}
    unknown = texts.keys() - LANGUAGES.keys()
    if unknown:
        raise Invalid.field(name, _("“%(name)s” is no language of this site.", name=sorted(unknown)[0][:20]))
    if any(len(text) > longest for text in texts.values()):
        raise Invalid.field(name, _("This is too long: %(most)s characters are the most.", most=longest))
    return texts


def _options(type_name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    allowed = OPTIONS.get(type_name, frozenset())
    found = {name: value for name, value in given.items() if value not in (None, "", [])}
    unknown = found.keys() - allowed
    if unknown:
        raise Invalid.field(sorted(unknown)[0], _("Fields of this type have no such setting."))
    if type_name == "text" and found.get("pattern"):
        _check_pattern(found["pattern"])
    if type_name == "number":
        _check_number(found)
    if "choices" in allowed:
        found["choices"] = _choices(found.get("choices", []))
    return found


def _check_pattern(pattern: Any) -> None:
    try:
        compiled(str(pattern))
    except UnsafePattern as error:
        raise Invalid.field(
            "pattern",
            _("This pattern cannot be used: it is not a regular expression, or it could take too long on some texts."),
        ) from error


def _check_number(found: dict[str, Any]) -> None:
    for name in ("minimum", "maximum"):
        if name in found:
            found[name] = _plain_number(name, found[name])
    if not 0 <= int(found.get("decimals", 0)) <= MOST_DECIMALS:
        raise Invalid.field("decimals", _("At most 6 digits may follow the point."))
    found["decimals"] = int(found.get("decimals", 0))
    if {"minimum", "maximum"} <= found.keys() and found["minimum"] > found["maximum"]:
        raise Invalid.field("maximum", _("The most is less than the least."))


def _plain_number(name: str, value: Any) -> int | float:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise Invalid.field(name, _("This must be a number.")) from error
    if not number.is_finite() or abs(number) > LARGEST_NUMBER:
        raise Invalid.field(name, _("This must be a number."))
    return int(number) if number == number.to_integral_value() else float(number)


def _choices(given: Any) -> list[dict[str, Any]]:
    stored: list[dict[str, Any]] = []
    for one in given:
        key, titles = str(one.get("key", "")), _texts("choices", one.get("titles"))
        if not KEY.fullmatch(key) or any(known["key"] == key for known in stored):
            raise _choices_fault(
                _("“%(name)s” is no good key: small letters, digits and _ only, each once.", name=key[:60])
            )
        stored.append({"key": key, "titles": titles or {"en": key}, "offered": bool(one.get("offered", True))})
    if not 0 < len(stored) <= MOST_CHOICES:
        raise _choices_fault(_("Name 1 to 50 choices."))
    return stored


def _choices_fault(text: Message) -> Invalid:
    return Invalid.field("choices", text)


def _check_whole(actor: Actor, kind: FieldedKind, row: FieldDefinition) -> None:
    """Scopes and conditions, which depend on what else there is."""
    unknown = set(row.scope_ids or ()) - set(kind.scopes() if row.scope_ids else ())
    if unknown:
        raise Invalid.field("scope_ids", _("There is no such category."))
    others = [one for one in definitions(kind.name) if one.key != row.key]
    fields = condition_fields(kind, others)
    for name in ("show_if", "require_if"):
        _check_condition(actor, name, getattr(row, name) or "", fields)


def _check_condition(actor: Actor, name: str, text: str, fields: FieldSet) -> None:
    try:
        compile_predicate(parse(text), fields, context_of(actor))
    except QueryError as error:
        raise Invalid.field(
            name, _("%(message)s (at character %(place)s)", message=error, place=error.position + 1)
        ) from error


def _refuse_if_asked_about(row: FieldDefinition) -> None:
    asking = [one for one in definitions(row.kind) if one.id != row.id and f"{PREFIX}{row.key}" in _names_in(one)]
    if asking:
        raise Invalid.field(
            "active",
            _("The conditions of “%(name)s” ask about this field. Change them first.", name=asking[0].title),
        )


def _names_in(definition: Definition) -> set[str]:
    """The fields that a definition's conditions ask about."""
    trees: Iterable[Any] = (parse(text) for text in (definition.show_if, definition.require_if))
    return {node.field_name.lower() for tree in trees for node, _depth in walk(tree) if isinstance(node, Comparison)}
