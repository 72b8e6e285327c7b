"""Brings page assets from the installed npm packages to `static/vendor`: scripts, styles, fonts and the icon sprite.

Run by `make` after `npm ci`; nothing of it is committed.
"""

import gzip
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "node_modules"
VENDOR = Path(__file__).parent / "static" / "vendor"
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.css",
    "@tabler/core/dist/css/tabler.rtl.min.css": "tabler.rtl.css",
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "@alpinejs/csp/dist/cdn.min.js": "alpine.js",
    "sortablejs/Sortable.min.js": "sortable.js",
    "vega/build/vega.min.js": "vega.js",
    "vega-lite/build/vega-lite.min.js": "vega-lite.js",
    "vega-embed/build/vega-embed.min.js": "vega-embed.js",
    "vega-interpreter/build/vega-interpreter.js": "vega-interpreter.js",
    "inter-ui/variable/InterVariable.woff2": "inter.woff2",
    "inter-ui/variable-latin/InterVariable-subset.woff2": "inter-latin.woff2",
    "vazirmatn/fonts/webfonts/Vazirmatn[wght].woff2": "vazirmatn.woff2",
    "vazirmatn/fonts/ttf/Vazirmatn-Regular.ttf": "fonts/Vazirmatn-Regular.ttf",
    "vazirmatn/fonts/ttf/Vazirmatn-Bold.ttf": "fonts/Vazirmatn-Bold.ttf",
}
ICONS = """
inbox alert-triangle bug arrows-exchange sitemap device-laptop clock-check book chart-bar settings search phone-plus
bell plus user users building map-pin tag paperclip send note clock player-play player-pause check x dots
chevron-right chevron-left chevron-down arrow-up-right lock eye printer server database router device-desktop world
apps cloud box cpu download calendar filter table link refresh trash edit history mail key shield-lock flag bulb
logout moon sun language qrcode home message-circle circle-check circle-x info-circle external-link list
layout-sidebar robot plug stack-2 versions heartbeat file-text report stethoscope certificate wifi device-mobile bolt
forms route arrow-back-up category activity clipboard-check help user-plus affiliate radar-2 adjustments command menu-2
star layout-columns arrow-up layout-dashboard grip-vertical
""".split()  # noqa: SIM905 (a list of words reads better as text)


def copy_files() -> None:
    """Copy scripts, styles and fonts; a gzip copy lies beside each text file."""
    for source, target in FILES.items():
        destination = VENDOR / target
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(MODULES / source, destination)
        if destination.suffix in {".css", ".js"}:
            # The interpreter is a module that imports from another package; the page has that package as `vega`.
            text = re.sub(
                r"\n?(//# sourceMappingURL=.*|/\*# sourceMappingURL=.*\*/)\s*$", "", destination.read_text("utf-8")
            )
            text = re.sub(r"^import (\{[^}]*\}) from 'vega-util';", r"const \1 = globalThis.vega;", text)
            destination.write_text(text, "utf-8")


def build_sprite() -> None:
    """One SVG file with the icons in use, each as a symbol."""
    symbols = []
    for name in ICONS:
        text = (MODULES / "@tabler/icons/icons/outline" / f"{name}.svg").read_text("utf-8")
        inner = re.sub(r"^.*?<svg[^>]*>|</svg>.*$|<path stroke=\"none\"[^>]*/>", "", text, flags=re.DOTALL)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{inner.strip()}</symbol>')
    line = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {line}>'
    (VENDOR / "icons.svg").write_text(head + "".join(symbols) + "</svg>", "utf-8")


def compress() -> None:
    """Write a gzip copy of each text file, which the web server sends to browsers that take it."""
    for folder in (VENDOR, VENDOR.parent):
        for path in folder.iterdir():
            if path.suffix in {".css", ".js", ".svg"}:
                path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def main() -> int:
    """Build everything anew."""
    missing = [source for source in FILES if not (MODULES / source).exists()]
    if missing:
        sys.stderr.write(f"Page assets are not installed ({missing[0]}). Run `make assets`.\n")
        return 1
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    copy_files()
    build_sprite()
    compress()
    return 0


if __name__ == "__main__":
    sys.exit(main())
