"""HTML of mails: the safe form to show, and the lines of text in it with what is quoted marked as such."""

import enum
import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import nh3

from itsm.channels.mail.charset import clean_text

HTML_CHARACTERS = 500_000
_DEPTH = 2_000
_MOST_ELEMENTS = 1_000_000
_MOST_STEPS = 20_000_000
_KEPT_OF_EACH = 3  # equal elements that a parser opens anew
# What a parser opens anew in each block after it was left open. Links are not among them: a second one ends the first.
_REOPENED = "b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u"
_REOPENED_TAG = re.compile(rf"<(?:{_REOPENED})(?=[\s/>])", re.IGNORECASE)
_PLAIN_TAG = re.compile(rf"""<(?:{_REOPENED})(?:\s+[\w-]+=(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>=`]+))*\s*>""", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_EMBEDDED = re.compile(r"data:[\w./+-]{1,60};base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")
_UNCLOSED = frozenset(
    {"br", "hr", "img", "p", "li", "td", "tr", "th", "meta", "link", "input", "col", "option", "dt", "dd"}
)
_TAGS = (nh3.ALLOWED_TAGS | {"font", "tfoot"}) - {"area", "map", "wbr"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "font": {"color"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align"},
    "ol": {"start"},
}
_READING_ATTRIBUTES = {"*": {"class", "id", "style", "type", "name"}, "img": {"src", "alt"}, "a": {"href"}}
_DROPPED_WITH_CONTENT = {
    "script",
    "style",
    "title",
    "template",
    "noscript",
    "object",
    "applet",
    "svg",
    "math",
    "select",
}
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "li",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tr",
        "ul",
    }
)
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre"})
_CITED_CLASSES = re.compile(r"(?:^|\s)(?:x_)*(?:yahoo_quoted|moz-cite-prefix|tutanota_quote)(?:\s|$)")
_CITED_BLOCKS = re.compile(r"(?:^|\s)(?:x_|ecx)*(?:gmail_quote|protonmail_quote)(?:\s|$)")
_RULE_CLASSES = re.compile(r"(?:^|\s)(?:x_)*OutlookMessageHeader(?:\s|$)")
_RULE_IDS = re.compile(r"^(?:x_)*(?:divRplyFwdMsg|appendonsend|mail-editor-reference-message-container)")
_RULE_ABOVE = re.compile(r"border-top\s*:\s*(?:solid|[^;]*\bsolid)|border-top-style\s*:\s*solid", re.IGNORECASE)


class Quote(enum.Enum):
    """How surely a line is quoted: not at all, by a `>` or an indented block, or by the mail program's own mark."""

    NONE = "none"
    MARKED = "marked"
    CITED = "cited"


@dataclass(frozen=True)
class Line:
    """One line of text; `is_rule` stands for a drawn line such as the one that Outlook puts above the quoted mail."""

    text: str
    quote: Quote = Quote.NONE
    is_rule: bool = False


def safe_html(source: str) -> str:
    """HTML cut down to an allow-list: no scripts, styles, forms or remote images; `cid:` images of the mail stay.

    Rule: R30.
    """
    bounded = _bounded(source)
    return nh3.clean(
        bounded,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attribute_filter=_own_images_only,
        url_schemes={"http", "https", "mailto", "cid"},
        link_rel="noopener noreferrer nofollow",
    )


def html_lines(source: str) -> list[Line]:
    """The text lines of HTML, with quoted blocks and drawn rules marked."""
    reading_tags = _TAGS | {"address", "article", "fieldset", "footer", "form", "header", "section"}
    tidy = nh3.clean(
        _bounded(source),
        tags=reading_tags,
        attributes=_READING_ATTRIBUTES,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        url_schemes={"http", "https", "mailto", "cid"},
        link_rel=None,
    )
    reader = _LineReader()
    reader.feed(tidy)
    reader.close()
    return reader.finished()


def html_to_text(source: str) -> str:
    """The whole text of HTML: quoted blocks with `> ` before them, images of the mail as `[cid:…]`."""
    lines = (f"> {line.text}".rstrip() if line.quote is not Quote.NONE else line.text for line in html_lines(source))
    return "\n".join(lines).strip()


def _own_images_only(tag: str, attribute: str, value: str) -> str | None:
    if tag == "img" and attribute == "src":
        return value if value.lower().startswith("cid:") else None
    return None if attribute == "href" and value.lower().startswith("cid:") else value


