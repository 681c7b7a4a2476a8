"""The bodies that ask for a key, and for another one in its place."""

from datetime import timedelta
from typing import Final

from pydantic import ConfigDict, Field

from shared.contracts.access import Role
from shared.contracts.areas import AreaCode
from shared.contracts.messages import Instant, Message, OwnId, PublicName

MOST_PER_SECOND: Final = 100_000
MOST_OVERLAP_HOURS: Final = 30 * 24
OVERLAP_HOURS: Final = 24


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
    expires_at: Instant | None = Field(
        default=None, description="The instant at which the key ends; null: it lasts until it is revoked."
    )
    requests_per_second: int | None = Field(
        default=None,
        ge=1,
        le=MOST_PER_SECOND,
        description="A rate of the key's own, for each replica of the gateway; the gateway's own rate bounds it.",
    )


class RotateKeyIn(Message):
    """Another key for the same holder, with the same roles, area and rate; the old one ends after the overlap."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: int = Field(
        default=OVERLAP_HOURS,
        ge=0,
        le=MOST_OVERLAP_HOURS,
        description="Hours for which the old key goes on beside the new one; 0 for a key that others have seen.",
    )
    expires_at: Instant | None = Field(
        default=None, description="The end of the new key; null: it lasts as long as the old one was made for."
    )

    @property
    def overlap(self) -> timedelta:
        """The time for which both keys are valid."""
        return timedelta(hours=self.overlap_hours)
