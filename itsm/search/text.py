"""How text is made comparable before it is indexed or asked for."""

import re
import unicodedata

PERSIAN = str.maketrans({"ي": "ی", "ك": "ک", "ة": "ه", "\u200c": " ", "\u200d": "", "ـ": ""})
WORD = re.compile(r"\w+")
LONGEST_TEXT = 60_000
LONGEST_QUESTION = 200


def normalised(text: str) -> str:
    """Lower case, Persian and Arabic letter forms unified, half-spaces as blanks, accents kept."""
    return unicodedata.normalize("NFKC", text).translate(PERSIAN).lower()[:LONGEST_TEXT]


def words_of(question: str) -> list[str]:
    """The words of a question, at most twelve; signs that a full-text engine would read as operators are dropped."""
    return WORD.findall(normalised(question[:LONGEST_QUESTION]))[:12]
