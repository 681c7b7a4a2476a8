"""The handover of everything open at a station that has ended, part by part, in bounded steps of a timer.

Each step finds the things that still stand at the station, so that a repetition finds none of those handed over. A
second pass after AGAIN_AFTER finds those that a command under way has made meanwhile.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from services.stations.households.closed_stations import look_again
from services.stations.households.handing_over import (
    HouseholdsOf,
    hand_over_households,
    hand_over_residents,
    load_residents,
)
from services.stations.needs.handing_over import OpenNeeds, hand_over_needs, leave_needs, load_open_needs
from services.stations.needs.policy import NeedsPolicy
from services.stations.network.domain import SEATED, Station, StationGone, gone_key
from services.stations.participants.handing_over import hand_over_participants, participants_of
from services.stations.plans.handing_over import (
    HomesOf,
    PlansOf,
    VisitsToCome,
    hand_over_homes,
    hand_over_plans,
    hand_over_visits_to_come,
    load_cursors,
)
from services.stations.posts.handing_over import hand_over_posts, load_posts
from services.stations.referrals.handing_over import (
    hand_over_referrals,
    load_referrals,
    load_unaccepted,
    reject_unaccepted,
)
from services.stations.screening.handing_over import hand_over_alerts, hand_over_screenings, leave_alerts
from services.stations.screening.storage import OpenAlertsAt, ScreeningsOf
from services.stations.succession.overdue_steps import KINDS, load_reminded, pass_on_reminded
from services.stations.supervision.handing_over import FindingsOf, VisitsOf, hand_over_findings, hand_over_visits
from services.stations.trainings.handing_over import TrainingsOf, hand_over_trainings
from services.stations.workers.handing_over import hand_over_workers, load_workers, search_for
from shared.contracts.stations.amending import SuccessionReason
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Load, UnitOfWork
from shared.engine.reminders import AT_ONCE

AGAIN_AFTER: Final = timedelta(minutes=10)
"""From the end of the first pass to the second: longer than any command is under way."""
MOST_SUCCESSORS: Final = 20
"""Successors one after another that one step follows; the things then go on from the last of these."""
PARTS: Final = (
    "needs", "referrals", "plans", "homes", "occurrences", "residents", "households", "screenings", "alerts", "visits",
    "findings", "posts", "trainings", "workers", "participants",
)  # fmt: skip
"""The parts in the order in which they are handed over."""
WITHOUT_SUCCESSOR: Final = (
    "alerts", "plans", "screenings", "posts", "trainings", "workers", "participants", "unaccepted", *KINDS, "needs",
)  # fmt: skip
"""The parts of a station without a successor: the street centre is reminded of alerts and of all that is overdue,
referrals to it are rejected, plans, screenings, posts and links end, and social workers need another station. The
search for needs takes the longest, and comes last.
"""
BECAUSE: Final[dict[str, SuccessionReason]] = {"moved": "station_moved", "merged": "station_merged"}
HANDED_OVER: Final[Mapping[str, Callable[[UnitOfWork, str, Station], bool]]] = {
    "households": hand_over_households,
    "visits": hand_over_visits,
    "findings": hand_over_findings,
}
"""The parts whose handover needs no more than their search has loaded."""
SEEN_TO: Final[Mapping[str, Callable[[UnitOfWork, str, Station | None], bool]]] = {
    "plans": hand_over_plans,
    "screenings": hand_over_screenings,
    "posts": hand_over_posts,
    "trainings": hand_over_trainings,
    "workers": hand_over_workers,
}
"""The parts that are handed over, or seen to where there is no successor."""
Finding = Generator[Sequence[Load], UnitOfWork, Station | None]


def follow_end(message: Incoming[StationGone], needs_policy: NeedsPolicy) -> Handling:
    """Hand over the next things of a station that has ended; a timer goes on until none is left.

    Of a station without a successor plans, screenings, posts and participants end, its alerts and overdue steps are up
    to the street centre, and its social workers need another one; its open needs go on where they are, with their
    files.
    """
    step = message.data
    yield [Get(Station, step.id)]
    successor = yield from _find_successor(step.id)
    parts = WITHOUT_SUCCESSOR if successor is None else PARTS
    part = step.part if step.part in parts else parts[0]
    loaded = yield from _load(part, step, successor)
    work = yield TURN
    station = work.require(Station, step.id, "id")
    more, after = False, ""
    if isinstance(loaded, OpenNeeds):
        after = _see_to_needs(work, station, successor, loaded, needs_policy) or ""
        more = bool(after)
    elif part == "alerts":
        after = _see_to_alerts(work, step, successor) or ""
        more = bool(after)
    elif part in SEEN_TO:
        more = SEEN_TO[part](work, step.id, successor)
    elif part == "participants":
        more = yield from hand_over_participants(work, step.id, successor)
    elif successor is None:
        more = _leave(work, part, step.id)
    elif part == "referrals":
        more = yield from hand_over_referrals(work, step.id, loaded, successor)
    else:
        more = _hand_over(work, part, step.id, successor, loaded)
    _go_on(work, step, parts, part, more=more, after=after)
    if successor is not None and part == PARTS[-1] and not more:
        _follow_ended_successors(work, station, successor)


def _load(
    part: str, step: StationGone, successor: Station | None
) -> Generator[Sequence[Load], UnitOfWork, Sequence[str] | OpenNeeds]:
    """Load the next things of the part; return those that come with more than themselves."""
    if part == "residents":
        return (yield from load_residents(step.id))
    if part == "homes":
        work = yield [HomesOf(step.id)]
        homes = work.find(HomesOf(step.id))
        yield load_cursors(homes)
        return [home.id for home in homes]
    if part == "referrals" and successor is not None:
        return (yield from load_referrals(step.id))
    if successor is None and part in KINDS:
        yield from load_reminded(part, step.id)
    elif part == "unaccepted":
        yield from load_unaccepted(step.id)
    elif part == "needs":
        return (yield from load_open_needs(step.id, step.after))
    elif part == "workers":
        yield from load_workers(search_for(step.id, successor))
    elif part == "posts":
        yield from load_posts(step.id)
    elif part == "occurrences":
        work = yield []
        yield [VisitsToCome(step.id, work.now)]
    else:
        yield [_find_search(part, step)]
    return ()


def _find_search(part: str, step: StationGone) -> Load:
    """Return the search that finds the next things of a part that come alone."""
    searches: dict[str, Load] = {
        "plans": PlansOf(step.id),
        "households": HouseholdsOf(step.id),
        "alerts": OpenAlertsAt(step.id, step.after),
        "screenings": ScreeningsOf(step.id),
        "visits": VisitsOf(step.id),
        "findings": FindingsOf(step.id),
        "trainings": TrainingsOf(step.id),
        "participants": participants_of(step.id),
    }
    return searches[part]


def _hand_over(work: UnitOfWork, part: str, station_id: str, successor: Station, loaded: Sequence[str]) -> bool:
    """Hand over the loaded things of the part; return whether more may be left."""
    if part == "residents":
        return hand_over_residents(work, station_id, loaded, successor)
    if part == "homes":
        return hand_over_homes(work, station_id, loaded, successor)
    if part == "occurrences":
        return hand_over_visits_to_come(work, VisitsToCome(station_id, work.now), successor)
    return HANDED_OVER[part](work, station_id, successor)


def _leave(work: UnitOfWork, part: str, station_id: str) -> bool:
    """See to the loaded things of a station without a successor; return whether more may be left."""
    if part == "unaccepted":
        return reject_unaccepted(work, station_id)
    return pass_on_reminded(work, part, station_id)


def _see_to_needs(
    work: UnitOfWork, station: Station, successor: Station | None, needs: OpenNeeds, policy: NeedsPolicy
) -> str | None:
    """Hand over the loaded needs, or remind of them; return the id after which to go on, None at the end."""
    if successor is None:
        return leave_needs(work, needs, policy)
    return hand_over_needs(work, needs, successor, BECAUSE.get(station.state, "station_merged"), policy)


def _see_to_alerts(work: UnitOfWork, step: StationGone, successor: Station | None) -> str | None:
    """Hand over the loaded alerts, or remind of them; return the last id where more may be left."""
    search = OpenAlertsAt(step.id, step.after)
    return leave_alerts(work, search) if successor is None else hand_over_alerts(work, search, successor)


def _follow_ended_successors(work: UnitOfWork, station: Station, successor: Station) -> None:
    """Look again at a successor that has ended meanwhile: a step may have handed over to it after its own passes."""
    if successor.id != station.successor_id:
        work.remind(gone_key(str(station.successor_id)), work.now + AT_ONCE, StationGone(id=str(station.successor_id)))
    if successor.state not in SEATED:
        work.remind(gone_key(successor.id), work.now + AT_ONCE, StationGone(id=successor.id))
        look_again(work, successor.id)


def _go_on(work: UnitOfWork, step: StationGone, parts: Sequence[str], part: str, *, more: bool, after: str) -> None:
    """Set the timer of the next step: of this part where there is more, of the next one, or of the second pass."""
    at, again = work.now + AT_ONCE, step.again
    if not more:
        following = parts[parts.index(part) + 1 :]
        if following:
            part = following[0]
        elif not again:
            part, at, again = parts[0], work.now + AGAIN_AFTER, True
        else:
            return
    work.remind(gone_key(step.id), at, StationGone(id=step.id, part=part, after=after, again=again))


def _find_successor(station_id: str) -> Finding:
    """Return the station that stands for the one that has ended; None where it has no successor.

    Needs a `Get` of the station itself. Where its successor has ended, too, that one's successor stands for both.
    """
    work: UnitOfWork = yield []
    station = work.require(Station, station_id, "id")
    for _ in range(MOST_SUCCESSORS):
        if station.successor_id is None:
            break
        work = yield [Get(Station, station.successor_id)]
        station = work.require(Station, station.successor_id, "id")
    return None if station.id == station_id else station


HANDLERS: Final[HandlerTable] = {StationGone: follow_end}
