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


def test_the_newest_come_first_however_far_apart_they_are(app: Flask) -> None:
    del app
    far_apart = [3, 20_000, 40_000, 300_000, 300_001]
    for record_id in far_apart:
        services.index("ticket", record_id, "The zebra printer is silent")
    session.commit()
    newest = far_apart[::-1]
    for asked in ("zebra", "zeb", "printer zebra", "silent pri"):
        assert queries.find_ids("ticket", asked) == newest, asked
        assert queries.find_ids("ticket", asked, limit=2) == newest[:2], asked
        assert queries.find_ids("ticket", asked, limit=4) == newest[:4], asked


def test_a_rare_word_tells_more_than_common_ones(app: Flask) -> None:
    del app
    services.index("ticket", 1, "The zebra is silent")
    for record_id in range(2, 30):
        services.index("ticket", record_id, "The printer on the floor is silent")
    session.commit()
    assert queries.find_alike("ticket", "printer silent floor", limit=1) == [29]
    assert queries.find_alike("ticket", "silent zebra", limit=2) == [1, 29]
    assert queries.find_alike("ticket", "nothing of that") == []


def test_each_word_of_a_title_is_sought_by_itself_however_old_its_tickets_are(app: Flask) -> None:
    del app
    services.index("ticket", 5, "The zebra is silent")
    for record_id in (70_000, 300_000, 300_001):
        services.index("ticket", record_id, "The printer on the floor is silent")
    session.commit()
    assert queries.find_alike("ticket", "zebra printer") == [5, 300_001, 300_000, 70_000]
    assert queries.find_alike("ticket", "printer zeb") == [5, 300_001, 300_000, 70_000]
    assert queries.find_alike("ticket", "silent prin zebra", limit=1) == [5]


def test_of_many_that_hold_the_words_no_other_names_are_sought(app: Flask) -> None:
    del app
    for record_id in range(1, 8):
        services.index("ci", record_id, f"virtual-machine-{record_id}", names=[f"virtual-machine-{record_id}"])
    services.index("ci", 9, "hypervisor", names=["my-virtual-machines"])
    session.commit()
    assert len(queries.find_named("ci", "virtual-machine", limit=3)) >= 3
    assert set(queries.find_named("ci", "virtual-machine")) == {*range(1, 8), 9}
