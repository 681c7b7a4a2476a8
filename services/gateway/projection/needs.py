"""A need's view: the parts of stations, charity and volunteering, each by highest version, and the story of all."""

from collections.abc import Sequence
from typing import Any, Final

from services.gateway.domain.timeline import entry, merged
from services.gateway.projection.supply import apply_stock, instant, spoken, stock_loads
from services.gateway.projection.views import DispatchView, NeedView, TimebankView
from shared.contracts.charity import LinkSnapshot
from shared.contracts.messages import EventData
from shared.contracts.stations import NeedSnapshot
from shared.contracts.volunteering import HoursCredited, StaffingSnapshot
from shared.engine import Desk, Get, Incoming, Load

_NEED: Final = frozenset(
    {"theme", "score", "due", "place", "beneficiaries", "beneficiary_groups", "lines", "volunteers", "published_at"}
)
_LINK: Final = frozenset({"state", "amounts", "sources", "tried", "waiting"})
_STAFFING: Final = frozenset(
    {"state", "headcount", "confirmed", "offered", "checked_in", "checked_out", "tried", "waiting"}
)
_DISPATCH: Final = frozenset({"dispatch_id", "version", "volunteer_id", "state"})


def need_loads(data: NeedSnapshot) -> Sequence[Load]:
    return [Get(NeedView, data.need_id)]


def apply_need(desk: Desk, message: Incoming[NeedSnapshot]) -> None:
    """Take over what the station says, unless something newer is known."""
    data, view = message.data, _told(desk, message, message.data.need_id)
    if data.version > view.seen:
        view = view.model_copy(
            update={
                "seen": data.version,
                "area": data.area,
                "station_id": data.station_id,
                "state": data.state,
                "urgency": data.urgency,
                "need": data.model_dump(mode="json", include=set(_NEED)),
            }
        )
    _put(desk, view)


def link_loads(data: LinkSnapshot) -> Sequence[Load]:
    return [Get(NeedView, data.need_id), *stock_loads(data.stock)]


def apply_link(desk: Desk, message: Incoming[LinkSnapshot]) -> None:
    """Take over what charity holds ready, and the accounts that changed by it."""
    data, view = message.data, _told(desk, message, message.data.need_id)
    if data.version > view.link_seen:
        link = data.model_dump(mode="json", include=set(_LINK))
        view = view.model_copy(update={"link_seen": data.version, "link": link})
    _put(desk, view)
    apply_stock(desk, data.stock)


def staffing_loads(data: StaffingSnapshot) -> Sequence[Load]:
    dispatches = [Get(DispatchView, part.dispatch_id) for part in data.changed]
    return [Get(NeedView, data.need_id), *dispatches]


def apply_staffing(desk: Desk, message: Incoming[StaffingSnapshot]) -> None:
    """Take over how far the staffing is, and the dispatches that changed by it."""
    data, view = message.data, _told(desk, message, message.data.need_id)
    if data.version > view.staffing_seen:
        staffing = data.model_dump(mode="json", include=set(_STAFFING))
        view = view.model_copy(update={"staffing_seen": data.version, "staffing": staffing})
    _put(desk, view)
    for part in data.changed:
        known = desk.get(DispatchView, part.dispatch_id)
        if known is None or part.version > known.seen:
            desk.put(
                DispatchView.model_construct(
                    id=part.dispatch_id,
                    version=known.version if known else 0,
                    seen=part.version,
                    need_id=data.need_id,
                    volunteer_id=part.volunteer_id,
                    area=data.area,
                    state=part.state,
                    part=part.model_dump(mode="json", exclude=set(_DISPATCH)),
                )
            )


def credit_loads(data: HoursCredited) -> Sequence[Load]:
    return [Get(NeedView, data.need_id), Get(TimebankView, data.volunteer_id)]


def apply_credit(desk: Desk, message: Incoming[HoursCredited]) -> None:
    """The newest balance of the volunteer, and a line in the need's story."""
    data = message.data
    _put(desk, _told(desk, message, data.need_id))
    known = desk.get(TimebankView, data.volunteer_id)
    if known is None or data.account_version > known.seen:
        desk.put(
            TimebankView(
                id=data.volunteer_id,
                version=known.version if known else 0,
                seen=data.account_version,
                area=data.area,
                balance_minutes=data.balance_minutes,
                credited_at=instant(message),
            )
        )


def _told(desk: Desk, message: Incoming[EventData], need_id: str) -> NeedView:
    event = spoken(message)
    view = desk.get(NeedView, need_id) or NeedView(id=need_id)
    new = entry(event.type, event.key, event.version, event.time, message.data)
    return view.model_copy(update={"timeline": merged(view.timeline, new)})


def _put(desk: Desk, view: NeedView) -> None:
    held_up: Any = view.link.get("waiting") or view.staffing.get("waiting")
    desk.put(view.model_copy(update={"waiting": view.state == "published" and bool(held_up)}))
