"""The line of each event in plain words of one language; events that come by the dozen have none."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, NamedTuple

from deploy.lianshan.demo.words import DemoWords
from shared.contracts.charity.donations import DonationReceived
from shared.contracts.charity.funds import FundOpened
from shared.contracts.charity.linking import LinkSnapshot, ResourcesDelivered, ResourcesReleased
from shared.contracts.messages import EventData
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
from shared.contracts.stations.reopening import EndUndone
from shared.contracts.volunteering.dispatch import (
    StaffingChanged,
    StaffingSnapshot,
    VolunteersAwaited,
    VolunteersReleased,
)
from shared.contracts.volunteering.timebank import HoursAdjusted

Mood = Literal["new", "good", "waits", "bad", ""]


class Line(NamedTuple):
    """The words of a line, and its mood, which decides its style."""

    words: str
    mood: Mood = ""


def describe_event(data: EventData, words: DemoWords) -> Line | None:
    """Return the event's line; None for an event that is not shown."""
    for kind, describe in _LINES:
        if isinstance(data, kind):
            return describe(data, words)
    return None


def _describe_station(data: StationOpened, words: DemoWords) -> Line:
    if data.level == "centre":
        return Line(words.say("centre_opened", name=data.name))
    return Line(words.say("station_opened", name=data.name))


def _describe_donation(data: DonationReceived, words: DemoWords) -> Line:
    quantity = words.wording.quantity
    given = [quantity(part.base_quantity, f"goods:{part.item}") for part in data.goods]
    given += [quantity(part.quantity, f"service:{part.item}") for part in data.services]
    if data.amount_fen:
        given.append(words.say("into_a_fund", fen=data.amount_fen))
    return Line(words.say("donation", given=words.join(given)))


def _describe_publication(data: NeedPublished, words: DemoWords) -> Line:
    return Line(words.say("published", score=data.score, count=data.beneficiaries), "new")


def _describe_confirmation(data: NeedConfirmed, words: DemoWords) -> Line:
    if data.state == "partly_served":
        return Line(words.say("confirmed_in_part"), "waits")
    return Line(words.say("confirmed"), "good")


def _describe_reopening(data: EndUndone, words: DemoWords) -> Line:
    return Line(words.say("end_undone", due=data.due.isoformat()), "new")


def _describe_link(data: LinkSnapshot, words: DemoWords) -> Line:
    rings = words.terms("ring", [source.ring for source in data.sources])
    if data.state == "committed":
        return Line(words.say("linked", rings=rings), "good")
    waits = words.join(words.reason(part.for_what) for part in data.waiting)
    if not rings:
        return Line(words.say("waits_for_all", waits=waits), "waits")
    return Line(words.say("linked_in_part", rings=rings, waits=waits), "waits")


def _describe_staffing(data: StaffingSnapshot, words: DemoWords) -> Line | None:
    if data.confirmed >= data.headcount:
        return Line(words.say("headcount_reached", confirmed=data.confirmed, headcount=data.headcount), "good")
    if any(part.state == "declined" for part in data.changed):
        return Line(words.say("declined_others_asked", count=data.offered), "waits")
    said = words.say("offers_out", confirmed=data.confirmed, headcount=data.headcount, count=data.offered)
    return Line(said, "waits")


def _describe_change(data: StaffingChanged, words: DemoWords) -> Line | None:
    if any(part.state == "declined" for part in data.changed):
        return Line(words.say("one_declined", count=data.offered), "waits")
    if data.state == "credited":
        minutes = sum(part.minutes for part in data.changed if part.state == "credited")
        return Line(words.say("credited", count=len(data.changed), minutes=minutes), "good")
    if data.checked_out and data.checked_out == data.confirmed and data.state == "served":
        return Line(words.say("all_checked_out", count=data.checked_out))
    if data.checked_in and not data.checked_out and data.checked_in == data.confirmed:
        return Line(words.say("all_checked_in", count=data.checked_in))
    return None


def _describe_adjustment(data: HoursAdjusted, words: DemoWords) -> Line:
    because = words.term("hours_reason", data.reason_code)
    return Line(words.say("adjusted", minutes=data.service_minutes, because=because))


def _describe_wait(data: VolunteersAwaited, words: DemoWords) -> Line:
    reasons = words.join(dict.fromkeys(words.reason(part.reason) for part in data.waiting))
    return Line(words.say("waits_for_people", missing=data.headcount - data.confirmed, reasons=reasons), "waits")


def _describe_release(data: VolunteersReleased, words: DemoWords) -> Line:
    return Line(words.say("people_released", people=len(data.changed)))


_LINES: Final[Sequence[tuple[type[EventData], Callable[[Any, DemoWords], Line | None]]]] = (
    (StationOpened, _describe_station),
    (FundOpened, lambda data, words: Line(words.say("fund_opened", name=data.name))),
    (DonationReceived, _describe_donation),
    (NeedPublished, _describe_publication),
    (NeedReady, lambda _, words: Line(words.say("ready"), "good")),
    (NeedReopened, lambda _, words: Line(words.say("reopened"), "waits")),
    (ServiceBegun, lambda _, words: Line(words.say("begun"))),
    (NeedServed, lambda _, words: Line(words.say("served"), "good")),
    (NeedConfirmed, _describe_confirmation),
    (NeedEvaluated, lambda data, words: Line(words.say("rated", rating=data.rating))),
    (NeedCancelled, lambda _, words: Line(words.say("cancelled"), "bad")),
    (NeedUnmet, lambda _, words: Line(words.say("unmet"), "bad")),
    (EndUndone, _describe_reopening),
    (ResourcesReleased, lambda _, words: Line(words.say("reservations_released"))),
    (ResourcesDelivered, lambda _, words: Line(words.say("delivered"))),
    (LinkSnapshot, _describe_link),
    (VolunteersReleased, _describe_release),
    (VolunteersAwaited, _describe_wait),
    (HoursAdjusted, _describe_adjustment),
    (StaffingChanged, _describe_change),
    (StaffingSnapshot, _describe_staffing),
)
"""The first kind that fits counts, so that the special kinds stand before the general ones."""
