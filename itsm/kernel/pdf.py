"""PDF documents from HTML. Nothing outside is fetched: only `data:` addresses and files that come with the product.

A file that comes with the product is named `bundled:` with its path below the static folder, as in
`url("bundled:vendor/fonts/Vazirmatn-Regular.ttf")`. Anything else (http, file, …) is left out of the document.

Also a program of its own (`itsm.kernel.apart`), for long documents: it imports nothing of the product.
"""

import json
import mimetypes
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

BUNDLED = Path(__file__).resolve().parents[1] / "web" / "static"
SCHEME = "bundled:"
ACCESSIBLE = "pdf/ua-1"  # tagged, with the title and language that the HTML names
FONT_FACES = """
@font-face { font-family: "Inter"; src: url("bundled:vendor/inter.woff2"); font-weight: 100 900; }
@font-face { font-family: "Vazirmatn"; src: url("bundled:vendor/fonts/Vazirmatn-Regular.ttf"); font-weight: 400; }
@font-face { font-family: "Vazirmatn"; src: url("bundled:vendor/fonts/Vazirmatn-Bold.ttf"); font-weight: 700; }
html { font-family: "Inter", "Vazirmatn", sans-serif; }
"""

# fontTools stamps embedded fonts with this instant in place of the present one: the same document is the same bytes.
os.environ.setdefault("SOURCE_DATE_EPOCH", "1577836800")

_rendering = threading.Lock()  # Pango's font maps may not be used by two threads at once


class OutsideRefused(ValueError):
    """A document asked for something that does not come with the product."""


class BundledOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Answers `data:` and `bundled:` addresses and refuses every other."""

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
        """The content of an address; raises `OutsideRefused`, which leaves the resource out of the document."""
        if url.startswith("data:"):
            return super().fetch(url, headers)
        if url.startswith(SCHEME):
            return _bundled(url)
        raise OutsideRefused(f"not part of the product: {url[:200]}")


def _bundled(url: str) -> Any:
    path = (BUNDLED / url.removeprefix(SCHEME)).resolve()
    if not path.is_relative_to(BUNDLED) or not path.is_file():
        raise OutsideRefused(f"no such bundled file: {url[:200]}")
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": media_type})


@cache
def _fonts() -> tuple[FontConfiguration, CSS]:
    """Fonts are read once a process: that is most of the work of a small document."""
    configuration = FontConfiguration()
    return configuration, CSS(string=FONT_FACES, font_config=configuration, url_fetcher=BundledOnly())


def render_pdf(html: str, *, stylesheets: Sequence[str] = ()) -> bytes:
    """The HTML document as PDF bytes; `stylesheets` are CSS texts, laid over the product's own fonts.

    Texts stay selectable, the fonts used are embedded, and the document is tagged as the HTML is: it needs a title, a language
    and an `alt` for every picture. Outside addresses in the document are left out.
    """
    with _rendering:
        configuration, faces = _fonts()
        sheets = [CSS(string=text, font_config=configuration, url_fetcher=BundledOnly()) for text in stylesheets]
        document = HTML(string=html, base_url=SCHEME, url_fetcher=BundledOnly())
        content: bytes = document.write_pdf(
            stylesheets=[faces, *sheets], font_config=configuration, pdf_variant=ACCESSIBLE
        )
    return content


def main() -> None:
    """Render what stands on standard input: `{"html": …, "stylesheets": […]}`; the PDF goes to standard output."""
    asked = json.load(sys.stdin)
    sys.stdout.buffer.write(render_pdf(asked["html"], stylesheets=asked["stylesheets"]))


if __name__ == "__main__":
    main()
