"""What a mail repeats of an earlier one, told apart from what it says itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

FEWEST_LINES = 2
LONGEST_INTRODUCTION = 200
LONGEST_SEPARATOR = 61
FEWEST_DASHES = 5
_HEADER = re.compile(
    r"^\s*\*?(?:From|Sent|To|Cc|Date|Subject|Från|Skickat|Till|Ämne|De|Enviado|Para|Asunto|Από|Προς|Θέμα)\*?:\s"
)


@dataclass(frozen=True)
class Part:
    """Some lines of a text; `quoted` ones are from an earlier message."""

    text: str
    quoted: bool


def parts(text: str) -> list[Part]:
    """The text in order, cut where a quotation begins or ends; one part where there is none or nothing else."""
    lines = text.splitlines()
    marks = _marks(lines)
    found = [Part("\n".join(group), quoted) for quoted, group in _runs(lines, marks)]
    kept = [part for part in found if part.text.strip()]
    return kept if any(not part.quoted for part in kept) else [Part(text, quoted=False)]


def _marks(lines: list[str]) -> list[bool]:
    marks = [line.lstrip().startswith(">") for line in lines]
    start = _repeated_from(lines)
    if start is not None:
        marks[start:] = [True] * (len(lines) - start)
    _drop_short(lines, marks)
    _take_introductions(lines, marks)
    return marks


def _repeated_from(lines: list[str]) -> int | None:
    """Where an earlier message is repeated whole: at a line of dashes with words, or at a block of mail headers."""
    for number, line in enumerate(lines):
        following = lines[number + 1 : number + 4]
        if _is_separator(line) and any(_HEADER.match(each) for each in following):
            return number
        if _HEADER.match(line) and sum(bool(_HEADER.match(each)) for each in following) >= FEWEST_LINES:
            return number
    return None


def _is_separator(line: str) -> bool:
    """Whether a line is a few words between dashes, or dashes only; without a pattern, which long lines would hold up."""
    line = line.strip()
    if not (line.startswith("--") and line.endswith("--")):
        return False
    between = line.strip("-")
    return 0 < len(between.strip()) <= LONGEST_SEPARATOR if between else len(line) >= FEWEST_DASHES


def _drop_short(lines: list[str], marks: list[bool]) -> None:
    """A single line that begins with `>` may be anything."""
    start = 0
    for quoted, group in list(_runs(lines, marks)):
        if quoted and len(group) < FEWEST_LINES:
            marks[start : start + len(group)] = [False] * len(group)
        start += len(group)


def _take_introductions(lines: list[str], marks: list[bool]) -> None:
    """`On Monday Ada wrote:` belongs to the quotation below it."""
    for number in range(1, len(lines)):
        if not marks[number] or marks[number - 1]:
            continue
        above = number - 1
        while above >= 0 and not lines[above].strip():
            above -= 1
        if above >= 0 and lines[above].rstrip().endswith(":") and len(lines[above]) <= LONGEST_INTRODUCTION:
            marks[above:number] = [True] * (number - above)


def _runs(lines: list[str], marks: list[bool]) -> Iterator[tuple[bool, list[str]]]:
    start = 0
    for number in range(1, len(lines) + 1):
        if number == len(lines) or marks[number] != marks[start]:
            yield marks[start], lines[start:number]
            start = number
