"""Where inventory agents report: one conversation behind every address that they are configured with today."""

import hmac
import ipaddress
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from assets.inventory import queries, services
from assets.inventory.protocol import AgentReply, AgentRequest, respond
from assets.inventory.wire import MAX_RAW_BYTES
from config.settings import networks_of
from itsm.kernel.runtime import settings
from itsm.web.access import own_rule
from itsm.web.rates import address as caller_address
from itsm.web.rates import rates

blueprint = Blueprint("inventory_agents", __name__)

ADDRESSES = (
    "/inventory",
    "/inventory/",
    "/front/inventory.php",
    "/marketplace/glpiinventory/",
    "/marketplace/glpiinventory/<path:rest>",
    "/plugins/glpiinventory/",
    "/plugins/glpiinventory/<path:rest>",
    "/plugins/fusioninventory/",
    "/plugins/fusioninventory/<path:rest>",
    "/ocsinventory",
    "/ocsinventory/",
)
UNAUTHORIZED = {"WWW-Authenticate": 'Basic realm="itsm"', "Connection": "close"}


def _everywhere(view: Callable[..., Any]) -> Callable[..., Any]:
    for address in ADDRESSES:
        blueprint.add_url_rule(
            address, endpoint="report", view_func=view, methods=["GET", "POST"], strict_slashes=False
        )
    return view


@_everywhere
@own_rule
def report(rest: str = "") -> Response:
    """One message of an agent, answered once it is stored. Rule: INV-35, INV-39.

    Own rule: HTTP basic authentication with the setting `inventory_secret` as password, an address within
    `inventory_networks`, or, in demo mode, the machine itself. Who is refused is told so before the body is read.
    """
    del rest
    rates().count(settings().inventory_rate, "inventory", caller_address())
    if not is_admitted(request.remote_addr or "", _password()):
        return Response("", 401, UNAUTHORIZED)
    reply = respond(
        AgentRequest(
            method=request.method,
            body=_body(),
            query=request.args.to_dict(),
            agent_id=request.headers.get("GLPI-Agent-ID", ""),
            user_agent=request.headers.get("User-Agent", ""),
        ),
        queries.state_of,
    )
    if reply.event is not None:
        services.receive(reply.event, address=request.remote_addr or "")
    return _response(reply)


def _password() -> str:
    given = request.authorization
    return given.password or "" if given is not None and given.type == "basic" else ""


def is_admitted(address: str, password: str) -> bool:
    """Whether an agent may report: by the shared secret, by its network, or in demo mode from the machine itself."""
    secret = settings().inventory_secret
    if secret and hmac.compare_digest(password.encode(), secret.encode()):
        return True
    try:
        place = ipaddress.ip_address(address)
    except ValueError:
        return False
    if settings().demo and place.is_loopback:
        return True
    return any(place in network for network in networks_of(settings().inventory_networks))


def _body() -> bytes:
    """The body, or one byte more than is allowed, which the protocol refuses in words."""
    if (request.content_length or 0) > MAX_RAW_BYTES:
        return bytes(MAX_RAW_BYTES + 1)
    request.max_content_length = MAX_RAW_BYTES
    try:
        return request.get_data(cache=False)
    except HTTPException:
        return bytes(MAX_RAW_BYTES + 1)


def _response(reply: AgentReply) -> Response:
    headers = dict(reply.headers)
    if reply.status >= 400:
        headers["Connection"] = "close"
    return Response(reply.body, reply.status, headers, content_type=reply.content_type)
