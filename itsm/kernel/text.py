"""Translatable texts for code that knows nothing of the web: `_("…")` is resolved when it is shown.

Catalogues are gettext files under `itsm/translations`, found by Flask-Babel. `language(code)` switches the language for a
block, as a job does that writes to a person in that person's language. Texts are looked up through a dictionary of our
own, because a page shows hundreds of them and Flask-Babel asks the application context for each.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel.support import Translations
from flask_babel import force_locale, get_locale
from markupsafe import escape

CATALOGUES = Path(__file__).parent.parent / "translations"
LANGUAGES = {"en": "English", "sv": "Svenska", "es": "Español", "fa": "فارسی", "el": "Ελληνικά"}
RIGHT_TO_LEFT = frozenset({"fa", "ar", "he", "ur"})

_chosen: ContextVar[str | None] = ContextVar("language", default=None)


class LazyText:
    """A text that is translated each time it is turned into a string; behaves like that string."""

    __slots__ = ("number", "plural", "text", "values")

    def __init__(self, text: str, values: dict[str, Any], plural: str = "", number: int = 0) -> None:
        self.text, self.values, self.plural, self.number = text, values, plural, number

    def __str__(self) -> str:
        translated = translate_plural(self.text, self.plural, self.number) if self.plural else translate(self.text)
        return translated % self.values if self.values else translated

    def __html__(self) -> str:
        return str(escape(str(self)))

    def __repr__(self) -> str:
        return f"_({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, str | LazyText) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    def __len__(self) -> int:
        return len(str(self))

    def __contains__(self, part: str) -> bool:
        return part in str(self)

    def __add__(self, other: Any) -> str:
        return str(self) + str(other)

    def __radd__(self, other: Any) -> str:
        return str(other) + str(self)

    def __mod__(self, values: Any) -> str:
        return str(str(self) % values)

    def __lt__(self, other: Any) -> bool:
        return str(self) < str(other)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(str(self), name)


class OwnText(LazyText):
    """A text that the site wrote itself: in the reader's language, else in English, else in the first that there is."""

    __slots__ = ("by_language",)

    def __init__(self, by_language: Mapping[str, str]) -> None:
        super().__init__("", {})
        self.by_language = dict(by_language)

    def __str__(self) -> str:
        known = self.by_language
        return known.get(current_language()) or known.get("en") or next((text for text in known.values() if text), "")


Message = Any  # a str or a LazyText: both answer str() with the text in the language of the moment


def _(text: str, **values: Any) -> Message:
    """Mark a text for translation; `%(name)s` places are filled with `values` when it is shown."""
    return LazyText(text, values)


def plural(singular: str, many: str, number: int, **values: Any) -> Message:
    """Mark a text with a plural form chosen by `number`, which also is the value `%(num)s`."""
    return LazyText(singular, {"num": number, **values}, many, number)


def to_data(message: Message) -> Any:
    """A text as JSON data that is stored now and shown in the language of whoever reads it; a plain text is itself.

    The values in its places must be texts, numbers or such messages.
    """
    if not isinstance(message, LazyText):
        return message
    if isinstance(message, OwnText):
        return str(message)
    values = {name: to_data(value) for name, value in message.values.items()}
    return {"text": message.text, "values": values, "plural": message.plural, "number": message.number}


def from_data(data: Any) -> Message:
    """The text that `to_data` made data of."""
    if not isinstance(data, dict):
        return data
    values = {name: from_data(value) for name, value in data["values"].items()}
    return LazyText(data["text"], values, data["plural"], data["number"])


def noop(text: str) -> str:
    """Mark a text for the catalogues without translating it here (constants that are stored as written)."""
    return text


def current_language() -> str:
    """The language of the moment: of the block, else of the request, else English."""
    return _chosen.get() or str(get_locale() or "en")


def choose(code: str | None) -> None:
    """Set the language of the present request; None asks Flask-Babel again."""
    _chosen.set(code)


@contextmanager
def language(code: str) -> Iterator[None]:
    """Show texts in `code` inside the block; unknown codes fall back to English."""
    known = code if code in LANGUAGES else "en"
    token = _chosen.set(known)
    try:
        with force_locale(known):
            yield
    finally:
        _chosen.reset(token)


@cache
def _catalogue(code: str) -> Any:
    """Read from the files and not through an application: what is kept must not depend on who asked first."""
    return Translations.load(str(CATALOGUES), [code])


@cache
def _translated(code: str, text: str) -> str:
    return str(_catalogue(code).ugettext(text)) if text else ""


def translate(text: str) -> str:
    """The text in the language of the moment."""
    return _translated(current_language(), text)


def translate_plural(singular: str, many: str, number: int) -> str:
    """The form for `number` in the language of the moment."""
    return str(_catalogue(current_language()).ungettext(singular, many, number))
