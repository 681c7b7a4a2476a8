"""The staffing of a need: who was asked, who comes, how far the service has got.

All dispatches (派单) of a need live in its one document: an answer changes the need's headcount and its own
state together, or not at all.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict

from services.volunteering.domain.matching import OLDER_OLD_GROUPS, Ring
from services.volunteering.domain.policy import Policy
from services.volunteering.domain.volunteers import BOOKINGS_KEPT, Hold, hold_of, needed_tags
from shared.contracts.need_parts import Tried, Waiting
from shared.contracts.stations.needs import NeedSnapshot
from shared.contracts.volunteering.dispatch import DispatchState, StaffingState
from shared.engine.decide.entity import Entity, as_stored, fields_of

HELD: Final = frozenset({"accepted", "checked_in", "checked_out", "credited"})
"""States in which a dispatch counts towards the headcount."""
OPEN: Final = frozenset({"offered", "accepted", "checked_in"})
"""States that an ending need has to close."""
MAX_DISPATCHES: Final = 2_000
"""Offers made for one need at most; after that its station has to look for people itself."""
LONGEST_RECHECK: Final = 12
"""A waiting need is looked at ever less often, down to this many times the first interval."""

AT_ONCE: Final = timedelta(milliseconds=1)
"""How soon the rest follows. Not the same instant: a timer of the same key and instant is the same timer."""

Ended = Literal["", "cancelled", "unmet", "confirmed"]


class Dispatch(BaseModel):
    """One volunteer's part: first an offer (邀约), then a booking."""

    model_config = ConfigDict(frozen=True)

    id: str
    version: int = 1
    volunteer_id: str
    state: DispatchState
    ring: Ring
    wave: int
    standing: bool = False
    expires_at: datetime | None = None
    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None
    minutes: int = 0
    why: str


_PARTS: Final = frozenset({"dispatches", "tried", "waiting"})


