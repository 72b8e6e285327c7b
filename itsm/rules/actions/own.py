"""The action that sets a field of the site's own."""

from collections.abc import Mapping, Sequence
from typing import Any

from itsm.fields.definition import PREFIX, Definition
from itsm.fields.held import definitions
from itsm.fields.types import Unfit, checked
from itsm.kernel.text import Message, _
from itsm.rules.actions.base import Action, Input, Run, Values, register
from itsm.rules.triggers import CHANGEABLE
from itsm.tickets import services
from itsm.tickets.models import Ticket
from itsm.tickets.wording import has_places


def own_fields() -> dict[str, list[Definition]]:
    """Key → the active fields of that key, of all kinds of tickets."""
    found: dict[str, list[Definition]] = {}
    for kind in sorted(Ticket.__mapper__.polymorphic_map):
        for definition in definitions(kind):
            found.setdefault(definition.key, []).append(definition)
    return found


def titles() -> dict[str, Message]:
    """Key → title of the fields that an action may set."""
    return {key: same[0].title for key, same in own_fields().items()}


def column_title(column: str) -> Message:
    """The title of a column that an action sets, a field of the site's own included."""
    return CHANGEABLE.get(column) or titles().get(column.removeprefix(PREFIX), column)


def _set(run: Run, values: Values) -> Message:
    key, text = values["field"], run.words(values.get("value", "")).strip()
    same = own_fields().get(key, [])
    definition = next((each for each in same if each.kind == run.ticket.kind), None)
    services.change_custom(run.actor, run.ticket, {key: _given(definition, text)})
    return _("%(field)s: %(value)s", field=titles().get(key, key), value=text or "–")


def _given(definition: Definition | None, text: str) -> Any:
    """What was typed as a form gives it: choices by key or title, several with commas between; nothing clears."""
    if not text or definition is None or definition.type not in {"choice", "choices"}:
        return text or None
    keys = {str(choice.title).casefold(): choice.key for choice in definition.choices}
    parts = text.split(",") if definition.type == "choices" else [text]
    chosen = [keys.get(part.strip().casefold(), part.strip()) for part in parts]
    return chosen if definition.type == "choices" else chosen[0]


def _kept(same: Sequence[Definition], text: str) -> Any:
    """The value as the first fitting field keeps it; raises `Unfit` when it fits none."""
    fault: Unfit | None = None
    for definition in same:
        try:
            return checked(definition, _given(definition, text))
        except Unfit as error:
            fault = fault or error
    raise fault or Unfit(_("There is no such field."))


def _fits(values: Values) -> Mapping[str, Message]:
    text = values.get("value", "")
    if not text or has_places(text):
        return {}
    try:
        _kept(own_fields().get(values["field"], ()), text)
    except Unfit as error:
        return {"value": error.message}
    return {}


def _effects(values: Values) -> dict[str, Any]:
    """The value where it is known before; none when it is made of the ticket."""
    text = values.get("value", "")
    if not text or has_places(text) or _fits(values):
        return {}
    value = _kept(own_fields()[values["field"]], text)
    return {PREFIX + values["field"]: value} if not isinstance(value, list) else {}


register(
    Action(
        "set_field",
        _("Set a field of our own"),
        (
            Input("field", "own_field", _("Field")),
            Input(
                "value",
                "line",
                _("Value"),
                required=False,
                hint=_("Empty clears the field. Several choices with commas between them."),
            ),
        ),
        _set,
        effects=_effects,
        check=_fits,
    )
)
