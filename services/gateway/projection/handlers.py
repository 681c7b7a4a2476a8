"""Every event into the feed and into the views. What an event changes stands here in one line for each kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.gateway.domain.cursors import feed_id
from services.gateway.projection import needs, supply
from services.gateway.projection.supply import spoken
from services.gateway.projection.views import FEED, FeedHead, FeedItem
from shared.contracts import charity, stations, volunteering
from shared.contracts.messages import EventData
from shared.engine import TURN, Desk, Get, Handlers, Handling, Incoming, Load

HEAD: Final = Get(FeedHead, FEED)


@dataclass(frozen=True, slots=True)
class Projection:
    """What an event needs loaded, and what it does to the views."""

    loads: Callable[[Any], Sequence[Load]]
    apply: Callable[[Desk, Incoming[Any]], None]


NEED = Projection(needs.need_loads, needs.apply_need)
LINK = Projection(needs.link_loads, needs.apply_link)
STAFFING = Projection(needs.staffing_loads, needs.apply_staffing)

_KINDS: Final[Sequence[tuple[type[EventData], Projection]]] = (
    (stations.StationOpened, Projection(supply.station_loads, supply.apply_station)),
    (stations.NeedRegistered, NEED),
    (stations.NeedPublished, NEED),
    (stations.NeedReady, NEED),
    (stations.NeedReopened, NEED),
    (stations.ServiceBegun, NEED),
    (stations.NeedServed, NEED),
    (stations.NeedConfirmed, NEED),
    (stations.NeedEvaluated, NEED),
    (stations.NeedCancelled, NEED),
    (stations.NeedUnmet, NEED),
    (charity.FundOpened, Projection(supply.fund_loads, supply.apply_fund)),
    (charity.DonorRegistered, Projection(supply.donor_loads, supply.apply_donor)),
    (charity.DonationReceived, Projection(supply.donation_loads, supply.apply_donation)),
    (charity.ResourcesLinked, LINK),
    (charity.ResourcesReleased, LINK),
    (charity.ResourcesDelivered, LINK),
    (volunteering.VolunteerRegistered, Projection(supply.volunteer_loads, supply.apply_volunteer)),
    (volunteering.VolunteersOffered, STAFFING),
    (volunteering.VolunteersConfirmed, STAFFING),
    (volunteering.StaffingChanged, STAFFING),
    (volunteering.VolunteersAwaited, STAFFING),
    (volunteering.VolunteersReleased, STAFFING),
    (volunteering.HoursCredited, Projection(needs.credit_loads, needs.apply_credit)),
)
PROJECTIONS: Final = {kind.type: projection for kind, projection in _KINDS}


def build() -> Handlers:
    """The projector's handlers: one, for everything that is said."""
    handlers = Handlers("gateway")

    @handlers.on_any_event
    def project(message: Incoming[Any]) -> Handling:
        projection = PROJECTIONS.get(message.type)
        if projection is None:
            desk = yield [HEAD]
        else:
            desk = yield [HEAD, *projection.loads(message.data)]
        desk = yield TURN
        append(desk, message)
        if projection is not None:
            projection.apply(desk, message)

    return handlers


def append(desk: Desk, message: Incoming[Any]) -> None:
    """Give the event the next cursor."""
    event = spoken(message)
    head = desk.get(FeedHead, HEAD.id) or FeedHead(id=HEAD.id)
    cursor = head.last + 1
    text = message.raw.decode() if isinstance(message.raw, bytes) else event.model_dump_json()
    item = FeedItem.model_construct(
        id=feed_id(cursor), version=0, cursor=cursor, type=event.type, area=event.area, event=text
    )
    desk.put(head.model_copy(update={"last": cursor}))
    desk.put(item)
