"""Life cycles as JSON."""

from typing import Any

from flask_smorest import Blueprint

from itsm.kernel.lifecycles import active, definition_of
from itsm.lifecycles import checks, queries
from itsm.lifecycles.schemas import LifecycleOutput
from itsm.web import api
from itsm.web.access import requires

blueprint = Blueprint("lifecycles-api", __name__, description="Life cycles of tickets")


@blueprint.get("/lifecycles")
@blueprint.response(200, api.page_schema(LifecycleOutput))
@requires("tickets.read")
def list_all() -> dict[str, Any]:
    """The life cycles in force."""
    return {"items": [_shown(name) for name in checks.editable()], "next": None}


@blueprint.get("/lifecycles/<string:name>")
@blueprint.response(200, LifecycleOutput)
@requires("tickets.read")
def read_one(name: str) -> dict[str, Any]:
    """One life cycle in force."""
    queries.require_name(name)
    return _shown(name)


def _shown(name: str) -> dict[str, Any]:
    number = next((row.number for row in queries.list_versions(name) if row.active), 0)
    return {"name": name, "number": number, "definition": definition_of(active(name))}
