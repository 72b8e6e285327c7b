"""The complaints of the schemas' library about single values, in words of ours that are translated."""

import re

from itsm.kernel.text import _, noop

NUMBER = r"(-?[\d.]+)"
TEXTS = (
    (r"Missing data for required field\.|Field may not be null\.", noop("Please fill this in.")),
    (r"Unknown field\.", noop("There is no such field.")),
    (r"Not a valid (?:string|utf-8 string)\.", noop("This must be a text.")),
    (r"Not a valid integer\.", noop("This must be a whole number.")),
    (r"Not a valid number\.|Special numeric values .*", noop("This must be a number.")),
    (r"Number too large\.", noop("This number is too large.")),
    (r"Not a valid boolean\.", noop("This must be yes or no.")),
    (r"Not a valid date\.", noop("This must be a day, such as 2026-11-21.")),
    (r"Not a valid time\.", noop("This must be a time of day, such as 14:30.")),
    (r"Not a valid (?:aware |naive )?datetime\.", noop("This must be a day with a time, such as 2026-11-21T14:30.")),
    (r"Not a valid email address\.", noop("This must be an e-mail address.")),
    (r"Not a valid URL\.", noop("This must be an address that starts with https:// or http://.")),
    (r"Not a valid list\.", noop("This must be a list.")),
    (r"Not a valid mapping type\.|Invalid type\.|Invalid input type\.", noop("This must be an object with fields.")),
    (r"Not a valid JSON body\.|Invalid JSON body\.", noop("This is not valid JSON.")),
    (r"Must be one of: (.*)\.", noop("This must be one of: %(first)s.")),
    (rf"Shorter than minimum length {NUMBER}\.", noop("This must have at least %(first)s characters.")),
    (rf"Longer than maximum length {NUMBER}\.", noop("This may have at most %(first)s characters.")),
    (
        rf"Length must be between {NUMBER} and {NUMBER}\.",
        noop("This must have between %(first)s and %(second)s characters."),
    ),
    (rf"Length must be {NUMBER}\.", noop("This must have exactly %(first)s characters.")),
    (rf"Must be greater than or equal to {NUMBER}\.", noop("This must be at least %(first)s.")),
    (rf"Must be less than or equal to {NUMBER}\.", noop("This may be at most %(first)s.")),
    (
        rf"Must be greater than or equal to {NUMBER} and less than or equal to {NUMBER}\.",
        noop("This must be between %(first)s and %(second)s."),
    ),
    (rf"Must be greater than {NUMBER}\.", noop("This must be more than %(first)s.")),
    (r"String does not match expected pattern\.", noop("This is not written in the form that is wanted.")),
    (r"Invalid (?:value|input)\.|One or more of the choices .*", noop("This value is not possible here.")),
)
PATTERNS = tuple((re.compile(pattern, re.DOTALL), text) for pattern, text in TEXTS)


def in_words(complaint: object) -> str:
    """A complaint in the language of the moment; one that is not the library's own stays as it is."""
    written = str(complaint)
    for pattern, text in PATTERNS:
        if found := pattern.fullmatch(written):
            return str(_(text, **dict(zip(("first", "second"), found.groups(), strict=False))))
    return written
