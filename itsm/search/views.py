"""The search page: one question to every kind of record, as far as the reader may see."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from itsm.kernel.actor import Actor
from itsm.kernel.module import Found, SearchSource, registry
from itsm.search.snippets import marked, snippet
from itsm.search.text import LONGEST_QUESTION
from itsm.web.access import current_actor, signed_in
from itsm.web.navigation import is_shown

blueprint = Blueprint("search", __name__, template_folder="templates")

FEW = 3


@blueprint.get("/search")
@signed_in
def show() -> str | Response:
    """What was found for `q`: a few of every kind, or all of the kind named by `in`, narrowed by its facets.

    The whole number of a record leads straight to it.
    """
    actor, text = current_actor(), request.args.get("q", "").strip()[:LONGEST_QUESTION]
    sources = [source for module, source in registry().searches() if is_shown(module, source.permission)]
    chosen = next((source for source in sources if source.name == request.args.get("in")), None)
    found = _found(actor, text, sources, chosen) if text else []
    if not chosen and (address := _numbered(found, text)):
        return redirect(address)
    return render_template(
        "search/search.html",
        q=text,
        found=found,
        chosen=chosen,
        narrowed=_kept(found),
        few=FEW,
        marked=marked,
        snippet=snippet,
    )


def _narrowed() -> dict[str, str]:
    return {name: value for name, value in request.args.items() if name not in ("q", "in") and value}


def _kept(found: list[tuple[SearchSource, Found]]) -> dict[str, str]:
    """What narrows by facets that are shown; other arguments would get into the addresses of the page's links."""
    names = {facet.name for _source, each in found for facet in each.facets}
    return {name: value for name, value in _narrowed().items() if name in names}


def _found(
    actor: Actor, text: str, sources: list[SearchSource], chosen: SearchSource | None
) -> list[tuple[SearchSource, Found]]:
    asked = [chosen] if chosen else sources
    found = [(source, source.find(actor, text, _narrowed() if chosen else None)) for source in asked]
    return [(source, each) for source, each in found if each.count or chosen]


def _numbered(found: list[tuple[SearchSource, Found]], text: str) -> str:
    """Where the only record with this number is, or empty."""
    addresses = [hit.address for _source, each in found for hit in each.hits if hit.number.lower() == text.lower()]
    return addresses[0] if len(addresses) == 1 else ""
