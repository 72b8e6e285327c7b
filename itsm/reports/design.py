"""How the site's documents look: logo, colour, name and text of the cover, paper. Kept as one setting."""

import io
import re
from dataclasses import asdict, dataclass, fields
from typing import Any

from itsm.kernel import files, preferences
from itsm.kernel.actor import Actor
from itsm.kernel.errors import Invalid
from itsm.kernel.records import require
from itsm.kernel.text import _

PERMISSION = "reports.design"
KEY = "reports.design"
PAPERS = {"A4": "A4", "Letter": "letter"}  # name → CSS page size
COLOUR = re.compile(r"#[0-9a-f]{6}")
LEAST_CONTRAST = 4.5  # of white letters on the colour, WCAG 2.2 AA
LONGEST_NAME, LONGEST_TEXT = 80, 600
LOGO_KINDS = ("PNG", "JPEG", "WEBP")
LOGO_BYTES = 1_000_000
LOGO_SIDE = 4000  # pixels, above which a picture is not unpacked
LOGO_BOX = (900, 300)  # pixels within which it is kept


@dataclass(frozen=True)
class Design:
    """What documents show of the site; `logo` is the SHA-256 of the stored picture, empty for none."""

    name: str = ""
    colour: str = "#0a4f8f"
    cover_text: str = ""
    paper: str = "A4"
    logo: str = ""


def in_force() -> Design:
    """The design of documents that are made now."""
    kept: dict[str, Any] = preferences.get(KEY, {})
    known = {field.name for field in fields(Design)}
    return Design(**{name: value for name, value in kept.items() if name in known})


def change_design(actor: Actor, **values: str) -> None:
    """Change name, colour, cover text or paper; raises `Invalid` that names the field."""
    require(actor, PERMISSION)
    checked = {name: _CHECKS[name](value.strip()) for name, value in values.items()}
    preferences.change(actor, KEY, lambda kept: asdict(Design()) | kept | checked, {})


def change_logo(actor: Actor, content: bytes | None) -> None:
    """Set the logo from the bytes of a picture, or take it away; raises `Invalid` for what is no small picture."""
    require(actor, PERMISSION)
    logo = files.store(as_png(content)) if content is not None else ""
    preferences.change(actor, KEY, lambda kept: asdict(Design()) | kept | {"logo": logo}, {})


def logo_bytes(design: Design) -> bytes | None:
    """The logo as PNG; None where there is none or its file is gone."""
    if not design.logo:
        return None
    try:
        return files.read(design.logo)
    except FileNotFoundError:
        return None


def as_png(content: bytes) -> bytes:
    """A picture drawn anew as PNG of at most 900 × 300 pixels, with nothing in it but its pixels."""
    from PIL import Image

    if len(content) > LOGO_BYTES:
        raise Invalid.field("logo", _("This picture is too large. Choose one of at most 1 MB."))
    picture = _decoded(content)
    if picture is None:
        raise Invalid.field("logo", _("This is no picture that can be used. Choose a PNG, JPEG or WebP file."))
    picture.thumbnail(LOGO_BOX)
    target = io.BytesIO()
    Image.frombytes("RGBA", picture.size, picture.tobytes()).save(target, "PNG", optimize=True)
    return target.getvalue()


def _decoded(content: bytes) -> Any:
    """The pixels of a picture; None for what is none, or is too large to be unpacked."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=LOGO_KINDS) as found:
            return found.convert("RGBA") if max(found.size) <= LOGO_SIDE else None
    except Exception:  # noqa: BLE001 (a damaged file fails in many ways, all of which mean the same to the sender)
        return None


def contrast_with_white(colour: str) -> float:
    """The contrast of white letters on a colour, from 1 to 21, as WCAG counts it."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _colour(value: str) -> str:
    colour = value.lower()
    if not COLOUR.fullmatch(colour):
        raise Invalid.field("colour", _("Write the colour like #0a4f8f."))
    if contrast_with_white(colour) < LEAST_CONTRAST:
        raise Invalid.field("colour", _("White letters could not be read on this colour. Choose a darker one."))
    return colour


def _short(field: str, longest: int) -> Any:
    def checked(value: str) -> str:
        if len(value) > longest:
            raise Invalid.field(field, _("At most %(most)s characters, please.", most=longest))
        return value

    return checked


def _paper(value: str) -> str:
    if value not in PAPERS:
        raise Invalid.field("paper", _("Choose one of: %(names)s.", names=", ".join(PAPERS)))
    return value


_CHECKS = {
    "name": _short("name", LONGEST_NAME),
    "colour": _colour,
    "cover_text": _short("cover_text", LONGEST_TEXT),
    "paper": _paper,
}