class Staffing(Entity):
    """Id is the need's. `watch_at` is when it must be looked at again; `waiting_in` the city where it waits."""

    collection: ClassVar[str] = "staffings"

    area: str
    place: tuple[float, float]
    tags: tuple[str, ...]
    older_old: bool
    headcount: int
    starts_at: datetime
    ends_at: datetime
    score: int
    state: StaffingState = "searching"
    ended: Ended = ""
    wave: int = 0
    searches: int = 0
    dispatches: tuple[Dispatch, ...] = ()
    tried: tuple[Tried, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    waiting_in: str | None = None
    watch_at: datetime | None = None

    def to_document(self, only: AbstractSet[str] | None = None) -> dict[str, Any]:
        """As MongoDB stores it."""
        document = as_stored(fields_of(self, only))
        for name in _PARTS & document.keys():
            document[name] = [dict(part.__dict__) for part in document[name]]
        return document

    @property
    def held(self) -> int:
        """How many people have promised, are serving or have served."""
        return sum(row.state in HELD for row in self.dispatches)

    @property
    def offered(self) -> int:
        """How many offers are open."""
        return sum(row.state == "offered" for row in self.dispatches)

    @property
    def missing(self) -> int:
        """How many people are still to be found."""
        return self.headcount - self.held

    def row(self, dispatch_id: str) -> Dispatch | None:
        """The dispatch with that id."""
        return next((row for row in self.dispatches if row.id == dispatch_id), None)

    def hold(self, dispatch_id: str) -> Hold:
        """The slot, as a volunteer's document keeps it."""
        return hold_of(dispatch_id, self.starts_at, self.ends_at)

    def can_search(self, now: datetime) -> bool:
        """Whether looking for people still makes sense."""
        return (
            not self.ended
            and now < self.ends_at
            and self.starts_at > now - BOOKINGS_KEPT  # bookings that it might overlap are still known
            and len(self.dispatches) < MAX_DISPATCHES
        )


def staffing_of(need: NeedSnapshot) -> Staffing | None:
    """What is to be staffed; None where the need asks for nobody."""
    asked = need.volunteers
    if asked is None:
        return None
    return Staffing(
        id=need.need_id,
        version=0,
        area=need.area,
        place=(need.place.lon, need.place.lat),
        tags=needed_tags(asked.skills, asked.languages),
        older_old=not OLDER_OLD_GROUPS.isdisjoint(need.beneficiary_groups),
        headcount=asked.headcount,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        score=need.score,
    )


def dispatch_id(need_id: str, nth: int) -> str:
    """The id of a need's nth dispatch; it carries the need's, so that the one document is found by it."""
    return f"dsp_{need_id}.{nth}"


def need_of(dispatch: str) -> str | None:
    """The need that a dispatch id belongs to; None where it is no dispatch id."""
    need, _, nth = dispatch.removeprefix("dsp_").rpartition(".")
    return need if need and nth.isdigit() and dispatch.startswith("dsp_") else None


class Step:
    """One decision about a staffing in the making: what it changes, then the staffing as it is afterwards."""

    def __init__(self, staffing: Staffing, now: datetime, policy: Policy) -> None:
        self.before = staffing
        self.now = now
        self.policy = policy
        self.changed: dict[str, Dispatch] = {}
        self.added = 0
        self.facts: dict[str, Any] = {}
        self.more = False
        """Whether it had to stop at MAX_CHANGES: the rest follows at once."""
        self._rows = {row.id: row for row in staffing.dispatches}

    @property
    def rows(self) -> Iterable[Dispatch]:
        """The dispatches as they stand now."""
        return self._rows.values()

    def count(self, *states: str) -> int:
        """How many dispatches are in one of the states."""
        return sum(row.state in states for row in self._rows.values())

    @property
    def missing(self) -> int:
        """How many people are still to be found."""
        return self.before.headcount - self.count(*HELD)

    def change(self, row: Dispatch, **fields: Any) -> Dispatch:
        """Change a dispatch; counts its version."""
        after = row.model_copy(update={**fields, "version": row.version + 1})
        self._rows[row.id] = self.changed[row.id] = after
        return after

    def add(
        self, volunteer_id: str, state: DispatchState, ring: Ring, why: str, expires_at: datetime | None
    ) -> Dispatch:
        """A new dispatch: an offer where it expires, otherwise accepted by standing acceptance."""
        row = Dispatch(
            id=dispatch_id(self.before.id, len(self._rows) + 1),
            version=1,
            volunteer_id=volunteer_id,
            state=state,
            ring=ring,
            wave=self.before.wave + 1,
            standing=expires_at is None,
            expires_at=expires_at,
            checked_in_at=None,
            checked_out_at=None,
            minutes=0,
            why=why,
        )
        self.added += 1
        self._rows[row.id] = self.changed[row.id] = row
        return row

    def close(self) -> Staffing:
        """The staffing after all of it, its state derived and its next look set."""
        facts = self.facts
        if self.changed:
            facts["dispatches"] = tuple(self._rows.values())
        if self.added:
            facts["wave"] = self.before.wave + 1
        after = self.before.model_copy(update=facts)
        state = state_of(after, self.now)
        if state == "waiting" and self.more:
            state = "searching"
        short = after.held + after.offered < after.headcount and not after.ended
        searching = short and after.can_search(self.now)
        closing: dict[str, Any] = {
            "state": state,
            "waiting_in": after.area[:4] if searching else None,
            "waiting": after.waiting if short else (),
        }
        closed = after.model_copy(update=closing)
        return closed.model_copy(update={"watch_at": self.now + AT_ONCE if self.more else _watch_at(closed, self)})


def state_of(staffing: Staffing, now: datetime) -> StaffingState:
    """The state that the dispatches say."""
    states = [row.state for row in staffing.dispatches]
    if staffing.ended:
        if staffing.ended != "confirmed":
            return "released"
        return "served" if "checked_out" in states else "credited"
    held = sum(state in HELD for state in states)
    out = sum(state in ("checked_out", "credited") for state in states)
    if held and out == held and (held >= staffing.headcount or now >= staffing.ends_at):
        return "served"
    if out or "checked_in" in states:
        return "serving"
    if held >= staffing.headcount:
        return "staffed"
    return "offered" if "offered" in states else "waiting"


def _watch_at(staffing: Staffing, step: Step) -> datetime | None:
    policy, states = step.policy, {row.state for row in staffing.dispatches}
    if staffing.ended or staffing.state == "served":
        return None
    looks = [row.expires_at for row in staffing.dispatches if row.state == "offered" and row.expires_at]
    if staffing.waiting_in is not None:
        again = policy.recheck * min(2 ** max(0, staffing.searches - 1), LONGEST_RECHECK)
        looks.append(min(step.now + again, staffing.ends_at))
    if states & {"checked_out"} and not states & {"accepted", "checked_in"} and step.now < staffing.ends_at:
        looks.append(staffing.ends_at)
    if "accepted" in states:
        looks.append(staffing.ends_at + policy.no_show_grace)
    if "checked_in" in states:
        looks.append(staffing.ends_at + policy.forgotten_check_out)
    return min(looks, default=None)
