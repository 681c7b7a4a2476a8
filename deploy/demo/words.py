"""An event in plain words, one line; None for those of which there are too many to read one by one."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from shared.contracts.charity import (
    DonationReceived,
    FundOpened,
    LinkSnapshot,
    ResourcesDelivered,
    ResourcesReleased,
)
from shared.contracts.messages import EventData
from shared.contracts.stations import (
    NeedCancelled,
    NeedConfirmed,
    NeedEvaluated,
    NeedPublished,
    NeedReady,
    NeedReopened,
    NeedServed,
    NeedUnmet,
    ServiceBegun,
    StationOpened,
)
from shared.contracts.volunteering import (
    StaffingChanged,
    StaffingSnapshot,
    VolunteersAwaited,
    VolunteersReleased,
)

RING_WORDS: Final = {
    "station": "own station",
    "community": "community",
    "street": "street",
    "district": "district",
    "city": "city",
    "campaign": "campaign",
}


class Line(NamedTuple):
    """The words, and whether they tell of something good, something that waits, or just go on."""

    words: str
    mood: str = ""


def tell(data: EventData) -> Line | None:
    """The event's line."""
    for kind, words in _WORDS:
        if isinstance(data, kind):
            return words(data)
    return None


def money(fen: int) -> str:
    """`900000` as `¥9,000`."""
    yuan, rest = divmod(fen, 100)
    return f"¥{yuan:,}" if not rest else f"¥{yuan:,}.{rest:02}"


def commodity(name: str, amount: int) -> str:
    """`goods:rice:bag` and 10 as `10 bag rice`."""
    if name == "CNY":
        return money(amount)
    kind, _, rest = name.partition(":")
    item, _, unit = rest.partition(":")
    return f"{amount} {unit} {item}" if kind == "goods" else f"{amount} × {item}"


def _station(data: StationOpened) -> Line:
    kind = "street centre 街道社工中心" if data.level == "centre" else "station 社工站"
    return Line(f"{kind} opened: {data.name}")


def _donation(data: DonationReceived) -> Line:
    given = [f"{part.quantity} {part.unit} {part.item}" for part in data.goods]
    given += [f"{part.quantity} × {part.item}" for part in data.services]
    if data.amount_fen:
        given.append(f"{money(data.amount_fen)} into a fund 基金")
    return Line(f"donation 捐赠: {', '.join(given)}")


def _published(data: NeedPublished) -> Line:
    return Line(f"published 需求发布, triage score {data.score}, {data.beneficiaries} people", "new")


def _linked(data: LinkSnapshot) -> Line:
    gave: dict[str, None] = dict.fromkeys(RING_WORDS[source.ring] for source in data.sources)
    held = f"from {' + '.join(gave)}" if gave else "nothing found in any ring up to the city"
    if data.state == "committed":
        return Line(f"resources linked 资源链接 {held}", "good")
    waits = "; ".join(_for_what(part.for_what) for part in data.waiting)
    if not gave:
        return Line(f"{held}; in the waiting list for {waits}", "waits")
    return Line(f"linked in part {held}; waits for {waits}", "waits")


def _for_what(text: str) -> str:
    amount, _, name = text.partition(" of ")
    return commodity(name, int(amount)) if amount.isdigit() and name else text


def _staffing(data: StaffingSnapshot) -> Line | None:
    met = f"{data.confirmed} of {data.headcount} volunteers"
    if data.confirmed >= data.headcount:
        return Line(f"{met} confirmed 派单", "good")
    offers = f"{data.offered} offers out 邀约" if data.offered else ""
    return Line(", ".join(filter(None, (met, offers))), "" if offers else "waits")


def _changed(data: StaffingChanged) -> Line | None:
    declined = sum(part.state == "declined" for part in data.changed)
    if declined:
        return Line(f"an offer was declined; {data.confirmed} of {data.headcount}, {data.offered} offers out", "waits")
    if data.checked_out and data.checked_out == data.confirmed and data.state == "served":
        return Line(f"all {data.checked_out} checked out")
    if data.checked_in and not data.checked_out and data.checked_in == data.confirmed:
        return Line(f"all {data.checked_in} checked in")
    return None


def _awaited(data: VolunteersAwaited) -> Line:
    reasons = "; ".join(dict.fromkeys(part.reason for part in data.waiting))
    return Line(f"waits for {data.headcount - data.confirmed} volunteers: {reasons}", "waits")


def _released(data: VolunteersReleased) -> Line:
    return Line(f"volunteers told and free again ({len(data.changed)})")


_WORDS: Final[Sequence[tuple[type[EventData], Callable[[Any], Line | None]]]] = (
    (StationOpened, _station),
    (FundOpened, lambda data: Line(f"fund 社区基金 opened: {data.name}")),
    (DonationReceived, _donation),
    (NeedPublished, _published),
    (NeedReady, lambda _: Line("READY 就绪: every line linked, every volunteer found", "good")),
    (NeedReopened, lambda _: Line("reopened: something was taken away again", "waits")),
    (ServiceBegun, lambda _: Line("service begun 服务中")),
    (NeedServed, lambda _: Line("served 已服务", "good")),
    (NeedConfirmed, lambda _: Line("confirmed by its station 确认", "good")),
    (NeedEvaluated, lambda data: Line(f"rated {data.rating} of 5 评价")),
    (NeedCancelled, lambda _: Line("cancelled 取消", "bad")),
    (NeedUnmet, lambda _: Line("unmet 未满足: its due time passed", "bad")),
    (ResourcesReleased, lambda _: Line("reservations released: the stock is free again")),
    (ResourcesDelivered, lambda _: Line("delivered: what was reserved is posted in the ledger 账本")),
    (LinkSnapshot, _linked),
    (VolunteersReleased, _released),
    (VolunteersAwaited, _awaited),
    (StaffingChanged, _changed),
    (StaffingSnapshot, _staffing),
)
"""The first kind that fits counts, so the special ones stand before the general ones."""
