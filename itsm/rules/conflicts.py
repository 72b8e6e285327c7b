"""Rules that work against one another: found by comparing what they ask and what they set, before they run.

A *conflict* is two rules for the same event that set one field to different values. A *loop* is a circle of rules each of
whose changes may set off the next. Both are warnings: conditions that only look as if they could hold together count as
possible, and the engine ends every loop by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from itsm.fields.definition import PREFIX
from itsm.kernel.text import Message, _
from itsm.query.errors import QueryError
from itsm.query.parser import parse
from itsm.query.tree import And, Comparison, Literal, Node, Operator, walk
from itsm.query.values import parse_number
from itsm.rules import queries
from itsm.rules.actions import effects_of
from itsm.rules.actions.own import column_title
from itsm.rules.models import Rule
from itsm.rules.naming import Names

ANYTHING = None  # a value that is not known before
_ABOVE = {Operator.GREATER, Operator.GREATER_EQUAL}
_BELOW = {Operator.LESS, Operator.LESS_EQUAL}


@dataclass(frozen=True)
class Finding:
    """One thing to look at: its kind (`conflict`, `loop`, `condition`), the names of the rules, and the sentence."""

    kind: str
    rules: tuple[str, ...]
    text: Message


@dataclass(frozen=True)
class _Shape:
    """A rule as it is compared: what its condition requires of each field, and what it sets."""

    rule: Rule
    required: Sequence[Comparison]
    named: frozenset[str]
    effects: Mapping[str, Any]
    takes_step: bool

    def is_for_kind_of(self, other: "_Shape") -> bool:
        kinds, others = set(self.rule.kinds), set(other.rule.kinds)
        return not kinds or not others or bool(kinds & others)


def findings(rules: Iterable[Rule]) -> list[Finding]:
    """Everything to look at in these rules, taken together; those that are off count as if they were on."""
    rules, names = list(rules), Names()
    queries.hold_macros_of(rules)
    found, shapes = list[Finding](), list[_Shape]()
    for rule in sorted(rules, key=lambda each: (each.order, each.id or 0)):
        try:
            shapes.append(_shape(rule))
        except QueryError as error:
            text = _("The condition of “%(name)s” cannot be read: %(error)s", name=rule.name, error=str(error))
            found.append(Finding("condition", (rule.name,), text))
    names.learn(shape.effects for shape in shapes)
    found += [each for first, second in combinations(shapes, 2) for each in _conflicts(first, second, names)]
    return found + _loops(shapes, names)


def findings_about(rule: Rule, rules: Iterable[Rule]) -> list[Finding]:
    """What is to look at in one rule among the active ones."""
    others = [each for each in rules if each.active and each.id != rule.id]
    return [each for each in findings([*others, rule]) if rule.name in each.rules]


def _shape(rule: Rule) -> _Shape:
    tree = parse(rule.condition) if rule.condition.strip() else And(())
    named = frozenset(node.field_name.lower() for node, _depth in walk(tree) if isinstance(node, Comparison))
    effects = dict(effects_of(rule.actions))
    if effects.keys() & {"impact", "urgency"}:
        effects.setdefault("priority", ANYTHING)  # the matrix gives another one
    takes_step = any(each.get("do") == "step" for each in rule.actions)
    return _Shape(rule, _required(tree), named, effects, takes_step)


def _required(tree: Node) -> list[Comparison]:
    """Comparisons that must all hold; what stands below `or` and `not` asks nothing for sure."""
    if isinstance(tree, Comparison):
        return [tree]
    return [each for part in tree.parts for each in _required(part)] if isinstance(tree, And) else []


def _conflicts(first: _Shape, second: _Shape, names: Names) -> list[Finding]:
    together = first.is_for_kind_of(second) and _same_event(first.rule, second.rule)
    if not together or first.rule.stop or not may_overlap(first.required, second.required):
        return []
    fields = [
        name
        for name in first.effects.keys() & second.effects.keys()
        if ANYTHING not in (first.effects[name], second.effects[name]) and first.effects[name] != second.effects[name]
    ]
    return [
        Finding(
            "conflict",
            (first.rule.name, second.rule.name),
            _(
                "“%(first)s” and “%(second)s” may both run and set %(field)s: to %(one)s and to %(other)s. The later one wins.",
                first=first.rule.name,
                second=second.rule.name,
                field=column_title(name),
                one=names.of(name, first.effects[name]),
                other=names.of(name, second.effects[name]),
            ),
        )
        for name in sorted(fields)
    ]


def _same_event(first: Rule, second: Rule) -> bool:
    if first.trigger != second.trigger:
        return False
    for name in ("fields", "states"):
        mine, other = set(first.options.get(name) or ()), set(second.options.get(name) or ())
        if mine and other and not mine & other:
            return False
    return all(
        not first.options.get(name) or not second.options.get(name) or first.options[name] == second.options[name]
        for name in ("metric", "percent")
    )


def may_overlap(first: Sequence[Comparison], second: Sequence[Comparison]) -> bool:
    """Whether one ticket could fit both; only what certainly excludes one another answers no."""
    return not any(
        one.field_name.lower() == other.field_name.lower() and _exclude(one, other) for one in first for other in second
    )


def _exclude(one: Comparison, other: Comparison) -> bool:
    mine, theirs = _values(one), _values(other)
    if mine is not None and theirs is not None:
        return not mine & theirs
    if Operator.EMPTY in (one.operator, other.operator):
        rest = other if one.operator is Operator.EMPTY else one
        return rest.operator in {Operator.EQUAL, Operator.IN, Operator.NOT_EMPTY}
    if _opposite(one, other) or _opposite(other, one):
        return True
    return _apart(one, other) or _apart(other, one)


def _values(node: Comparison) -> frozenset[str] | None:
    """The values of which the field must be one, as they were written; None when that is not known."""
    if node.operator not in {Operator.EQUAL, Operator.IN}:
        return None
    if not all(isinstance(value, Literal) for value in node.values):
        return None
    return frozenset(value.text.strip().casefold() for value in node.values if isinstance(value, Literal))


def _opposite(one: Comparison, other: Comparison) -> bool:
    """`= a` and `!= a`."""
    mine = _values(one)
    if mine is None or other.operator not in {Operator.NOT_EQUAL, Operator.NOT_IN}:
        return False
    barred = {value.text.strip().casefold() for value in other.values if isinstance(value, Literal)}
    return mine <= barred


def _apart(one: Comparison, other: Comparison) -> bool:
    """Numbers: all that `one` allows lies below what `other` asks for."""
    highest, lowest = _bound(one, _BELOW), _bound(other, _ABOVE)
    if highest is None or lowest is None:
        return False
    strict = Operator.LESS in {one.operator} or Operator.GREATER in {other.operator}
    return highest < lowest or (strict and highest == lowest)


def _bound(node: Comparison, operators: set[Operator]) -> float | None:
    numbers = [parse_number(value.text) for value in node.values if isinstance(value, Literal)]
    known = [number for number in numbers if number is not None]
    if len(known) < len(node.values) or not known:
        return None
    if node.operator in operators:
        return known[0]
    if node.operator in {Operator.EQUAL, Operator.IN}:
        return max(known) if operators is _BELOW else min(known)
    return None


def _loops(shapes: Sequence[_Shape], names: Names) -> list[Finding]:
    follows = {number: _led_to(number, shapes, names) for number in range(len(shapes))}
    found = []
    for circle in _circles(follows):
        rules = tuple(shapes[number].rule.name for number in circle)
        text = _("These rules may set one another off: %(names)s.", names=" → ".join((*rules, rules[0])))
        found.append(Finding("loop", rules, text))
    return found


def _led_to(number: int, shapes: Sequence[_Shape], names: Names) -> list[int]:
    return [other for other, shape in enumerate(shapes) if other != number and _feeds(shapes[number], shape, names)]


def _feeds(cause: _Shape, effect: _Shape, names: Names) -> bool:
    """Whether what one rule does may set off the other, and leaves its condition possible."""
    if not cause.is_for_kind_of(effect):
        return False
    trigger, columns = effect.rule.trigger, cause.effects.keys()
    if trigger == "moved":
        return cause.takes_step
    if trigger == "changed":
        touched = columns & set(effect.rule.options.get("fields") or columns)
    elif trigger in {"schedule", "target_spent"}:
        touched = {name for name in columns if _field(name) in effect.named}
    else:
        return False
    return bool(touched) and may_overlap(_left_behind(cause, names), effect.required)


def _field(column: str) -> str:
    return column if column.startswith(PREFIX) else column.removesuffix("_id")


def _left_behind(cause: _Shape, names: Names) -> list[Comparison]:
    """What is certainly true of a ticket after a rule set its fields, as comparisons."""
    return [
        Comparison(_field(name), Operator.IN, tuple(Literal(text) for text in names.written(name, value)))
        for name, value in cause.effects.items()
        if value is not ANYTHING and not name.startswith(PREFIX)  # a filter may write values of own fields in many ways
    ]


def _circles(follows: Mapping[int, Sequence[int]]) -> list[tuple[int, ...]]:
    """A shortest way round through each rule that comes back to itself; each circle once."""
    found: dict[frozenset[int], tuple[int, ...]] = {}
    for start in follows:
        way = _way_back(start, follows)
        if way:
            found.setdefault(frozenset(way), way)
    return list(found.values())


def _way_back(start: int, follows: Mapping[int, Sequence[int]]) -> tuple[int, ...]:
    waiting, seen = list[tuple[int, ...]]([(start,)]), {start}
    while waiting:
        way = waiting.pop(0)
        for following in follows[way[-1]]:
            if following == start:
                return way
            if following not in seen:
                seen.add(following)
                waiting.append((*way, following))
    return ()
