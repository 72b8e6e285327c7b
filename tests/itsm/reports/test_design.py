"""How documents look: what is accepted as logo and colour, and that it reaches the cover."""

import io

import pdfplumber
import pytest
from flask.testing import FlaskClient
from PIL import Image

from itsm.kernel.actor import SYSTEM
from itsm.kernel.errors import Forbidden, Invalid
from itsm.reports import design, exports
from tests.factories import Factory
from tests.itsm.reports.conftest import october

BASE = {"name": "Nordhav <b>", "colour": "#0b6e4f", "cover_text": "For the review", "paper": "Letter"}


def picture(kind: str = "PNG", size: tuple[int, int] = (1200, 300)) -> bytes:
    target = io.BytesIO()
    found = Image.new("RGB", size, "#0b6e4f")
    found.save(target, kind, exif=b"Exif\x00\x00secret place")
    return target.getvalue()


def token(client: FlaskClient) -> str:
    return (
        client.get("/admin/report-design").get_data(as_text=True).split('name="csrf-token" content="')[1].split('"')[0]
    )


@pytest.fixture
def admin(client: FlaskClient, make: Factory) -> FlaskClient:
    return make.sign_in(client, make.person("Ada Admin", roles=("admin",)))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_drawn_anew_and_small(kind: str) -> None:
    made = design.as_png(picture(kind))
    with Image.open(io.BytesIO(made)) as found:
        assert (found.format, found.size) == ("PNG", (900, 225))
    assert b"secret" not in made
    assert made == design.as_png(picture(kind))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + b"0" * 50,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\nbroken",
        b"0" * (design.LOGO_BYTES + 1),
        picture(size=(design.LOGO_SIDE + 1, 2)),
    ],
    ids=["empty", "gif", "svg", "broken", "large", "wide"],
)
def test_what_is_no_small_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        design.as_png(content)
    assert "logo" in refused.value.errors


@pytest.mark.parametrize("colour", ["red", "#fff", "#ffff00", "#0a4f8f;}", "expression(1)"])
def test_a_colour_that_cannot_be_used_is_refused(client: FlaskClient, colour: str) -> None:
    with pytest.raises(Invalid) as refused:
        design.change_design(SYSTEM, colour=colour)
    assert "colour" in refused.value.errors


def test_contrast() -> None:
    assert design.contrast_with_white("#000000") == pytest.approx(21)
    assert design.contrast_with_white("#ffffff") == pytest.approx(1)


def test_who_may_not_change_it(make: Factory) -> None:
    with pytest.raises(Forbidden):
        design.change_design(make.actor("manager"), name="Mine")
    with pytest.raises(Forbidden):
        design.change_logo(make.actor("manager"), None)


def test_the_page_keeps_logo_and_words_and_the_cover_shows_them(admin: FlaskClient) -> None:
    data = BASE | {"csrf_token": token(admin), "logo": (io.BytesIO(picture()), "logo.png")}
    assert admin.post("/admin/report-design", data=data).status_code == 302
    shown = admin.get("/admin/report-design/logo")
    assert (shown.status_code, shown.content_type) == (200, "image/png")
    content = exports.make_file(SYSTEM, "incidents", october(), "pdf")
    with pdfplumber.open(io.BytesIO(content)) as document:
        cover = document.pages[0]
        assert (round(cover.width), round(cover.height)) == (612, 792)
        text = cover.extract_text()
        assert "Nordhav <b>" in text
        assert "For the review" in text
        assert len(cover.images) == 1
    assert content == exports.make_file(SYSTEM, "incidents", october(), "pdf")
    removed = BASE | {"csrf_token": token(admin), "remove_logo": "true"}
    assert admin.post("/admin/report-design", data=removed).status_code == 302
    assert design.in_force().logo == ""
    assert admin.get("/admin/report-design/logo").status_code == 404


@pytest.mark.parametrize(
    ("changed", "field"), [({"colour": "#ffff00"}, "colour"), ({"paper": "A0"}, "paper"), ({"name": "x" * 81}, "name")]
)
def test_a_wrong_value_is_named_and_what_was_typed_stays(
    admin: FlaskClient, changed: dict[str, str], field: str
) -> None:
    answer = admin.post("/admin/report-design", data=BASE | changed | {"csrf_token": token(admin)})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "For the review" in page
    assert "is-invalid" in page or field == "paper"
    assert design.in_force() == design.Design()


def test_a_file_that_is_no_picture_changes_nothing(admin: FlaskClient) -> None:
    data = BASE | {"csrf_token": token(admin), "logo": (io.BytesIO(b"#!/bin/sh"), "logo.png")}
    assert admin.post("/admin/report-design", data=data).status_code == 422
    assert design.in_force() == design.Design()
