"""The opening and the closing of stations and street centres, all plain but the end of one."""

from datetime import timedelta
from typing import Final

from services.stations.areas.domain import check_known, load_areas
from services.stations.network.domain import (
    REMINDERS,
    ClosedStationDue,
    Station,
    StationDue,
    StationGone,
    changed,
    closed,
    closed_key,
    find_next_step,
    gone_key,
    list_exclusive,
    opened,
    opened_in_full,
    pilot_begun,
    rescheduled,
)
from shared.contracts.messages import EventData
from shared.contracts.stations.network import (
    BeginPilot,
    ChangeStation,
    CloseStation,
    OpenInFull,
    OpeningOverdue,
    OpenStation,
    PilotBegun,
    PlanDropped,
    RescheduleStation,
    StationChanged,
    StationClosed,
    StationOpened,
    StationPlanned,
    StationRescheduled,
    StationShape,
)
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.plain import Plain, check_version
from shared.engine.reminders import AT_ONCE

LOOK_AGAIN: Final = timedelta(minutes=10)
"""From the first look at a closed station to the second: longer than any command is under way."""
STATIONS: Final = Plain(Station, "station", StationShape, find_next_step, list_exclusive, reminders=REMINDERS)
BEGUN: Final[dict[str, type[EventData]]] = {"planned": StationPlanned, "pilot": PilotBegun, "open": StationOpened}
"""The event of the beginning of each stage."""


def open_station(message: Incoming[OpenStation], vault: Namer) -> Handling:
    """Open or plan a station. Raises the errors of `opened`, and Refused("invalid") for an unknown area.

    Raises Refused("conflict") for a seat that another holds, and for a name that the caller has given before.
    """
    asked = message.data
    yield [*name_load(vault, message.actor.principal, "station", asked.external_id), *load_areas(asked.area)]
    work = yield TURN
    check_known(work, "area", asked.area)
    after = opened(asked, work.new_id("station"), work.now)
    yield STATIONS.load_claims(after)
    keep_name(work, vault, "station", after.id, asked.external_id)
    return STATIONS.store(work, None, after, BEGUN[after.state])


def close_station(message: Incoming[CloseStation]) -> Handling:
    """Close a station, or drop the plan of one. Raises the errors of `closed`, and those of every plain change."""
    asked = message.data
    yield [Get(Station, asked.id, message.actor.area)]
    work = yield TURN
    before = work.reach(Station, asked.id, "id")
    check_version(before, "station", asked.expected_version)
    after = closed(asked, before, work.now)
    yield STATIONS.load_claims(before, after)
    work.remind(gone_key(before.id), work.now + AT_ONCE, StationGone(id=before.id))
    again = ClosedStationDue(id=before.id, after=LOOK_AGAIN)
    work.remind(closed_key(before.id), work.now + AT_ONCE, again)
    return STATIONS.store(work, before, after, PlanDropped if before.state == "planned" else StationClosed)


HANDLERS: Final[HandlerTable] = {
    OpenStation: open_station,
    ChangeStation: STATIONS.change(changed, StationChanged),
    RescheduleStation: STATIONS.change(rescheduled, StationRescheduled),
    BeginPilot: STATIONS.change(pilot_begun, PilotBegun),
    OpenInFull: STATIONS.change(opened_in_full, StationOpened),
    CloseStation: close_station,
    StationDue: STATIONS.remind(OpeningOverdue),
}
