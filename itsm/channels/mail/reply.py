"""The visible reply: what the sender wrote now, without quotes, signatures and disclaimers.

The rules are the project's own. The library mail-parser-reply was tried on the same samples: it lost answers written
below or between the quotes, took hyphenated lists and lines such as "Thanks," for signatures, knew neither Greek,
Persian, Portuguese, Norwegian, Finnish nor Russian, and needed more than a second for 80 KB of `>`.

Every rule asks for more than one sign before it takes anything away, and a result without any text gives the whole text
back: the worst case is a quote too many on the screen, never a lost sentence.
"""

import re
from functools import lru_cache

from itsm.channels.mail.html_text import Line, Quote, html_lines
from itsm.channels.mail.reply_phrases import (
    ATTRIBUTION_START,
    DISCLAIMER,
    DISCLAIMER_START,
    FORWARDED,
    HEADER_FIELDS,
    LIST_FOOTER,
    MOBILE_SIGNATURE,
    ORIGINAL_MESSAGE,
    SEE_BELOW,
    WROTE,
)

_LINES = 5_000
_CLOSINGS = 6
_LINE_CHARACTERS = 2_000
_QUOTED = re.compile(r"^[ \t]{0,3}>(?!From )")
_TIME = re.compile(r"\d{1,2}[:.h]\d{2}|\d\s?[ap]\.?m\b|\d时|\d時", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d|1[34]\d\d/|[۰-۹]{4}|\d{1,2}[./-]\d{1,2}[./-]\d{2}\b")
_NAMED_ADDRESS = re.compile(r"<[^<>\s]{1,64}@[^<>\s]{1,200}>")
_DIGIT = re.compile(r"[\d۰-۹٠-٩]")
_RULE = re.compile(r"^[ \t]*[_\-=*—─]{10,}[ \t]*$")
_SIGNATURE_NAME = re.compile(r"^-[^\W\d_a-z][^\W\d_]*(?: [^\W\d_a-z][^\W\d_.]*\.?){0,2}$")
_LONGEST_SIGNATURE = 30
_LONGEST_DOUBTFUL_SIGNATURE = 8


def visible_reply(text: str, html: str | None = None, *, is_forward: bool = False) -> str:
    """The sender's own words.

    HTML is read when there is no plain text. Of a forwarded mail nothing is cut but the closing signature, because
    what is passed on is meant to be read.
    """
    lines = _text_lines(text) if text.strip() or not html else _html_lines(html)
    whole = _joined(lines)
    if is_forward:
        return whole
    reply = _joined(_own_lines(lines))
    return reply or whole


def _text_lines(text: str) -> list[Line]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [_text_line(line) for line in lines[:_LINES]] + [Line(line) for line in lines[_LINES:]]


def _html_lines(html: str) -> list[Line]:
    lines = html_lines(html)
    return [line if line.quote is not Quote.NONE or line.is_rule else _text_line(line.text) for line in lines]


def _text_line(line: str) -> Line:
    if _RULE.match(line[:200]):
        return Line(line, is_rule=True)
    return Line(line, Quote.MARKED if _QUOTED.match(line[:200]) else Quote.NONE)


def _joined(lines: list[Line]) -> str:
    text = "\n".join(line.text.rstrip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n").strip()


def _own_lines(lines: list[Line]) -> list[Line]:
    lines = _above_quoted_mail(lines)
    attributions = _attributions(lines)
    lines = [
        Line("", Quote.CITED) if number in attributions else line
        for number, line in enumerate(lines)
        if number not in attributions or attributions[number]
    ]
    kept: list[Line] = []
    for block in _blocks(lines):
        kept.extend(_kept(block, lines, has_attribution=bool(attributions)) or [Line("")])
    return kept


def _blocks(lines: list[Line]) -> list[tuple[int, int]]:
    """Spans of lines that are alike: quoted or not. Empty lines belong to what stands before them."""
    spans: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        is_same = spans and (
            (not line.text.strip() and line.quote is Quote.NONE) or lines[spans[-1][0]].quote is line.quote
        )
        if is_same:
            spans[-1] = (spans[-1][0], number + 1)
        else:
            spans.append((number, number + 1))
    return spans


def _kept(block: tuple[int, int], lines: list[Line], *, has_attribution: bool) -> list[Line]:
    start, end = block
    own = lines[start:end]
    if own[0].quote is Quote.NONE:
        return _without_signature(own)
    if _is_forward_block(own):
        return own
    if own[0].quote is Quote.CITED or has_attribution:
        return []
    return own if _is_wanted_quote(lines, start, end) else []


def _is_forward_block(lines: list[Line]) -> bool:
    first = next((line.text.lstrip("> \t") for line in lines if line.text.strip("> \t")), "")
    return FORWARDED.match(first[:200]) is not None


def _is_wanted_quote(lines: list[Line], start: int, end: int) -> bool:
    """Marked lines that nobody is named for: kept between own lines, and after an own line that announces them."""
    introduction = next(
        (lines[above].text.strip() for above in range(start - 1, -1, -1) if lines[above].text.strip()), ""
    )
    after = any(lines[below].text.strip() for below in range(end, len(lines)))
    if not introduction:
        return not after
    announces = introduction.endswith((":", "：")) and not _DIGIT.search(introduction) and "@" not in introduction
    return after or announces


def _above_quoted_mail(lines: list[Line]) -> list[Line]:
    """The lines above the first unmarked quoted mail, unless there is nothing above or the sender points to it."""
    for number in range(min(len(lines), _LINES)):
        if lines[number].quote is not Quote.NONE:
            continue
        if FORWARDED.match(lines[number].text[:200]):
            return lines
        if _begins_quoted_mail(lines, number):
            above = lines[:number]
            while above and (above[-1].is_rule or not above[-1].text.strip()):
                above.pop()
            is_pointed_to = SEE_BELOW.search("\n".join(line.text for line in above)[:4000])
            return above if above and not is_pointed_to else lines
    return lines


def _begins_quoted_mail(lines: list[Line], number: int) -> bool:
    text = lines[number].text[:_LINE_CHARACTERS]
    if ORIGINAL_MESSAGE.match(text[:200]):
        return True
    return _is_header_block(lines, number) or _is_bare_attribution(lines, number)


def _is_header_block(lines: list[Line], number: int) -> bool:
    """The labels From, Sent, To, Subject together; a filled-in form with some of them is not enough."""
    if _header_kind(lines[number].text) is None:
        return False
    block = _labelled(lines, number)
    kinds = {_header_kind(text) for text in block}
    if "from" not in kinds or len(kinds - {None}) < 3:
        return False
    has_rule = any(line.is_rule for line in _last_shown(lines, number))
    names = [text for text in block if _header_kind(text) in ("from", "to")]
    return has_rule or {"sent", "subject"} <= kinds or (any("@" in text for text in names) and "sent" in kinds)


def _labelled(lines: list[Line], number: int) -> list[str]:
    """The label lines from here, with at most one other line between two of them."""
    found: list[str] = []
    others = 0
    for line in lines[number : number + 16]:
        if _header_kind(line.text) is not None:
            found.append(line.text)
            others = 0
        elif line.text.strip():
            others += 1
        if others > 1:
            break
    return found


def _last_shown(lines: list[Line], number: int) -> list[Line]:
    shown = [line for line in lines[max(0, number - 4) : number] if line.text.strip() or line.is_rule]
    return shown[-1:]


def _header_kind(text: str) -> str | None:
    return _kind_of_label(text.lstrip()[:60])


@lru_cache(maxsize=1024)
def _kind_of_label(start: str) -> str | None:
    return next((kind for kind, label in HEADER_FIELDS.items() if label.match(start)), None)


def _is_bare_attribution(lines: list[Line], number: int) -> bool:
    """An attribution whose quote is not marked: only with an address, or with both a full date and a time."""
    joined = _attribution_at(lines, number)
    if joined is None:
        return False
    length, text = joined
    is_certain = _NAMED_ADDRESS.search(text) or (_YEAR.search(text) and _TIME.search(text))
    following = [line for line in lines[number + length : number + length + 50] if line.text.strip()]
    is_marked = any(line.quote is not Quote.NONE for line in following)
    return bool(is_certain and following and not is_marked)


def _attribution_at(lines: list[Line], number: int) -> tuple[int, str] | None:
    """How many lines from here make an attribution, and its text; the line here must begin one."""
    if not ATTRIBUTION_START.match(lines[number].text[:80]) and not _NAMED_ADDRESS.search(lines[number].text[:500]):
        return None
    joined = ""
    for length, line in enumerate(lines[number : number + 4], start=1):
        if not line.text.strip() or line.quote is not Quote.NONE:
            return None
        joined = f"{joined} {line.text.strip()}"[:_LINE_CHARACTERS]
        if _ends_attribution(joined):
            return length, joined
    return None


def _ends_attribution(text: str) -> bool:
    ends = text.rstrip().endswith((":", "："))
    if not ends or not _DIGIT.search(text):
        return False
    has_moment = _TIME.search(text) and _YEAR.search(text)
    return bool(WROTE.search(text) or (has_moment and _NAMED_ADDRESS.search(text)))


def _attributions(lines: list[Line]) -> dict[int, bool]:
    """Numbers of the lines of attributions above marked quotes; the value is True for the first line of each."""
    found: dict[int, bool] = {}
    for number, line in enumerate(lines):
        is_quote_start = line.quote is not Quote.NONE and (number == 0 or lines[number - 1].quote is Quote.NONE)
        if is_quote_start:
            found.update(_attribution_above(lines, number))
    return found


def _attribution_above(lines: list[Line], number: int) -> dict[int, bool]:
    last = number - 1
    while last >= 0 and not lines[last].text.strip() and not lines[last].is_rule:
        last -= 1
    first = last
    joined = ""
    while first >= 0 and last - first < 4 and lines[first].text.strip() and lines[first].quote is Quote.NONE:
        joined = f"{lines[first].text.strip()} {joined}"[:_LINE_CHARACTERS]
        if _ends_attribution(joined):
            first = _first_line(lines, first)
            return {line: line == first for line in range(first, last + 1)}
        first -= 1
    return {}


def _first_line(lines: list[Line], first: int) -> int:
    """Up to two lines more, when the attribution begins there and not here."""
    if ATTRIBUTION_START.match(lines[first].text[:80]):
        return first
    for above in range(first - 1, max(-1, first - 3), -1):
        if not lines[above].text.strip() or lines[above].quote is not Quote.NONE:
            break
        if ATTRIBUTION_START.match(lines[above].text[:80]) and _DIGIT.search(lines[above].text):
            return above
    return first


def _without_signature(lines: list[Line]) -> list[Line]:
    """Take signature, program's line, disclaimer and list footer off the end, a few of them one after the other."""
    kept = _trimmed(lines)
    for _ in range(_CLOSINGS):
        kept = _trimmed(_one_closing_less(kept))
    return [*kept, Line("")] if len(kept) < len(lines) else kept


def _trimmed(lines: list[Line]) -> list[Line]:
    end = len(lines)
    while end and not lines[end - 1].text.strip():
        end -= 1
    return lines[:end]


def _one_closing_less(lines: list[Line]) -> list[Line]:
    for cut in (_dashes, _program_line, _disclaimer, _list_footer, _dash_name):
        number = cut(lines)
        if number is not None:
            return lines[:number]
    return lines


def _dashes(lines: list[Line]) -> int | None:
    """The line of two hyphens. Without its trailing blank it may be a divider: only a few short lines are cut."""
    found = [number for number, line in enumerate(lines) if line.text.strip() == "--"]
    if not found or len(lines) - found[-1] > _LONGEST_SIGNATURE:
        return None
    number = found[-1]
    rest = [line.text for line in lines[number + 1 :] if line.text.strip()]
    is_standard = lines[number].text == "-- "
    is_set_off = number == 0 or not lines[number - 1].text.strip()
    is_small = len(rest) <= _LONGEST_DOUBTFUL_SIGNATURE and all(len(text) <= 80 for text in rest)
    return number if is_standard or (is_set_off and is_small and len(found) == 1) else None


def _program_line(lines: list[Line]) -> int | None:
    last = len(lines) - 1
    is_signature = last >= 0 and MOBILE_SIGNATURE.match(lines[last].text.strip()[:200])
    return last if is_signature else None


def _disclaimer(lines: list[Line]) -> int | None:
    start = _paragraph_start(lines)
    if start is None:
        return None
    text = " ".join(line.text.strip() for line in lines[start:])[:4000]
    is_named = DISCLAIMER_START.match(text) and (DISCLAIMER.match(text) or "before printing" in text)
    return start if is_named and len(text) >= 20 else None


def _list_footer(lines: list[Line]) -> int | None:
    rules = [number for number, line in enumerate(lines) if line.is_rule]
    if not rules or len(lines) - rules[-1] > 8:
        return None
    rest = " ".join(line.text for line in lines[rules[-1] + 1 :])
    return rules[-1] if not rest.strip() or LIST_FOOTER.search(rest[:2000]) else None


def _dash_name(lines: list[Line]) -> int | None:
    """A closing `-Firstname Lastname` that stands alone, when the text has no other line that begins with a hyphen."""
    start = _paragraph_start(lines)
    if start is None or start != len(lines) - 1 or not _SIGNATURE_NAME.match(lines[start].text.strip()[:80]):
        return None
    return start if not any(line.text.lstrip().startswith("-") for line in lines[:start]) else None


def _paragraph_start(lines: list[Line]) -> int | None:
    """Where the last paragraph begins; None when it is the only one."""
    number = len(lines)
    while number and lines[number - 1].text.strip():
        number -= 1
    return number if number else None
