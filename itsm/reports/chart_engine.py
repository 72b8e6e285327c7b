"""Draws charts; also a program of its own, which ends before the document is laid out: the engine takes much memory.

It imports nothing of the product. From its standard input it reads `{"specs": […], "pictures": bool}` and answers the
drawings in order as a JSON list: SVG as text, pictures (PNG) in base64.
"""

import base64
import json
import re
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

FONTS = Path(__file__).resolve().parents[1] / "web" / "static" / "vendor" / "fonts"
CLIP_NAME = re.compile(r'(?<=id=")clip\d+(?=")|(?<=url\(#)clip\d+(?=\))')

_drawing = threading.Lock()  # one converter a process; its engine serves one drawing at a time


@cache
def _converter() -> Any:
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    return vl_convert


def draw_svg(spec: dict[str, Any]) -> str:
    """The chart as SVG with its texts as text, the same bytes each time. Data from outside addresses are refused."""
    with _drawing:
        svg: str = _converter().vegalite_to_svg(spec, allowed_base_urls=[])
    return _stable(svg)


def draw_png(spec: dict[str, Any]) -> bytes:
    """The chart as a picture with three times the resolution of a screen, letters joined in every script."""
    with _drawing:
        picture: bytes = _converter().vegalite_to_png(spec, scale=3, allowed_base_urls=[])
    return picture


def _stable(svg: str) -> str:
    # The converter counts its clip paths up from drawing to drawing; they are numbered anew here.
    names: dict[str, str] = {}
    return CLIP_NAME.sub(lambda match: names.setdefault(match[0], f"clip{len(names) + 1}"), svg)


def main() -> None:
    """Draw what stands on standard input."""
    asked = json.load(sys.stdin)
    draw = _png_text if asked["pictures"] else draw_svg
    json.dump([draw(spec) for spec in asked["specs"]], sys.stdout)


def _png_text(spec: dict[str, Any]) -> str:
    return base64.b64encode(draw_png(spec)).decode()


if __name__ == "__main__":
    main()
