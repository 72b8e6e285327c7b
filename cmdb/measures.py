"""What people count and measure of configuration items."""

from urllib.parse import urlencode

from cmdb import policy
from cmdb.models import Ci
from itsm.kernel.datasets import Cube
from itsm.kernel.text import _

CUBES = (
    Cube(
        name="cis",
        title=_("Configuration items"),
        permission="cmdb.read",
        kind="ci",
        source=Ci.__table__,
        key=Ci.id,
        readable=policy.visible,
        instants=("created", "updated", "seen"),
        listing=lambda text: "/cmdb?" + urlencode({"q": text}),
        offered=("class", "state", "criticality", "origin", "owner", "group", "site", "organisation"),
    ),
)
