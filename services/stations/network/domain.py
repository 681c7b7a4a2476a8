"""A social-work station (社工站) or a street centre (街道社工中心), its area, and the stages of its opening."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Final

from shared.contracts.areas import LEVELS
from shared.contracts.legal_days import LEGAL_ZONE
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.network import (
    BeginPilot,
    ChangeStation,
    CloseStation,
    OpenInFull,
    OpenStation,
    RescheduleStation,
    StationShape,
    StationState,
)
from shared.engine.plain import Aggregate, Exclusive
from shared.engine.reminders import Due, Reminders

_DIGITS: Final = {level: digits for digits, level in LEVELS.items()}
TRANSITIONS: Final[Mapping[str, frozenset[StationState]]] = {
    "planned": frozenset({"pilot", "open", "closed"}),
    "pilot": frozenset({"open", "moved", "merged", "closed"}),
    "open": frozenset({"moved", "merged", "closed"}),
    "moved": frozenset(),
    "merged": frozenset(),
    "closed": frozenset(),
}
"""The states that a station may have after each."""
ACTIVE: Final = ("pilot", "open")
"""The states in which a station takes in needs."""
SEATED: Final = ("planned", *ACTIVE)
"""The states in which a station holds its seat."""
LATEST: Final = timedelta(days=5 * 365)
"""The longest time until an opening, or the end of a pilot."""
PILOT: Final = timedelta(days=365)
"""The length of a pilot whose last day nobody has named."""


class Station(StationShape, Aggregate):
    """A station in a community, or a centre in a street."""

    collection: ClassVar[str] = "stations"


class StationDue(Due):
    """A step of a station is overdue, by which it opens, or ends its pilot, or places those who were left at it: the
    next level is reminded.
    """

    type: ClassVar[str] = "stations.station_due"


class StationGone(Due):
    """A station has ended: the next of its things are handed over, those of `part` with ids after `after`.

    `again` marks the second pass.
    """

    type: ClassVar[str] = "stations.station_gone"
    part: str = ""
    after: str = ""
    again: bool = False


class ClosedStationDue(Due):
    """A station that has closed without a successor is looked at for residents who were left there, and once more
    `after` so long.
    """

    type: ClassVar[str] = "stations.closed_station_due"
    after: timedelta | None = None


def closed_key(station_id: str) -> str:
    """Return the key of the timer that looks for the residents of a closed station."""
    return f"station:{station_id}:closed"


def gone_key(station_id: str) -> str:
    """Return the key of the timer that hands over the things of a station."""
    return f"station:{station_id}:gone"


STEPS: Final = frozenset({"open_station", "decide_pilot", "place_residents"})
REMINDERS: Final = Reminders(StationDue, STEPS, above=STEPS)
"""A planned station has no people of its own yet, a closed one none any more."""


def opened(asked: OpenStation, station_id: str, now: datetime) -> Station:
    """Return a new station in the stage that is asked for.

    Raises Refused("invalid"): field "area" for an area of another level, and for a day in the past or too far ahead.
    """
    check_seat(asked.level, asked.area)
    facts = {name: value for name, value in dict(asked).items() if name in StationShape.model_fields}
    facts["functions"] = tuple(dict.fromkeys(asked.functions))
    if asked.stage == "planned":
        _require_ahead(asked.opens_on, now, "opens_on")
        return Station(id=station_id, version=0, state="planned", **facts)
    facts["pilot_until"] = _find_pilot_end(asked.pilot_until, now) if asked.stage == "pilot" else None
    return Station(id=station_id, version=0, state=asked.stage, opened_at=now, **facts)


def check_seat(level: str, area: str) -> None:
    """Raise Refused("invalid", field "area") for an area of another level than that of the station."""
    seat = "street" if level == "centre" else "community"
    if len(area) != (digits := _DIGITS[seat]):
        raise Refused("invalid", "area_of_wrong_level", field="area", level=level, seat=seat, digits=digits, area=area)


def changed(asked: ChangeStation, before: Station, _: datetime) -> Station:
    """Return the station with its particulars replaced. Raises Refused("wrong_state") where it has ended."""
    require_seated(before, "id")
    facts: dict[str, object] = {
        "name": asked.name,
        "functions": tuple(dict.fromkeys(asked.functions)),
        "brand": asked.brand,
        "feature": asked.feature,
    }
    if all(getattr(before, name) == value for name, value in facts.items()):
        return before
    return before.model_copy(update=facts)


def rescheduled(asked: RescheduleStation, before: Station, now: datetime) -> Station:
    """Return the planned station, or the one in a pilot, with another day.

    Raises Refused: "wrong_state" in any other state, "invalid" for a day in the past or too far ahead.
    """
    require_seated(before, "id")
    if before.state not in {"planned", "pilot"}:
        raise Refused("wrong_state", "station_without_day", field="id", state=before.state)
    _require_ahead(asked.day, now, "day")
    day = "opens_on" if before.state == "planned" else "pilot_until"
    return before if getattr(before, day) == asked.day else before.model_copy(update={day: asked.day})


def pilot_begun(asked: BeginPilot, before: Station, now: datetime) -> Station:
    """Return the planned station in its pilot. Raises Refused: "wrong_state" as TRANSITIONS says, "invalid" for the
    day.
    """
    require_transition(before, "pilot")
    until = _find_pilot_end(asked.pilot_until, now)
    return before.model_copy(update={"state": "pilot", "opened_at": now, "pilot_until": until})


def opened_in_full(_: OpenInFull, before: Station, now: datetime) -> Station:
    """Return the station as open. Raises Refused("wrong_state") as TRANSITIONS says."""
    require_transition(before, "open")
    return before.model_copy(update={"state": "open", "opened_at": before.opened_at or now})


def closed(_: CloseStation, before: Station, now: datetime) -> Station:
    """Return the station as closed. Raises Refused("wrong_state") where it is closed already."""
    require_transition(before, "closed")
    return before.model_copy(update={"state": "closed", "closed_at": now})


def require_transition(station: Station, wanted: StationState) -> None:
    """Raise Refused("wrong_state") naming both states, unless TRANSITIONS lets the station be the wanted one."""
    require_seated(station, "id")
    if wanted not in TRANSITIONS.get(station.state, ()):
        raise Refused("wrong_state", "station_transition", field="id", state=station.state, wanted=wanted)


def require_open(station: Station, field: str) -> None:
    """Raise Refused("wrong_state") naming the field that pointed to the station, unless it takes in needs."""
    require_seated(station, field)
    if station.state == "planned":
        raise Refused("wrong_state", "station_planned", field=field, station=station.id)


def require_seated(station: Station, field: str) -> None:
    """Raise Refused("wrong_state") naming the field that pointed to the station, where it has ended."""
    if station.successor_id is not None:
        successor = station.successor_id
        raise Refused("wrong_state", "station_succeeded", field=field, station=station.id, successor=successor)
    if station.state not in SEATED:
        raise Refused("wrong_state", "station_closed", field=field, station=station.id)


def find_next_step(station: Station) -> NextStep | None:
    """Return the next step: to open a planned station, to decide on a pilot, to place residents who were left at a
    closed one; None of any other.
    """
    if station.state == "closed" and station.place_by is not None:
        return NextStep(code="place_residents", due=station.place_by)
    if station.state == "planned" and station.opens_on is not None:
        day = station.opens_on
        return NextStep(code="open_station", args={"day": day.isoformat()}, due=_end_of(day))
    if station.state == "pilot" and station.pilot_until is not None:
        day = station.pilot_until
        return NextStep(code="decide_pilot", args={"day": day.isoformat()}, due=_end_of(day))
    return None


def list_exclusive(station: Station) -> Sequence[Exclusive]:
    """Return the seat: one station a community, one centre a street, from its plan to its end."""
    if station.state not in SEATED:
        return ()
    return (Exclusive(station.area, "area"),)


def _find_pilot_end(asked: date | None, now: datetime) -> date:
    if asked is None:
        return _today(now) + PILOT
    _require_ahead(asked, now, "pilot_until")
    return asked


def _require_ahead(day: date | None, now: datetime, field: str) -> None:
    today = _today(now)
    if day is None or not today <= day <= today + LATEST:
        raise Refused("invalid", "day_range", field=field, today=today.isoformat(), latest=(today + LATEST).isoformat())


def _today(now: datetime) -> date:
    return now.astimezone(LEGAL_ZONE).date()


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, LEGAL_ZONE).astimezone(UTC)
