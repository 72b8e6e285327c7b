"""A query as rows of a form, and the rows as a query again: groups of conditions, joined one way outside and the other inside."""

from dataclasses import dataclass

from itsm.query.errors import QueryError
from itsm.query.parser import parse
from itsm.query.tree import And, Comparison, Literal, Node, Operator, Or, Text, Value
from itsm.query.written import write, write_value, write_word

_VALUELESS = (Operator.EMPTY, Operator.NOT_EMPTY)
_LISTS = (Operator.IN, Operator.NOT_IN)


@dataclass(frozen=True, slots=True)
class Row:
    """One condition as it stands in a form: `field` is empty for plain words; `value` as a person types it."""

    field: str = ""
    operator: str = Operator.EQUAL
    value: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """Groups of conditions: with `all_of` every group must hold, and in each group any condition; else the other way round."""

    groups: tuple[tuple[Row, ...], ...] = ()
    all_of: bool = True


def rows_of(tree: Node) -> Rows | None:
    """The rows of a tree; None when it cannot be shown as rows (it is nested deeper, or says “not”)."""
    if isinstance(tree, Or) and any(isinstance(part, And) for part in tree.parts):
        return _rows(tree, And, all_of=False)
    return _rows(tree if isinstance(tree, And) else And((tree,)), Or, all_of=True)


def text_of(rows: Rows) -> str:
    """The query that rows stand for; rows without a field and a value are left out."""
    inner, outer = (" or ", " and ") if rows.all_of else (" and ", " or ")
    groups = [[text for row in group if (text := row_text(row))] for group in rows.groups]
    used = [group for group in groups if group]
    return outer.join(_group(group, inner, alone=len(used) == 1) for group in used)


def row_text(row: Row) -> str:
    """One condition as text; what does not read as a value of the language is put in quotes."""
    if not row.field:
        return row.value.strip()
    if row.operator in _VALUELESS:
        return f"{row.field} {row.operator}"
    if not row.value.strip():
        return ""
    return _readable(f"{row.field} {row.operator} {_written(row)}") or f"{row.field} {row.operator} {_quoted(row)}"


def _rows(tree: And | Or, inner: type, *, all_of: bool) -> Rows | None:
    groups = [part.parts if isinstance(part, inner) else (part,) for part in tree.parts]  # type: ignore[union-attr]
    found = [tuple(_row(node) for node in group) for group in groups]
    whole = [tuple(row for row in group if row is not None) for group in found]
    return Rows(tuple(whole), all_of) if [len(group) for group in whole] == [len(group) for group in found] else None


def _row(node: Node) -> Row | None:
    match node:
        case Text():
            return Row("", "", write(node))
        case Comparison(name, operator, values):
            plain = Row(name, operator, ", ".join(_shown(value) for value in values))
            exact = Row(name, operator, ", ".join(write_value(value) for value in values))
            return plain if _reads_as(plain, node) else exact
        case _:
            return None


def _shown(value: Value) -> str:
    return value.text if isinstance(value, Literal) else write_value(value)


def _reads_as(row: Row, node: Node) -> bool:
    try:
        return parse(row_text(row)) == node
    except QueryError:
        return False


def _written(row: Row) -> str:
    value = row.value.strip()
    return f"({value})" if row.operator in _LISTS else value


def _quoted(row: Row) -> str:
    value = row.value.strip()
    if row.operator in _LISTS:
        return f"({', '.join(write_word(part.strip()) for part in value.split(',') if part.strip())})"
    return write_word(value)


def _readable(text: str) -> str:
    """The text as the language writes it, if it is one comparison."""
    try:
        tree = parse(text)
    except QueryError:
        return ""
    return write(tree) if isinstance(tree, Comparison) else ""


def _group(texts: list[str], joint: str, *, alone: bool) -> str:
    joined = joint.join(texts)
    return joined if len(texts) == 1 or (alone and joint == " and ") else f"({joined})"
