"""Needs as they are stored: the parts of stations, charity and volunteering, each by its own highest version.

The stored parts are those of the contracts' snapshots: a field that is added to a snapshot is stored without a change
here, unless it is named below with the reason why it is not.
"""

from collections.abc import Generator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from services.gateway.features.needs.counts import COUNT_INDEXES, Counted, count, count_loads
from services.gateway.features.needs.likeness import likeness_of
from services.gateway.features.needs.referred import REFERRAL_EVENTS
from services.gateway.features.needs.timeline import make_entry, merge
from services.gateway.features.needs.waiting import waits
from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.feed import cursor_of
from services.gateway.projection.view import NEWEST, View, envelope, index_by
from shared.contracts.charity.linking import LinkSnapshot, ResourcesDelivered, ResourcesLinked, ResourcesReleased
from shared.contracts.charity.payments import (
    PaymentHandedOver,
    PaymentMade,
    PaymentOverdue,
    PaymentOwed,
    PaymentRecorded,
    PaymentRefused,
    PaymentReversed,
)
from shared.contracts.stations.amending import NeedAmended, NeedEdited
from shared.contracts.stations.assessing import AssessmentOverdue, NeedAssessed
from shared.contracts.stations.need_merging import NeedMerged
from shared.contracts.stations.needs import (
    ConfirmationUndone,
    NeedCancelled,
    NeedConfirmed,
    NeedEvaluated,
    NeedExtended,
    NeedOverdue,
    NeedPublished,
    NeedReady,
    NeedRegistered,
    NeedReopened,
    NeedServed,
    NeedSnapshot,
    NeedUnmet,
    ServiceBegun,
)
from shared.contracts.stations.referrals import ReferralEvent
from shared.contracts.stations.reopening import EndUndone
from shared.contracts.volunteering.dispatch import (
    StaffingChanged,
    StaffingSnapshot,
    VolunteersAwaited,
    VolunteersConfirmed,
    VolunteersOffered,
    VolunteersReleased,
)
from shared.contracts.volunteering.timebank import HoursAdjusted, HoursCorrected, HoursCredited, HoursMoved
from shared.engine import TURN, Get, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.engine.decide.loads import Turn
from shared.engine.decide.schema import Document

_NOT_IN_NEED_PART: Final = {
    "need_id",  # the id of the view
    "version",  # `seen`
    "state",  # a field of the view itself: lists filter by it
    "station_id",  # likewise
    "area",  # likewise
    "urgency",  # likewise
    "channel",  # likewise
}
_NOT_IN_LINK_PART: Final = {
    "need_id",  # the id of the view
    "version",  # `link_seen`
    "area",  # the need's own is shown
    "stock",  # the accounts have views of their own, see the feature `stock`
}
_NOT_IN_STAFFING_PART: Final = {
    "need_id",  # the id of the view
    "version",  # `staffing_seen`
    "area",  # the need's own is shown
    "changed",  # the dispatches have views of their own, see the feature `dispatch`
}
# Of the snapshots alone: NeedProgress adds only counts that the parts of charity and volunteering hold in full.
NEED_PART: Final = set(NeedSnapshot.model_fields) - _NOT_IN_NEED_PART | {"overdue"}
"""`overdue` stands in one event alone: the next event about the need, of any kind, ends it."""
LINK_PART: Final = set(LinkSnapshot.model_fields) - _NOT_IN_LINK_PART
STAFFING_PART: Final = set(StaffingSnapshot.model_fields) - _NOT_IN_STAFFING_PART


PaymentEvent = (
    PaymentOwed | PaymentRecorded | PaymentMade | PaymentRefused | PaymentReversed | PaymentOverdue | PaymentHandedOver
)


class NeedView(View):
    """A need, its link, its staffing and its timeline: each part by its own highest version.

    The answers of charity and volunteering may arrive before the need's own event: then `seen` is 0, and the need is
    not shown yet. `need`, `link` and `staffing` are the snapshots' parts as JSON; empty until the first has arrived.
    """

    collection: ClassVar[str] = "needs"
    area: str = ""
    station_id: str = ""
    state: str = ""
    urgency: str = ""
    channel: str = "unspecified"
    likeness: str = ""
    waiting: bool = False
    need: Document = Field(default_factory=dict)
    link_seen: int = 0
    link: Document = Field(default_factory=dict)
    staffing_seen: int = 0
    staffing: Document = Field(default_factory=dict)
    timeline: list[Document] = Field(default_factory=list)


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    NeedView.collection: [
        index_by("area"),
        index_by("station_id"),
        index_by("state"),
        index_by("channel"),
        # Of the needs of one field at one place: those of which one may be registered twice.
        index_by("likeness"),
        # Partial: few needs wait at a time, and a need that does not wait costs the index nothing.
        IndexModel([("waiting", ASCENDING), NEWEST], name="waiting", partialFilterExpression={"waiting": True}),
    ],
    **COUNT_INDEXES,
}


STORY: Final = ("timeline", "link.sources", "link.tried", "staffing.tried")
"""The fields that only one need alone is shown with: a list does not read them, and they are the greater part."""


