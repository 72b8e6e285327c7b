"""Patterns that administrators write for texts: whole-text regular expressions that can never take long.

A pattern is taken only if the number of ways in which it can be tried on a text is small. That number follows from its
structure: alternatives add, parts after one another multiply, repetition raises to a power. It refuses nested repetition
(`(a+)+`) and long chains of open repetition by itself, and allows what addresses, serial numbers and codes need.
"""

import re
from functools import lru_cache
from importlib import import_module
from typing import Any

LONGEST_TEXT = 250  # folding may double a letter, and an index holds 500
LONGEST_PATTERN = 200
MOST_WAYS = 100_000
SINGLE = frozenset({"LITERAL", "NOT_LITERAL", "IN", "ANY", "AT", "CATEGORY", "RANGE"})
REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT"})

_parser: Any = import_module("re._parser")


class UnsafePattern(ValueError):
    """A pattern that cannot be read, or that might take long; the text of the error is for programs only."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, ready to match whole texts of at most 250 characters; raises `UnsafePattern`."""
    if len(pattern) > LONGEST_PATTERN:
        raise UnsafePattern("too long")
    try:
        parsed, checked = _parser.parse(pattern), re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnsafePattern(str(error)) from error
    if _ways(parsed) > MOST_WAYS:
        raise UnsafePattern("too many ways to try")
    return checked


def _ways(parsed: Any) -> int:
    """In how many ways a part of a pattern can be tried on a text, counted up to just above the limit."""
    ways = 1
    for code, argument in parsed:
        ways = min(ways * _ways_of(str(code), argument), MOST_WAYS + 1)
    return ways


def _ways_of(code: str, argument: Any) -> int:
    if code in SINGLE:
        return 1
    if code == "BRANCH":
        return sum(_ways(branch) for branch in argument[1])
    if code == "SUBPATTERN":
        return _ways(argument[-1])
    if code in REPEATS:
        return _ways_of_repeat(*argument)
    raise UnsafePattern(f"{code} is not allowed")


def _ways_of_repeat(least: Any, most: Any, part: Any) -> int:
    least, most = min(int(least), LONGEST_TEXT), min(int(most), LONGEST_TEXT)
    inner, ways = _ways(part), 0
    for count in range(least, most + 1):
        ways += min(inner**count, MOST_WAYS + 1) if inner > 1 else 1
        if ways > MOST_WAYS:
            break
    return ways
