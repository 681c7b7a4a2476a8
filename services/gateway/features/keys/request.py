"""The body that asks for a key."""

from pydantic import ConfigDict, Field

from shared.contracts.access import Role
from shared.contracts.areas import AreaCode
from shared.contracts.messages import Message, OwnId, PublicName


class KeyIn(Message):
    """A key for another party. Without an area it reaches everywhere."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Zhanlan Road street centre", "roles": ["station_worker"], "area": "110102009"}]
        }
    )

    name: PublicName
    roles: tuple[Role, ...] = Field(min_length=1, max_length=10)
    area: AreaCode | None = None
    principal: OwnId | None = Field(
        default=None, description="Of the key that this one replaces; none: the key gets a principal of its own."
    )
