"""The line of each event in plain words; events that come by the dozen have none."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, NamedTuple

from shared.contracts.charity.donations import DonationReceived
from shared.contracts.charity.funds import FundOpened
from shared.contracts.charity.linking import LinkSnapshot, ResourcesDelivered, ResourcesReleased
from shared.contracts.messages import EventData
from shared.contracts.reasons import Reason
from shared.contracts.stations.needs import (
    NeedCancelled,
    NeedConfirmed,
    NeedEvaluated,
    NeedPublished,
    NeedReady,
    NeedReopened,
    NeedServed,
    NeedUnmet,
    ServiceBegun,
)
from shared.contracts.stations.network import StationOpened
from shared.contracts.volunteering.dispatch import (
    StaffingChanged,
    StaffingSnapshot,
    VolunteersAwaited,
    VolunteersReleased,
)
from shared.words import Wording

RING_WORDS: Final = {
    "station": "own",
    "community": "community",
    "street": "street",
    "district": "district",
    "city": "city",
    "campaign": "campaign",
}


Mood = Literal["new", "good", "waits", "bad", ""]


class Line(NamedTuple):
    """The words of a line, and its mood, which decides its style."""

    words: str
    mood: Mood = ""


def describe_event(data: EventData) -> Line | None:
    """Return the event's line; None for an event that is not shown."""
    for kind, describe in _LINES:
        if isinstance(data, kind):
            return describe(data)
    return None


def format_money(fen: int) -> str:
    """Return an amount in fen as yuan: `900000` as `¥9,000`."""
    yuan, rest = divmod(fen, 100)
    return f"¥{yuan:,}" if not rest else f"¥{yuan:,}.{rest:02}"


def format_commodity(name: str, amount: int) -> str:
    """Return an amount of a commodity as people say it: 10 of `goods:rice:bag` as `10 bag rice`."""
    if name == "CNY":
        return format_money(amount)
    kind, _, rest = name.partition(":")
    item, _, unit = rest.partition(":")
    return f"{amount} {unit} {item}" if kind == "goods" else f"{amount} × {item}"


def _describe_station(data: StationOpened) -> Line:
    kind = "street centre 街道社工中心" if data.level == "centre" else "station 社工站"
    return Line(f"{kind} opened: {data.name}")


def _describe_donation(data: DonationReceived) -> Line:
    given = [f"{part.quantity} {part.unit} {part.item}" for part in data.goods]
    given += [f"{part.quantity} × {part.item}" for part in data.services]
    if data.amount_fen:
        given.append(f"{format_money(data.amount_fen)} into a fund 基金")
    return Line(f"donation 捐赠: {', '.join(given)}")


def _describe_publication(data: NeedPublished) -> Line:
    return Line(f"published 发布: triage score {data.score}, {data.beneficiaries} people", "new")


def _describe_link(data: LinkSnapshot) -> Line:
    near = ", ".join(dict.fromkeys(RING_WORDS[source.ring] for source in data.sources))
    if data.state == "committed":
        return Line(f"linked 资源链接: {near}", "good")
    waits = ", ".join(_format_wanted(part.for_what) for part in data.waiting)
    if not near:
        return Line(f"nothing up to the city; waits for {waits}", "waits")
    return Line(f"in part linked: {near}; waits for {waits}", "waits")


def _format_wanted(wanted: Reason) -> str:
    return Wording("en").sentence(wanted.code, wanted.args)


def _describe_staffing(data: StaffingSnapshot) -> Line | None:
    met = f"{data.confirmed} of {data.headcount} volunteers"
    if data.confirmed >= data.headcount:
        return Line(f"{met} confirmed 派单", "good")
    if any(part.state == "declined" for part in data.changed):
        return Line(f"one declined 谢绝, others are asked: {data.offered} offers", "waits")
    return Line(f"{met}, {data.offered} offers 邀约 out", "waits")


def _describe_change(data: StaffingChanged) -> Line | None:
    if any(part.state == "declined" for part in data.changed):
        return Line(f"one declined 谢绝; {data.offered} offers are still out", "waits")
    if data.state == "credited":
        minutes = sum(part.minutes for part in data.changed if part.state == "credited")
        return Line(f"{len(data.changed)} credited {minutes} min in all 时间银行", "good")
    if data.checked_out and data.checked_out == data.confirmed and data.state == "served":
        return Line(f"all {data.checked_out} checked out 签退")
    if data.checked_in and not data.checked_out and data.checked_in == data.confirmed:
        return Line(f"all {data.checked_in} checked in 签到")
    return None


def _describe_wait(data: VolunteersAwaited) -> Line:
    reasons = "; ".join(dict.fromkeys(Wording("en").sentence(w.reason.code, w.reason.args) for w in data.waiting))
    return Line(f"waits for {data.headcount - data.confirmed} more: {reasons}", "waits")


def _describe_release(data: VolunteersReleased) -> Line:
    return Line(f"volunteers told and free again ({len(data.changed)})")


_LINES: Final[Sequence[tuple[type[EventData], Callable[[Any], Line | None]]]] = (
    (StationOpened, _describe_station),
    (FundOpened, lambda data: Line(f"fund 社区基金 opened: {data.name}")),
    (DonationReceived, _describe_donation),
    (NeedPublished, _describe_publication),
    (NeedReady, lambda _: Line("READY 就绪: all linked, all volunteers found", "good")),
    (NeedReopened, lambda _: Line("reopened: something was taken away again", "waits")),
    (ServiceBegun, lambda _: Line("service begun 服务中")),
    (NeedServed, lambda _: Line("served 已服务", "good")),
    (NeedConfirmed, lambda _: Line("confirmed by its station 确认", "good")),
    (NeedEvaluated, lambda data: Line(f"rated {data.rating} of 5 评价")),
    (NeedCancelled, lambda _: Line("cancelled 取消", "bad")),
    (NeedUnmet, lambda _: Line("unmet 未满足: its due time passed", "bad")),
    (ResourcesReleased, lambda _: Line("reservations released: the stock is free again")),
    (ResourcesDelivered, lambda _: Line("delivered 交付: posted in the ledger 账本")),
    (LinkSnapshot, _describe_link),
    (VolunteersReleased, _describe_release),
    (VolunteersAwaited, _describe_wait),
    (StaffingChanged, _describe_change),
    (StaffingSnapshot, _describe_staffing),
)
"""The first kind that fits counts, so that the special kinds stand before the general ones."""
