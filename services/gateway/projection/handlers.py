"""Every event into the feed and into the views. What an event changes stands here in one line for each kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.gateway.domain.cursors import feed_id
from services.gateway.projection import needs, supply
from services.gateway.projection.supply import spoken
from services.gateway.projection.views import FEED, FeedHead, FeedItem
from shared.contracts.charity.donations import DonationReceived
from shared.contracts.charity.donors import DonorRegistered
from shared.contracts.charity.funds import FundOpened
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesLinked, ResourcesReleased
from shared.contracts.messages import EventData
from shared.contracts.stations.needs import (
    NeedCancelled,
    NeedConfirmed,
    NeedEvaluated,
    NeedPublished,
    NeedReady,
    NeedRegistered,
    NeedReopened,
    NeedServed,
    NeedUnmet,
    ServiceBegun,
)
from shared.contracts.stations.network import StationOpened
from shared.contracts.volunteering.dispatch import (
    StaffingChanged,
    VolunteersAwaited,
    VolunteersConfirmed,
    VolunteersOffered,
    VolunteersReleased,
)
from shared.contracts.volunteering.people import VolunteerRegistered
from shared.contracts.volunteering.timebank import HoursCredited
from shared.engine import TURN, Get, Handlers, Handling, Incoming, Load, UnitOfWork

HEAD: Final = Get(FeedHead, FEED)


@dataclass(frozen=True, slots=True)
class Projection:
    """What an event needs loaded, and what it does to the views."""

    loads: Callable[[Any], Sequence[Load]]
    apply: Callable[[UnitOfWork, Incoming[Any]], None]


NEED = Projection(needs.need_loads, needs.apply_need)
LINK = Projection(needs.link_loads, needs.apply_link)
STAFFING = Projection(needs.staffing_loads, needs.apply_staffing)

_KINDS: Final[Sequence[tuple[type[EventData], Projection]]] = (
    (StationOpened, Projection(supply.station_loads, supply.apply_station)),
    (NeedRegistered, NEED),
    (NeedPublished, NEED),
    (NeedReady, NEED),
    (NeedReopened, NEED),
    (ServiceBegun, NEED),
    (NeedServed, NEED),
    (NeedConfirmed, NEED),
    (NeedEvaluated, NEED),
    (NeedCancelled, NEED),
    (NeedUnmet, NEED),
    (FundOpened, Projection(supply.fund_loads, supply.apply_fund)),
    (DonorRegistered, Projection(supply.donor_loads, supply.apply_donor)),
    (DonationReceived, Projection(supply.donation_loads, supply.apply_donation)),
    (ResourcesLinked, LINK),
    (ResourcesReleased, LINK),
    (ResourcesDelivered, LINK),
    (VolunteerRegistered, Projection(supply.volunteer_loads, supply.apply_volunteer)),
    (VolunteersOffered, STAFFING),
    (VolunteersConfirmed, STAFFING),
    (StaffingChanged, STAFFING),
    (VolunteersAwaited, STAFFING),
    (VolunteersReleased, STAFFING),
    (HoursCredited, Projection(needs.credit_loads, needs.apply_credit)),
)
PROJECTIONS: Final = {kind.type: projection for kind, projection in _KINDS}


def build() -> Handlers:
    """The projector's handlers: one, for everything that is said."""
    handlers = Handlers("gateway")

    @handlers.on_any_event
    def project(message: Incoming[Any]) -> Handling:
        projection = PROJECTIONS.get(message.type)
        if projection is None:
            work = yield [HEAD]
        else:
            work = yield [HEAD, *projection.loads(message.data)]
        work = yield TURN
        append(work, message)
        if projection is not None:
            projection.apply(work, message)

    return handlers


def append(work: UnitOfWork, message: Incoming[Any]) -> None:
    """Give the event the next cursor."""
    event = spoken(message)
    head = work.get(FeedHead, HEAD.id) or FeedHead(id=HEAD.id)
    cursor = head.last + 1
    text = message.raw.decode() if isinstance(message.raw, bytes) else event.model_dump_json()
    item = FeedItem.model_construct(
        id=feed_id(cursor), version=0, cursor=cursor, type=event.type, area=event.area, event=text
    )
    work.put(head.model_copy(update={"last": cursor}))
    work.put(item)
