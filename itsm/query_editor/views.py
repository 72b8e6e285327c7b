"""The addresses that a filter bar asks while somebody writes, and the page that builds a query without writing it."""

from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Response, jsonify, render_template, request

from itsm.query.completion import complete, operators_of, values_of
from itsm.query.fields import Field, FieldSet
from itsm.query.filters import context_of
from itsm.query.parser import MAXIMUM_LENGTH
from itsm.query.rows import Rows, text_of
from itsm.query_editor import building, reading
from itsm.web.access import current_actor, signed_in
from itsm.web.forms import own_path
from itsm.web.rates import limited

blueprint = Blueprint("query", __name__, template_folder="templates")

MOST_VALUES = 40


@blueprint.get("/query/complete")
@signed_in
@limited("search_rate")
def complete_text() -> Response:
    """What may stand at character `at` of `text` for the reader, and what the whole text asks or why it cannot be read."""
    actor, text = current_actor(), request.args.get("text", "")[: MAXIMUM_LENGTH + 1]
    fields = reading.fields_of(actor, request.args.get("kind", ""))
    at = request.args.get("at", type=int, default=len(text))
    options = complete(text, at, fields, context_of(actor))
    return jsonify(
        options=[
            {"text": each.text, "title": str(each.title), "kind": each.kind, "start": each.start, "end": each.end}
            for each in options
        ],
        fault=_fault(reading.fault_of(actor, fields, text)),
        sentence=str(reading.sentence_of(fields, text)),
    )


def _fault(fault: reading.Fault | None) -> dict[str, Any] | None:
    if fault is None:
        return None
    told = f"{fault.message} {fault.suggestion}".rstrip()
    return {"message": told, "before": fault.before, "at": fault.at, "after": fault.after}


@blueprint.get("/query/builder")
@signed_in
@limited("search_rate")
def build() -> str:
    """A form with a row for each condition; it reads the text `q` and writes it anew. `back` is where the filter is used."""
    actor, kind = current_actor(), request.args.get("kind", "")
    fields = reading.fields_of(actor, kind)
    text = request.args.get("q", "")[:MAXIMUM_LENGTH]
    rows = building.rows_from_form(request.args) if "field" in request.args else building.rows_from_text(text)
    written = text if rows is None else text_of(rows)
    return render_template(
        "query_editor/builder.html",
        question=reading.question(kind),
        fields=fields,
        rows=rows,
        numbered=_numbered(rows),
        text=written,
        fault=reading.fault_of(actor, fields, written),
        sentence=reading.sentence_of(fields, written),
        back=own_path(request.args["back"]) if "back" in request.args else "",
        use=_address(request.args.get("back"), written),
        operators=lambda name: _operators(fields, name),
        values=cache(lambda name: _values(fields.find(name))),  # each field is asked once, however many rows name it
    )


def _numbered(rows: Rows | None) -> list[list[tuple[int, Any]]]:
    """The rows of each group with their numbers in the whole form."""
    numbers = iter(range(len(rows.groups) and sum(map(len, rows.groups)))) if rows else iter(())
    return [[(next(numbers), row) for row in group] for group in rows.groups] if rows else []


def _operators(fields: FieldSet, name: str) -> dict[str, Any]:
    field = fields.find(name) or next(iter(fields))
    return {str(operator): words for operator, words in operators_of(field).items()}


def _values(field: Field | None) -> list[tuple[str, Any]]:
    return list(values_of(field, ""))[:MOST_VALUES] if field is not None else []


def _address(back: str | None, text: str) -> str:
    """The page behind `back` with the query in its argument `q`."""
    parts = urlsplit(own_path(back))
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in ("q", "cursor")]
    return f"{parts.path}?{urlencode([*kept, ('q', text)])}"
