"""The staffing of a need: the people asked, the people who come, and the progress of the service.

All dispatches (派单) of a need live in its one document: an answer changes the need's headcount and its own
state together, or not at all.
"""

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal

from pydantic import ConfigDict

from services.volunteering.dispatch.domain.dispatch_states import BEGUN, HELD, HELD_OR_ASKED
from services.volunteering.matching.domain.scoring import OLDER_OLD_GROUPS
from services.volunteering.matching.domain.volunteers import BOOKINGS_KEPT, Hold, hold_of, needed_tags
from services.volunteering.timebank.domain.service_minutes import Span
from shared.contracts.need_parts import Tried, Waiting
from shared.contracts.reasons import Reason
from shared.contracts.stations.needs import NeedPublished, NeedSnapshot
from shared.contracts.volunteering.dispatch import DispatchState, Ring, StaffingState
from shared.engine.decide.entity import Entity
from shared.engine.decide.schema import Document
from shared.engine.decide.sparse import Sparse, sparse_fields_of

MIN_MOST_DISPATCHES: Final = 2_000
DISPATCHES_A_PERSON: Final = 10
"""Offers made for one need at most: 2,000, or ten for each of the people that it asks for (10,000 for the largest need,
4 MB of its document). After that its station has to look for people itself.
"""

Ended = Literal["", "cancelled", "unmet", "confirmed"]


class Dispatch(Sparse):
    """One volunteer's part: first an offer (邀约), then a booking.

    `made_at` is None where release 0.2 made it, or has stored the staffing since: it drops the fields of a dispatch
    that it does not know. So every field here can be found or set again. `stated_for` is the reason
    for which a second person stated the time of the service or adjusted its minutes, empty where nobody did.
    `hours_due` is the instant by which somebody has to state it or to collect a shortfall, None where nobody has to;
    `reminded` counts the reminders. `moves` is the move of the need's place that the offer or booking has outlasted;
    `comes_first` is set where a booking ended because the slot was moved, until the volunteer is asked for the next.
    """

    model_config = ConfigDict(frozen=True)
    always_stored: ClassVar[frozenset[str]] = frozenset({"minutes"})

    id: str
    version: int = 1
    volunteer_id: str
    state: DispatchState
    ring: Ring
    wave: int
    standing: bool = False
    made_at: datetime | None = None
    expires_at: datetime | None = None
    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None
    minutes: int = 0
    stated_for: str = ""
    hours_due: datetime | None = None
    reminded: int = 0
    moves: int = 0
    comes_first: bool = False
    why: Reason


_REASONED: Final = frozenset({"tried", "waiting"})


