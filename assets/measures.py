"""What people count and measure of assets."""

from urllib.parse import urlencode

from assets import policy
from assets.models import Asset
from itsm.kernel.datasets import Cube
from itsm.kernel.text import _

CUBES = (
    Cube(
        name="assets",
        title=_("Assets"),
        permission="assets.read",
        kind="asset",
        source=Asset.__table__,
        key=Asset.id,
        readable=policy.visible,
        instants=("created", "updated", "purchased", "warranty"),
        listing=lambda text: "/assets?" + urlencode({"q": text}),
        offered=(
            "kind", "state", "stock", "manufacturer", "model", "supplier", "site", "organisation", "owner", "price",
            "currency",
        ),
    ),
)  # fmt: skip
