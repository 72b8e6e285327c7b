"""Labels for assets as PDF: a single one for a label printer, or sheets of 21 for A4 paper."""

from collections.abc import Sequence
from urllib.parse import quote

import segno
from flask import render_template

from assets.models import Asset
from itsm.kernel.runtime import settings

SINGLE = "@page { size: 62mm 29mm; margin: 0 } .label { width: 62mm; height: 29mm; padding: 2mm }"
SHEET = """
@page { size: A4; margin: 15.1mm 7.2mm 0 }
.sheet { display: grid; grid-template-columns: repeat(3, 63.5mm); column-gap: 2.5mm }
.label { height: 38.1mm; padding: 4mm; break-inside: avoid }
"""
LABEL = """
body { margin: 0; color: #000 }
.label { box-sizing: border-box; overflow: hidden; display: flex }
.qr { flex: none; width: 25mm; height: 25mm; margin-right: 2mm }
.words { flex: 1; min-width: 0; font-size: 7pt; line-height: 1.25 }
.words div { max-height: 2.5em; overflow: hidden; overflow-wrap: anywhere }
.words .tag { font-size: 10pt; font-weight: 700 }
"""


def address_of_tag(tag: str) -> str:
    """The address that the QR code on a label leads to."""
    return f"{settings().public_url}/assets/tag/{quote(tag, safe='')}"


def qr_image(tag: str) -> str:
    """The QR code of a tag as a `data:` address of an SVG image, without a quiet zone of its own."""
    return segno.make(address_of_tag(tag), error="m", micro=False).svg_data_uri(border=0, xmldecl=False)


def label_pdf(asset: Asset) -> bytes:
    """One label of 62 by 29 millimetres."""
    return _render([asset], SINGLE)


def sheet_pdf(assets: Sequence[Asset]) -> bytes:
    """A4 sheets with 21 labels each (63.5 by 38.1 millimetres)."""
    return _render(assets, SHEET)


def _render(assets: Sequence[Asset], layout: str) -> bytes:
    from itsm.kernel.pdf import render_pdf  # heavy: only who makes a PDF waits for it

    labels = [(asset, qr_image(asset.tag)) for asset in assets]
    return render_pdf(render_template("assets/labels.html", labels=labels), stylesheets=[LABEL, layout])
