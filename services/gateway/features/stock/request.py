"""The body of a decision about stock."""

from typing import Literal

from pydantic import ConfigDict, Field

from shared.contracts.charity.stock import MOST_RESERVED, ShareStock, Sharing
from shared.contracts.messages import Id, Label, Message


class ShareIn(Message):
    """How far a station's stock of an item reaches, and how many of its base units stay for its own needs."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"station_id": "station_00k3v9x2a4b5c6d7e8f9", "item": "quilt", "sharing": "street", "reserve": 10}
            ]
        }
    )

    station_id: Id
    kind: Literal["goods", "service"] = "goods"
    item: Label
    sharing: Sharing
    reserve: int = Field(default=0, strict=True, ge=0, le=MOST_RESERVED)

    def command(self, area: str) -> ShareStock:
        """Return the command to charity, which does not know the station's area."""
        return ShareStock(
            station_id=self.station_id,
            station_area=area,
            kind=self.kind,
            item=self.item,
            sharing=self.sharing,
            reserve=self.reserve,
        )
