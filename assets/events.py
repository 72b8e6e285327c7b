"""What happens to assets."""

from dataclasses import dataclass

from itsm.kernel.events import Event


@dataclass(frozen=True)
class AssetRecorded(Event):
    """An asset was recorded, by hand, by import or by an inventory."""

    asset_id: int
    origin: str


@dataclass(frozen=True)
class AssetMoved(Event):
    """An asset took a step of its life cycle."""

    asset_id: int
    step: str
    before: str
    after: str
