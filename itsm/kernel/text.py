"""Translatable texts for code that knows nothing of the web: `_("…")` is resolved when it is shown.

Catalogues are gettext files under `itsm/translations`. `language(code)` switches the language for a block, as a job
does that writes to a person in that person's language.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_babel import force_locale, lazy_gettext, lazy_ngettext

LANGUAGES = {"en": "English", "sv": "Svenska", "es": "Español", "fa": "فارسی", "el": "Ελληνικά"}
RIGHT_TO_LEFT = frozenset({"fa", "ar", "he", "ur"})

Message = Any  # a str or a lazy string: both answer str() with the text in the language of the moment


def _(text: str, **values: Any) -> Message:
    """Mark a text for translation; `%(name)s` places are filled with `values` when it is shown."""
    return lazy_gettext(text, **values)


def plural(singular: str, many: str, number: int, **values: Any) -> Message:
    """Mark a text with a plural form chosen by `number`, which is also the value `%(num)s`."""
    return lazy_ngettext(singular, many, number, **values)


def noop(text: str) -> str:
    """Mark a text for the catalogues without translating it here (constants that are stored as written)."""
    return text


@contextmanager
def language(code: str) -> Iterator[None]:
    """Show texts in `code` inside the block; unknown codes fall back to English."""
    with force_locale(code if code in LANGUAGES else "en"):
        yield