class Staffing(Sparse, Entity):
    """The staffing of one need, whose id it has.

    `watch_at` is the instant of its next recheck, `waiting_in` the city whose waiting list it is on. `waiting_since` is
    the registration of the need; where release 0.2 tells of it, its publication. `searches` counts the searches in a
    row that left it short, `wave` the waves of offers; `wave_open` is set while a part of the wave has still to go out.
    `late` are the dispatches whose withdrawal counted against reliability. `ended_at` is the instant of the need's end.
    `need_version` is that of the need's event that ended it or opened it again: an older one that arrives later changes
    nothing; 0 where release 0.2 has ended it. The dispatches before `asks_since`, an index, were made before it was
    reopened, those before `slot_since` for another slot. `next_slot` is set while people are still booked for the
    former one, and nobody is asked.
    `lower_to` is the headcount asked for by now, while more people than that are held. `moves` counts the moves of the
    place; the dispatches before `place_since`, an index, were made for another place.
    `recorded_by` are the references of those who checked somebody in or out, with the dispatch; `short` are the
    dispatches with minutes that are credited beyond their own, because they were spent. `series` is the home of a care
    plan that the need visits, `carers` are the people who have served it before, the most familiar first. Stored by
    release 0.2 it counts as one that has waited longest, of normal urgency and without risk.
    """

    collection: ClassVar[str] = "staffings"
    always_stored: ClassVar[frozenset[str]] = frozenset({"state", "dispatches"})

    area: str
    place: tuple[float, float]
    tags: tuple[str, ...]
    older_old: bool
    headcount: int
    starts_at: datetime
    ends_at: datetime
    score: int
    waiting_since: datetime | None = None
    urgency: str = "normal"
    theme: str = ""
    groups: tuple[str, ...] = ()
    state: StaffingState = "searching"
    ended: Ended = ""
    ended_at: datetime | None = None
    need_version: int = 0
    asks_since: int = 0
    slot_since: int = 0
    next_slot: tuple[datetime, datetime] | None = None
    lower_to: int | None = None
    moves: int = 0
    place_since: int = 0
    wave: int = 0
    wave_open: bool = False
    searches: int = 0
    dispatches: tuple[Dispatch, ...] = ()
    late: tuple[str, ...] = ()
    recorded_by: tuple[tuple[str, str], ...] = ()
    short: tuple[tuple[str, int], ...] = ()
    tried: tuple[Tried, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    waiting_in: str | None = None
    watch_at: datetime | None = None
    series: str | None = None
    carers: tuple[str, ...] = ()

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return the fields as MongoDB stores them."""
        document = sparse_fields_of(self, only)
        if "dispatches" in document:
            # Flat but for the reason: their dictionaries hold the same as `model_dump` would build, without its walk.
            document["dispatches"] = [
                {**sparse_fields_of(part), "why": dict(part.why.__dict__)} for part in document["dispatches"]
            ]
        for name in _REASONED & document.keys():
            document[name] = [part.model_dump() for part in document[name]]
        return document

    @property
    def held(self) -> int:
        """The number of people who have promised, are serving or have served."""
        return sum(dispatch.state in HELD for dispatch in self.dispatches)

    @property
    def begun(self) -> bool:
        """Whether anybody has come."""
        return any(dispatch.state in BEGUN for dispatch in self.dispatches)

    @property
    def offered(self) -> int:
        """The number of open offers."""
        return sum(dispatch.state == "offered" for dispatch in self.dispatches)

    @property
    def missing(self) -> int:
        """The number of people still to be found."""
        return self.headcount - self.held

    def dispatch(self, dispatch_id: str) -> Dispatch | None:
        """Return the dispatch with that id; None where there is none."""
        return next((dispatch for dispatch in self.dispatches if dispatch.id == dispatch_id), None)

    def promise_of(self, volunteer_ids: Collection[str]) -> Dispatch | None:
        """Return the dispatch by which the person with these ids comes, or came, to the need; None for anybody else.

        None for everybody once the need has ended, and from a confirmation on also where that is undone later.
        """
        if self.ended:
            return None
        return next((one for one in self.dispatches if one.volunteer_id in volunteer_ids and one.state in HELD), None)

    def short_minutes(self, dispatch_id: str) -> int:
        """Return the shortfall of a credited service: the minutes credited beyond its own."""
        return next((minutes for short, minutes in self.short if short == dispatch_id), 0) if self.short else 0

    def since_opened(self, dispatches: Iterable[Dispatch]) -> Sequence[Dispatch]:
        """Return those made since the need was published or reopened, and of the others those that still count: who is
        asked or has a part in it, and who has declined or withdrawn for the same slot.
        """
        return [
            one
            for nth, one in enumerate(dispatches)
            if nth >= self.asks_since
            or one.state in HELD_OR_ASKED
            or (one.state == "declined" and nth >= self.slot_since)
        ]

    @property
    def surplus(self) -> Sequence[Dispatch]:
        """The surplus bookings where the need now asks for fewer people: those asked last."""
        if self.lower_to is None:
            return ()
        promised = [one for one in self.dispatches if one.state == "accepted"]
        return promised[max(0, len(promised) - max(0, self.held - self.lower_to)) :]

    def is_for_slot(self, dispatch: Dispatch) -> bool:
        """Return whether the volunteer was asked for the slot that counts now."""
        return any(one.id == dispatch.id for one in self.dispatches[self.slot_since :])

    @property
    def slot(self) -> Span:
        """The time for which the volunteers are asked."""
        return Span(self.starts_at, self.ends_at)

    def hold(self, dispatch_id: str) -> Hold:
        """Return the slot as a volunteer's document keeps it."""
        return hold_of(dispatch_id, self.starts_at, self.ends_at)

    def can_search(self, now: datetime) -> bool:
        """Return whether a search for people still makes sense."""
        return (
            not self.ended
            and self.next_slot is None
            and now < self.ends_at
            and self.starts_at > now - BOOKINGS_KEPT  # bookings that it might overlap are still known
            and len(self.dispatches) < max(MIN_MOST_DISPATCHES, DISPATCHES_A_PERSON * self.headcount)
        )


def staffing_for(need: NeedSnapshot) -> Staffing | None:
    """Return the new staffing of the need; None where the need asks for nobody."""
    request = need.volunteers
    if request is None:
        return None
    starts_at = _whole_second(request.starts_at)
    return Staffing(
        id=need.need_id,
        version=0,
        area=need.area,
        place=(need.place.lon, need.place.lat),
        tags=needed_tags(request.skills, request.languages),
        older_old=not OLDER_OLD_GROUPS.isdisjoint(need.beneficiary_groups),
        headcount=request.headcount,
        starts_at=starts_at,
        ends_at=max(_whole_second(request.ends_at), starts_at + timedelta(seconds=1)),
        score=need.score,
        waiting_since=need.registered_at or need.published_at,
        urgency=need.urgency,
        theme=need.theme,
        groups=need.beneficiary_groups,
        series=need.series if isinstance(need, NeedPublished) else None,
    )


def _whole_second(at: datetime) -> datetime:
    # Bookings are kept in seconds. Both bounds drop the fraction: slots that touch within a second do not overlap, and
    # slots that overlap by a second still do.
    return at.replace(microsecond=0)


def make_dispatch_id(need_id: str, nth: int) -> str:
    """Return the id of a need's nth dispatch; it carries the need's, so that the one document is found by it."""
    return f"dsp_{need_id}.{nth}"


def need_of(dispatch_id: str) -> str | None:
    """Return the need that a dispatch id belongs to; None where it is no dispatch id."""
    need, _, nth = dispatch_id.removeprefix("dsp_").rpartition(".")
    return need if need and nth.isdigit() and dispatch_id.startswith("dsp_") else None