def _bounded(source: str) -> str:
    """Cut very long HTML, and take the tags out of HTML that only an attack nests so deeply or lets grow so much."""
    text = clean_text(_EMBEDDED.sub("data:,", source)[:HTML_CHARACTERS])
    depth = deepest = 0
    for match in _TAG.finditer(text):
        if match[2].lower() not in _UNCLOSED:
            depth += -1 if match[1] else 1
            deepest = max(deepest, depth)
    tags = text.count("<")
    is_meant = deepest <= _DEPTH and tags * deepest <= _MOST_STEPS and tags * _reopened(text) <= _MOST_ELEMENTS
    return text if is_meant else html.escape(html.unescape(_ANY_TAG.sub(" ", text)))


def _reopened(text: str) -> int:
    """At most how many elements a parser opens anew after one tag, as if nothing was ever closed.

    Of equal elements it opens three; those whose attributes are not plainly written count as different.
    """
    plain = _PLAIN_TAG.findall(text)
    return _KEPT_OF_EACH * (len(set(plain)) + len(_REOPENED_TAG.findall(text)) - len(plain))


@dataclass
class _Open:
    tag: str
    is_quote: bool = False
    is_cited: bool = False


@dataclass
class _State:
    lines: list[Line] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    quotes: int = 0
    cited: int = 0
    preformatted: int = 0


class _LineReader(HTMLParser):
    """Turns tidy HTML into lines. The input has passed the sanitiser, so every element is well nested."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._state = _State()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "br":
            self._break()
        elif tag == "hr":
            self._rule()
        elif tag == "img":
            self._image(values)
        elif tag not in ("col", "wbr"):
            self._open(tag, values)

    def handle_endtag(self, tag: str) -> None:
        state = self._state
        if not any(element.tag == tag for element in state.stack[-50:]):
            return
        self._end_block(tag)
        while state.stack:
            element = state.stack.pop()
            state.quotes -= element.is_quote
            state.cited -= element.is_cited
            state.preformatted -= element.tag == "pre"
            if element.tag == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._state.preformatted:
            first, *others = data.split("\n")
            self._state.text.append(first)
            for line in others:
                self._break()
                self._state.text.append(line)
        else:
            self._state.text.append(re.sub(r"[ \t\r\n\f]+", " ", data))

    def finished(self) -> list[Line]:
        """All lines, never two empty ones together."""
        self._flush()
        kept: list[Line] = []
        for line in self._state.lines:
            if line.text or line.is_rule or (kept and (kept[-1].text or kept[-1].is_rule)):
                kept.append(line)
        return kept

    def _open(self, tag: str, values: dict[str, str]) -> None:
        state = self._state
        if tag in _BLOCKS:
            self._flush()
        if tag in ("td", "th") and state.text:
            state.text.append(" ")
        if tag == "div" and _has_rule_above(values):
            self._rule()
        is_cited = _is_cited(tag, values)
        is_quote = is_cited or tag == "blockquote"
        state.stack.append(_Open(tag, is_quote, is_cited))
        state.quotes += is_quote
        state.cited += is_cited
        state.preformatted += tag == "pre"
        if tag == "li":
            state.text.append("- ")

    def _end_block(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._flush()
        if tag in _SPACED:
            self._state.lines.append(Line("", self._quote()))

    def _quote(self) -> Quote:
        if self._state.cited:
            return Quote.CITED
        return Quote.MARKED if self._state.quotes else Quote.NONE

    def _flush(self) -> None:
        text = "".join(self._state.text)
        tidy = text.rstrip() if self._state.preformatted else re.sub(" {2,}", " ", text.replace("\xa0", " ")).strip()
        if tidy:
            self._state.lines.append(Line(tidy, self._quote()))
        self._state.text.clear()

    def _break(self) -> None:
        before = len(self._state.lines)
        self._flush()
        if len(self._state.lines) == before:
            self._state.lines.append(Line("", self._quote()))

    def _rule(self) -> None:
        self._flush()
        self._state.lines.append(Line("", self._quote(), is_rule=True))

    def _image(self, values: dict[str, str]) -> None:
        source = values.get("src", "")
        if source.lower().startswith("cid:"):
            self._state.text.append(f"[{source}]")
        elif values.get("alt"):
            self._state.text.append(values["alt"])


def _has_rule_above(values: dict[str, str]) -> bool:
    is_named = _RULE_IDS.match(values.get("id", "")) or _RULE_CLASSES.search(values.get("class", ""))
    return bool(is_named or _RULE_ABOVE.search(values.get("style", "")))


def _is_cited(tag: str, values: dict[str, str]) -> bool:
    classes = values.get("class", "")
    if tag != "blockquote":
        return bool(_CITED_CLASSES.search(classes))
    return values.get("type", "").lower() == "cite" or bool(_CITED_BLOCKS.search(classes))
