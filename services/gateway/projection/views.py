"""What the projector keeps: the feed, and a small document for each thing that people look at.

`seen` is the highest version of the thing itself that an event has told of; `version` is the engine's own count.
"""

from typing import Any, ClassVar, Final

from pydantic import Field

from shared.engine import Entity

FEED: Final = "feed"
"""The id of the one FeedHead."""


class FeedHead(Entity):
    """The last cursor that was given; written with every feed item, so that there is no gap and no double."""

    collection: ClassVar[str] = "feed_head"
    last: int = 0


class FeedItem(Entity):
    """An event with its cursor. The id is the padded cursor, so that the collection needs no other index."""

    collection: ClassVar[str] = "feed"
    cursor: int
    type: str
    area: str
    event: str
    """The CloudEvent as it came, JSON text."""


class View(Entity):
    """A thing as the events tell of it."""

    seen: int = 0


class StationView(View):
    collection: ClassVar[str] = "stations"
    area: str
    name: str
    level: str
    opened_at: str


class FundView(View):
    collection: ClassVar[str] = "funds"
    area: str
    name: str
    opened_at: str


class DonorView(View):
    """Who it is, charity knows."""

    collection: ClassVar[str] = "donors"
    registered_at: str


class DonationView(View):
    collection: ClassVar[str] = "donations"
    area: str
    station_id: str | None
    fund_id: str | None
    donor_id: str | None
    goods: list[dict[str, Any]]
    services: list[dict[str, Any]]
    amount_fen: int
    received_at: str


class StockView(View):
    """An account that supplies needs."""

    collection: ClassVar[str] = "stock"
    holder_id: str
    area: str
    commodity: str
    balance: int
    reserved: int


class NeedView(View):
    """A need, what is linked to it, who goes there, and its story: each part by its own highest version.

    The answers of charity and volunteering may arrive before the need's own event: then `seen` is 0, and the
    need is not shown yet.
    """

    collection: ClassVar[str] = "needs"
    area: str = ""
    station_id: str = ""
    state: str = ""
    urgency: str = ""
    waiting: bool = False
    need: dict[str, Any] = Field(default_factory=dict)
    link_seen: int = 0
    link: dict[str, Any] = Field(default_factory=dict)
    staffing_seen: int = 0
    staffing: dict[str, Any] = Field(default_factory=dict)
    timeline: list[dict[str, Any]] = Field(default_factory=list)


class DispatchView(View):
    collection: ClassVar[str] = "dispatches"
    need_id: str
    volunteer_id: str
    area: str
    state: str
    part: dict[str, Any]


class VolunteerView(View):
    """What matching speaks of; who it is, volunteering knows."""

    collection: ClassVar[str] = "volunteers"
    area: str
    skills: list[str]
    languages: list[str]
    standing_acceptance: bool
    registered_at: str


class TimebankView(View):
    """A volunteer's balance, in minutes."""

    collection: ClassVar[str] = "timebank"
    area: str
    balance_minutes: int
    credited_at: str
