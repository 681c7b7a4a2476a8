"""A need's view: the parts of stations, charity and volunteering, each by highest version, and the story of all."""

from collections.abc import Sequence
from typing import Any, Final

from services.gateway.domain.timeline import entry, merged
from services.gateway.projection.supply import apply_stock, instant, spoken, stock_loads
from services.gateway.projection.views import FEED, DispatchView, FeedHead, NeedView, TimebankView
from shared.contracts.charity.linking import LinkSnapshot
from shared.contracts.messages import EventData
from shared.contracts.stations.needs import NeedSnapshot
from shared.contracts.volunteering.dispatch import DispatchView as DispatchPart
from shared.contracts.volunteering.dispatch import StaffingSnapshot
from shared.contracts.volunteering.timebank import HoursCredited
from shared.engine import Get, Incoming, Load, UnitOfWork

_NEED: Final = {
    "theme",
    "score",
    "due",
    "place",
    "beneficiaries",
    "beneficiary_groups",
    "lines",
    "volunteers",
    "published_at",
}
_LINK: Final = {"state", "amounts", "sources", "tried", "waiting"}
_STAFFING: Final = {"state", "headcount", "confirmed", "offered", "checked_in", "checked_out", "tried", "waiting"}
_DISPATCH: Final = {"dispatch_id", "version", "volunteer_id", "state"}


def need_loads(data: NeedSnapshot) -> Sequence[Load]:
    return [Get(NeedView, data.need_id)]


def apply_need(work: UnitOfWork, message: Incoming[NeedSnapshot]) -> None:
    """Take over what the station says, unless something newer is known."""
    data, view = message.data, _view(work, message.data.need_id)
    news: dict[str, Any] = {}
    if data.version > view.seen:
        news = {
            "seen": data.version,
            "area": data.area,
            "station_id": data.station_id,
            "state": data.state,
            "urgency": data.urgency,
            "need": data.model_dump(mode="json", include=_NEED),
        }
    _put(work, view, news, message)


def link_loads(data: LinkSnapshot) -> Sequence[Load]:
    return [Get(NeedView, data.need_id), *stock_loads(data.stock)]


def apply_link(work: UnitOfWork, message: Incoming[LinkSnapshot]) -> None:
    """Take over what charity holds ready, and the accounts that changed by it."""
    data, view = message.data, _view(work, message.data.need_id)
    news: dict[str, Any] = {}
    if data.version > view.link_seen:
        news = {"link_seen": data.version, "link": data.model_dump(mode="json", include=_LINK)}
    _put(work, view, news, message)
    apply_stock(work, data.stock)


def staffing_loads(data: StaffingSnapshot) -> Sequence[Load]:
    dispatches = [Get(DispatchView, part.dispatch_id) for part in data.changed]
    return [Get(NeedView, data.need_id), *dispatches]


def apply_staffing(work: UnitOfWork, message: Incoming[StaffingSnapshot]) -> None:
    """Take over how far the staffing is, and the dispatches that changed by it."""
    data, view = message.data, _view(work, message.data.need_id)
    news: dict[str, Any] = {}
    if data.version > view.staffing_seen:
        news = {"staffing_seen": data.version, "staffing": data.model_dump(mode="json", include=_STAFFING)}
    _put(work, view, news, message)
    for part in data.changed:
        _put_dispatch(work, data, part)


def _put_dispatch(work: UnitOfWork, data: StaffingSnapshot, part: DispatchPart) -> None:
    known = work.get(DispatchView, part.dispatch_id)
    if known is not None and part.version <= known.seen:
        return
    work.put(
        DispatchView.model_construct(
            id=part.dispatch_id,
            version=known.version if known else 0,
            seen=part.version,
            need_id=data.need_id,
            volunteer_id=part.volunteer_id,
            area=data.area,
            state=part.state,
            part=part.model_dump(mode="json", exclude=_DISPATCH),
        )
    )


def credit_loads(data: HoursCredited) -> Sequence[Load]:
    return [Get(NeedView, data.need_id), Get(TimebankView, data.volunteer_id)]


def apply_credit(work: UnitOfWork, message: Incoming[HoursCredited]) -> None:
    """The newest balance of the volunteer, and a line in the need's story."""
    data = message.data
    _put(work, _view(work, data.need_id), {}, message)
    known = work.get(TimebankView, data.volunteer_id)
    if known is None or data.account_version > known.seen:
        work.put(
            TimebankView(
                id=data.volunteer_id,
                version=known.version if known else 0,
                seen=data.account_version,
                area=data.area,
                balance_minutes=data.balance_minutes,
                credited_at=instant(message),
            )
        )


def _view(work: UnitOfWork, need_id: str) -> NeedView:
    return work.get(NeedView, need_id) or NeedView(id=need_id)


def _put(work: UnitOfWork, view: NeedView, news: dict[str, Any], message: Incoming[EventData]) -> None:
    """One copy and one write an event: this is the path of every need."""
    event = spoken(message)
    head = work.get(FeedHead, FEED)
    cursor = head.last if head else 0
    new = entry(event.type, event.key, event.version, event.time, message.data, cursor=cursor)
    link, staffing = news.get("link", view.link), news.get("staffing", view.staffing)
    waits = news.get("state", view.state) == "published" and (link.get("waiting") or staffing.get("waiting"))
    changed = {**news, "timeline": merged(view.timeline, new), "waiting": bool(waits)}
    work.put(view.model_copy(update=changed))
