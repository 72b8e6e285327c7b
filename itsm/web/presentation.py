"""What templates use to write things: the reader's formats, badges' words, icons, static files with versions."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, g, has_request_context, request, url_for
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from config.priorities import IMPACTS, PRIORITIES, URGENCIES
from itsm.kernel import clock, lifecycles
from itsm.kernel.actor import ANONYMOUS, Actor
from itsm.kernel.formats import Reader
from itsm.kernel.runtime import settings
from itsm.kernel.text import LANGUAGES, RIGHT_TO_LEFT, _, current_language, plural, translate, translate_plural
from itsm.web.audit_titles import action_title, subject_title

STATIC = Path(__file__).parent / "static"
HOLD_REASONS = {
    "customer": _("waits for the customer"),
    "supplier": _("waits for the supplier"),
    "change": _("waits for a change"),
    "problem": _("waits for a problem"),
    "planned": _("planned date"),
}
CHANNELS = {
    "web": _("web"), "portal": _("portal"), "mail": _("e-mail"), "phone": _("phone"), "api": _("API"),
    "system": _("system"), "command": _("command"), "event": _("monitoring"), "chat": _("chat"), "import": _("import"),
    "rule": _("rule"),
}  # fmt: skip


_reader = cache(Reader)


def reader() -> Reader:
    """For whom the present page is written."""
    actor: Actor = g.get("actor", ANONYMOUS)
    zone = actor.timezone if actor.person_id else settings().timezone
    return _reader(current_language(), zone)


def choose_language() -> str:
    """The language of the request: the person's own, else the browser's, else the site's."""
    if not has_request_context():
        return settings().language
    actor: Actor = g.get("actor", ANONYMOUS)
    if actor.person_id is not None and actor.language in LANGUAGES:
        return actor.language
    return request.accept_languages.best_match(list(LANGUAGES)) or settings().language


@cache
def _fingerprint(name: str) -> str:
    path = STATIC / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.exists() else "missing"


def asset(name: str) -> str:
    """The address of a static file, which changes with its content."""
    return _address(request.script_root, name)


@cache
def _address(root: str, name: str) -> str:
    del root  # part of every address, so that one process may serve several
    return url_for("static", filename=name, v=_fingerprint(name))


def icon(name: str, extra: str = "") -> Markup:
    """An icon of the sprite."""
    return _icon(asset("vendor/icons.svg"), name, extra)


@lru_cache(maxsize=1000)
def _icon(sprite: str, name: str, extra: str) -> Markup:
    return Markup('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"/></svg>').format(extra, sprite, name)


def ago(value: datetime) -> Any:
    """How long ago an instant was, in rough words."""
    seconds = max(0, int((clock.now() - value).total_seconds()))
    if seconds < 90:
        return _("just now")
    if seconds < 5400:
        return plural("%(num)s minute ago", "%(num)s minutes ago", seconds // 60)
    if seconds < 36 * 3600:
        return plural("%(num)s hour ago", "%(num)s hours ago", seconds // 3600)
    return plural("%(num)s day ago", "%(num)s days ago", seconds // 86400)


def initials(name: str | None) -> str:
    """Two letters that stand for a person."""
    parts = [part for part in (name or "").replace(".", " ").split() if part]
    return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper() or "–"


def hue(name: str | None) -> int:
    """One of eight colours for a name, always the same one."""
    return sum((name or "").encode()) % 8


def paragraphs(text: str) -> Markup:
    """Plain text as HTML that keeps its line breaks; everything is escaped."""
    return Markup('<div class="prose">{}</div>').format(Markup("<br>").join(escape(text or "").splitlines()))


def safe_link(address: str) -> str:
    """An address that may stand in a link (http, https, mailto), else an empty text."""
    return address if address.strip().lower().startswith(("http://", "https://", "mailto:")) else ""


@pass_eval_context
def _template_text(context: EvalContext, text: str, /, **values: Any) -> str:
    """`_("…")` in templates, as Jinja's own does it, but without a format for the many texts that hold no values."""
    translated = Markup(translate(text)) if context.autoescape else translate(text)  # noqa: S704 – from the catalogues
    return translated % values if values or "%" in translated else translated


def once(macro: Callable[..., str], *arguments: Any) -> str:
    """What a macro writes for these arguments, written once a page: fifty rows show the same few states and people."""
    written: dict[Any, str] = g.setdefault("written", {})
    key = (macro, current_language(), arguments)
    if key not in written:
        written[key] = macro(*arguments)
    return written[key]


def setup(app: Flask) -> None:
    """Give templates their filters and globals."""
    filters: dict[str, Any] = {
        "instant": lambda value: reader().instant(value) if value else "–",
        "iso": datetime.isoformat,
        "day": lambda value: reader().day(value) if isinstance(value, date) else "–",
        "short_day": lambda value: reader().day(value, short=True) if value else "–",
        "time": lambda value: reader().time(value) if value else "–",
        "number": lambda value, decimals=0: reader().number(value, decimals=decimals) if value is not None else "–",
        "clock_time": lambda seconds: reader().clock_time(seconds) if seconds is not None else "–",
        "digits": lambda text: reader().digits(str(text)),
        "ago": ago,
        "initials": initials,
        "hue": hue,
        "paragraphs": paragraphs,
        "safe_link": safe_link,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals.update(
        asset=asset,
        icon=icon,
        once=once,
        state_title=lifecycles.state_title,
        now=clock.now,
        site=settings,
        impacts={key: _(title) for key, title in IMPACTS.items()},
        urgencies={key: _(title) for key, title in URGENCIES.items()},
        priorities={key: _(title) for key, title in PRIORITIES.items()},
        hold_reasons=HOLD_REASONS,
        channels=CHANNELS,
        action_title=action_title,
        subject_title=subject_title,
        languages=LANGUAGES,
        actor=lambda: g.get("actor", ANONYMOUS),
        person=lambda: g.get("person"),
        language=current_language,
        direction=lambda: "rtl" if current_language() in RIGHT_TO_LEFT else "ltr",
    )
    app.jinja_env.install_gettext_callables(translate, translate_plural, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["_"] = _template_text
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
