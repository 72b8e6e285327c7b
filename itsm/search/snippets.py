"""The piece of a text that holds the words somebody asked for, with the words marked. What shows it escapes every part."""

from itsm.search.text import WORD, normalised, words_of

BEFORE, AFTER = 60, 180

Part = tuple[str, bool]


def snippet(text: str, question: str) -> list[Part]:
    """Parts of the text around the first word of a question, or of its beginning: (text, whether it is such a word)."""
    spans = _spans(text, words_of(question))
    start = _cut_start(text, spans[0][0]) if spans else 0
    end = min(len(text), start + BEFORE + AFTER)
    parts = _parts(text, [span for span in spans if span[1] <= end], start, end)
    return [*([("… ", False)] if start else []), *parts, *([(" …", False)] if end < len(text) else [])]


def marked(text: str, question: str) -> list[Part]:
    """The whole of a short text, with the words of a question marked."""
    return _parts(text, _spans(text, words_of(question)), 0, len(text))


def _spans(text: str, words: list[str]) -> list[tuple[int, int]]:
    """Where words of the text begin with a word of the question."""
    asked = tuple(words)
    return [found.span() for found in WORD.finditer(text) if asked and normalised(found[0]).strip().startswith(asked)]


def _cut_start(text: str, hit: int) -> int:
    """The beginning of a word somewhat before the hit."""
    if hit <= BEFORE:
        return 0
    blank = text.find(" ", hit - BEFORE, hit)
    return blank + 1 if blank >= 0 else hit


def _parts(text: str, spans: list[tuple[int, int]], start: int, end: int) -> list[Part]:
    parts: list[Part] = []
    place = start
    for first, last in spans:
        parts += [(text[place:first], False), (text[first:last], True)]
        place = last
    parts.append((text[place:end], False))
    return [part for part in parts if part[0]]
