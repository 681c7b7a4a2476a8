"""The commands of screenings, and the reminders of their beginning and end.

A plan is written here: the screening takes its area from the station, and its indicators from those in force there.
"""

from typing import Final

from services.stations.network.domain import Station, require_open
from services.stations.network.keeping import kept_at
from services.stations.screening.domain.screening import (
    REMINDERS,
    Screening,
    ScreeningDue,
    begun,
    cancelled,
    ended,
    find_next_step,
    planned,
    require_known,
    rescheduled,
)
from services.stations.screening.indicators import find_indicator, load_indicators
from shared.catalogue import catalogue_of, load_catalogue
from shared.contracts.catalogue.resolution import require_codes
from shared.contracts.stations.screenings import (
    BeginScreening,
    CancelScreening,
    EndScreening,
    PlanScreening,
    RescheduleScreening,
    ScreeningBegun,
    ScreeningCancelled,
    ScreeningEnded,
    ScreeningOverdue,
    ScreeningPlanned,
    ScreeningRescheduled,
    ScreeningShape,
)
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, take_turn
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.plain import Plain

SCREENINGS: Final = Plain(
    Screening, "screening", ScreeningShape, find_next_step, reminders=REMINDERS,
    keeping=kept_at(lambda one: one.station_id),
)  # fmt: skip


def plan_screening(message: Incoming[PlanScreening], vault: Namer) -> Handling:
    """Store a screening as planned. Answers ScreeningShape.

    Raises Refused("not_found") for an unknown station, "wrong_state" for one that is not open, "invalid" for an
    indicator that is not in force there, an unknown group, and as `planned` does.
    """
    asked, actor = message.data, message.actor

    def load() -> Loading:
        named = name_load(vault, actor.principal, SCREENINGS.kind, asked.external_id)
        work = yield [Get(Station, asked.station_id, actor.area), *named]
        if (station := work.get(Station, asked.station_id)) is not None:
            yield load_indicators(asked.indicators, station.area)
        yield from load_catalogue()

    work = yield from take_turn(load)
    station = work.reach(Station, asked.station_id, "station_id")
    require_open(station, "station_id")
    in_force = {code for code in asked.indicators if find_indicator(work, code, station.area) is not None}
    require_known(asked.indicators, in_force)
    groups = require_codes(catalogue_of(work), "group", asked.groups, "groups")
    after = planned(asked, station, groups, work.new_id(SCREENINGS.kind), work.now)
    keep_name(work, vault, SCREENINGS.kind, after.id, asked.external_id)
    return SCREENINGS.store(work, None, after, ScreeningPlanned)


HANDLERS: Final[HandlerTable] = {
    PlanScreening: plan_screening,
    RescheduleScreening: SCREENINGS.change(rescheduled, ScreeningRescheduled),
    BeginScreening: SCREENINGS.change(begun, ScreeningBegun),
    EndScreening: SCREENINGS.change(ended, ScreeningEnded),
    CancelScreening: SCREENINGS.change(cancelled, ScreeningCancelled),
    ScreeningDue: SCREENINGS.remind(ScreeningOverdue),
}