def show_need(message: Incoming[NeedSnapshot]) -> Handling:
    """Show the station's part of the need, unless a newer one is shown, and count it where it stands then."""
    data = message.data
    work = yield from take_turn(partial(_load_with_counts, data))
    view = work.get(NeedView, data.need_id) or NeedView(id=data.need_id)
    news: Document = {}
    if data.version > view.seen:
        count(work, _place(view), (data.area, data.channel), data.need_id)
        news = {
            "seen": data.version,
            "area": data.area,
            "station_id": data.station_id,
            "state": data.state,
            "urgency": data.urgency,
            "channel": data.channel,
            "likeness": likeness_of(data.theme, data.place),
            "need": data.model_dump(mode="json", include=NEED_PART),
        }
    _put(work, view, news, message)


def _load_with_counts(data: NeedSnapshot) -> Loading:
    """Load the view; its counts too where the event moves the need, as the first one of each need does."""
    work = yield [Get(NeedView, data.need_id)]
    view = work.get(NeedView, data.need_id) or NeedView(id=data.need_id)
    if data.version > view.seen:
        yield count_loads(_place(view), (data.area, data.channel), data.need_id)


def _place(view: NeedView) -> Counted | None:
    return (view.area, view.channel) if view.seen else None


def show_link(message: Incoming[LinkSnapshot]) -> Handling:
    """Show charity's part: the resources that are linked to the need."""
    data = message.data
    work, view = yield from _take_turn(data.need_id)
    news: Document = {}
    if data.version > view.link_seen:
        news = {"link_seen": data.version, "link": data.model_dump(mode="json", include=LINK_PART)}
    _put(work, view, news, message)


def show_staffing(message: Incoming[StaffingSnapshot]) -> Handling:
    """Show volunteering's part: how far the staffing of the need has come."""
    data = message.data
    work, view = yield from _take_turn(data.need_id)
    news: Document = {}
    if data.version > view.staffing_seen:
        news = {"staffing_seen": data.version, "staffing": data.model_dump(mode="json", include=STAFFING_PART)}
    _put(work, view, news, message)


def show_beside(message: Incoming[HoursMoved | PaymentEvent | ReferralEvent]) -> Handling:
    """Show in the need's timeline a credit, a payment or a referral, which are shown by their own features."""
    work, view = yield from _take_turn(message.data.need_id)
    _put(work, view, {}, message)


def _take_turn(need_id: str) -> Generator[Sequence[Load] | Turn, UnitOfWork, tuple[UnitOfWork, NeedView]]:
    yield [Get(NeedView, need_id)]
    work = yield TURN
    return work, work.get(NeedView, need_id) or NeedView(id=need_id)


def _put(work: UnitOfWork, view: NeedView, news: Document, message: Incoming[Any]) -> None:
    """Store the news and the event's entry in the timeline.

    One copy and one write an event: every event of every need comes through here.
    """
    event = envelope(message)
    new = make_entry(event.type, event.key, event.version, event.time, message.data, cursor=cursor_of(message))
    link, staffing = news.get("link", view.link), news.get("staffing", view.staffing)
    waiting = waits(news.get("state", view.state), news.get("need", view.need), link, staffing)
    changed = {**news, "timeline": merge(view.timeline, new), "waiting": waiting}
    work.put(view.model_copy(update=changed))


NEED: Final = Projection(show_need)
LINK: Final = Projection(show_link)
STAFFING: Final = Projection(show_staffing)
BESIDE: Final = Projection(show_beside, partition=lambda data: data.need_id)
PROJECTIONS: Final[ProjectionTable] = {
    NeedRegistered: NEED,
    NeedEdited: NEED,
    NeedPublished: NEED,
    NeedReady: NEED,
    NeedReopened: NEED,
    ServiceBegun: NEED,
    NeedServed: NEED,
    NeedOverdue: NEED,
    NeedExtended: NEED,
    NeedAssessed: NEED,
    AssessmentOverdue: NEED,
    NeedMerged: NEED,
    NeedAmended: NEED,
    NeedConfirmed: NEED,
    ConfirmationUndone: NEED,
    NeedEvaluated: NEED,
    NeedCancelled: NEED,
    NeedUnmet: NEED,
    EndUndone: NEED,
    ResourcesLinked: LINK,
    ResourcesReleased: LINK,
    ResourcesDelivered: LINK,
    VolunteersOffered: STAFFING,
    VolunteersConfirmed: STAFFING,
    StaffingChanged: STAFFING,
    VolunteersAwaited: STAFFING,
    VolunteersReleased: STAFFING,
    # Their subjects are the account of the time bank, the payment and the referral; those of all others are the need.
    HoursCredited: BESIDE,
    HoursCorrected: BESIDE,
    HoursAdjusted: BESIDE,
    PaymentOwed: BESIDE,
    PaymentRecorded: BESIDE,
    PaymentMade: BESIDE,
    PaymentRefused: BESIDE,
    PaymentReversed: BESIDE,
    PaymentOverdue: BESIDE,
    PaymentHandedOver: BESIDE,
    **dict.fromkeys(REFERRAL_EVENTS, BESIDE),
}
