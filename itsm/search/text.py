"""How text is made comparable before it is indexed or asked for."""

import re
import unicodedata
from collections import Counter

from itsm.kernel.runtime import settings

LETTERS = {
    "ي": "ی",
    "ى": "ی",
    "ئ": "ی",
    "ك": "ک",
    "ة": "ه",
    "ۀ": "ه",
    "أ": "ا",
    "إ": "ا",
    "ؤ": "و",
    "\u200c": " ",
    "\u200d": "",
    "ـ": "",
}
DIGITS = dict(zip("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "0123456789" * 2, strict=True))
VOWELS = dict.fromkeys(map(chr, range(0x064B, 0x0653)), "")  # written above and below letters, by few
PERSIAN = str.maketrans(LETTERS | DIGITS | VOWELS)
WORD = re.compile(r"\w+")
LONGEST_TEXT = 60_000
MARK = "kind"
WORDS_LOOKED_AT = 400
# Words that texts of a language can hardly do without, and that the other languages do not have.
COMMON = {
    word: language
    for language, words in {
        "en": "the and is are was not of to with this that it have has does please you we my from what when",
        "sv": "och är inte att det som på för jag vi har kan när från den ett min med till av går finns hej",
        "es": "el la los las que una del por con para está no se es su al lo como pero cuando tiene hola",
    }.items()
    for word in words.split()
}
GREEK, ARABIC = re.compile("[\u0370-\u03ff\u1f00-\u1fff]"), re.compile("[\u0600-\u06ff]")
LONGEST_QUESTION = 200


def normalised(text: str) -> str:
    """Lower case, Persian and Arabic letters and digits unified, half-spaces as blanks, accents of other scripts kept."""
    return unicodedata.normalize("NFKC", text).translate(PERSIAN).lower()[:LONGEST_TEXT]


def words_of(question: str) -> list[str]:
    """The words of a question, at most twelve; signs that a full-text engine would read as operators are dropped."""
    return WORD.findall(normalised(question[:LONGEST_QUESTION]))[:12]


def mark_of(kind: str) -> str:
    """A word that rows of a kind hold beside their own, so that few CIs are not sought among all tickets; tickets have none."""
    return "" if kind == "ticket" else f"{MARK}{kind}"


def language_of(words: str) -> str:
    """The language whose stems normalised words are indexed by: by its letters or commonest words, else the site's.

    Empty for Persian and Arabic, whose words are indexed as they are.
    """
    if GREEK.search(words):
        return "el"
    if ARABIC.search(words):
        return ""
    counts = Counter(COMMON[word] for word in words.split(maxsplit=WORDS_LOOKED_AT) if word in COMMON).most_common(2)
    if counts and (len(counts) == 1 or counts[0][1] > counts[1][1]):
        return counts[0][0]
    return settings().language
