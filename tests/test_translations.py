"""Every text for people is in all five catalogues, translated, with the same places for values."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from flask import Flask

from itsm.kernel.text import LANGUAGES, _, language, plural
from tests.conftest import PACKAGES, ROOT

KEYWORDS = ("_", "noop", "plural:1,2")
PLACE = re.compile(r"%\((\w+)\)[sd]")


def catalogue(code: str) -> Catalog:
    with (ROOT / "itsm" / "translations" / code / "LC_MESSAGES" / "messages.po").open("rb") as source:
        return read_po(source, locale=code)


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every text that the code marks today."""
    target = tmp_path_factory.mktemp("texts") / "messages.pot"
    options = [f"--keyword={each}" for each in KEYWORDS]
    command = [str(Path(sys.executable).parent / "pybabel"), "--quiet", "extract", "--no-location", *options]
    subprocess.run([*command, "--mapping", "babel.cfg", "--output", str(target), *PACKAGES], cwd=ROOT, check=True)
    with target.open("rb") as source:
        return read_po(source)


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_nothing_is_missing_fuzzy_or_left_over(code: str, marked: Catalog) -> None:
    known = catalogue(code)
    wanted = {message.id for message in marked if message.id}
    have = {message.id for message in known if message.id}
    assert not wanted - have, "texts that no catalogue entry translates"
    assert not have - wanted, "entries that no text uses any more"
    assert not [message.id for message in known if message.fuzzy]
    strings = [(message.id, message.string) for message in known if message.id]
    assert not [key for key, value in strings if not (all(value) if isinstance(value, tuple) else value)]


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_places_for_values_survive_translation(code: str) -> None:
    wrong = []
    for message in catalogue(code):
        if not message.id:
            continue
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        wanted = set().union(*(PLACE.findall(each) for each in originals))
        for value in message.string if isinstance(message.string, tuple) else (message.string,):
            optional = {"num"} if isinstance(message.id, tuple) else set()
            if set(PLACE.findall(value)) - optional != wanted - optional:
                wrong.append((message.id, value))
    assert not wrong


def test_a_text_is_shown_in_the_language_of_the_moment(app: Flask) -> None:
    text = _("Sign in")
    shown = {}
    for code in LANGUAGES:
        with language(code):
            shown[code] = str(text)
    assert shown["en"] == "Sign in"
    assert len(set(shown.values())) == len(LANGUAGES)


@pytest.mark.parametrize(("number", "words"), [(1, "1 minut"), (5, "5 minuter")])
def test_plural_forms_follow_the_language(app: Flask, number: int, words: str) -> None:
    with language("sv"):
        assert str(plural("%(num)s minute", "%(num)s minutes", number)) == words
