"""Words in the forms that people use: stems by language where the database has them, and any piece of a name or number."""

import pytest
from flask import Flask

from itsm.kernel.db import dialect_name, session
from itsm.search import queries, services
from itsm.search.text import language_of
from tests.factories import Factory


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the printer is not printing", "en"),
        ("skrivaren fungerar inte och jag kan inte skriva ut", "sv"),
        ("la impresora no imprime en la oficina", "es"),
        ("ο εκτυπωτής δεν τυπώνει", "el"),
        ("چاپگر کار نمی کند", ""),
        ("vpn 403", "en"),
    ],
)
def test_the_language_of_a_text(app: Flask, text: str, language: str) -> None:
    del app
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("The printers are jamming on the second floor", "printer jammed"),
        ("Skrivarna på kontoret fungerar inte", "skrivare kontor"),
        ("Las impresoras de la oficina no imprimen", "impresora oficinas"),
        ("Οι εκτυπωτές του γραφείου δεν τυπώνουν", "εκτυπωτής"),
    ],
)
def test_stems_find_other_forms(app: Flask, text: str, asked: str) -> None:
    del app
    services.index("ticket", 4711, text)
    services.index("ticket", 4712, "Something else altogether")
    session.commit()
    stems = dialect_name() == "postgresql"
    assert queries.find_ids("ticket", asked) == ([4711] if stems else [])
    assert queries.find_ids("ticket", text.rsplit(maxsplit=1)[-1][:4]) == [4711]


def test_any_piece_of_a_name_or_number(app: Flask, make: Factory) -> None:
    del app
    ci = make.ci("MAD7-PRT-003", serial="SN-4X8Z11", attributes={"ip_address": "10.20.30.40"})
    make.ci("MAD7-PRT-004")
    session.commit()
    for piece in ("prt-003", "4x8z", "X8Z", "20.30", "D7-PRT-003"):
        assert queries.find_named("ci", piece) == [ci.id], piece
    assert queries.find_named("ci", "%%%") == []
