"""The opening of stations and street centres."""

from typing import Final

from services.stations.areas.domain import Area
from services.stations.network.domain import Station, build_event, check_place, to_answer
from shared.contracts.stations.network import OpenStation
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming
from shared.engine.decide.external_ids import Namer, keep_name, name_load


def open_station(message: Incoming[OpenStation], vault: Namer) -> Handling:
    """Open a station or a centre in an area of the register, and announce it."""
    asked = message.data
    yield [Get(Area, asked.area), *name_load(vault, message.actor.principal, "station", asked.external_id)]
    work = yield TURN
    check_place(asked.level, asked.area, work.get(Area, asked.area))
    station_id = work.new_id("station")
    keep_name(work, vault, "station", station_id, asked.external_id)
    opened = Station(id=station_id, area=asked.area, name=asked.name, level=asked.level, opened_at=work.now)
    station = work.put(opened)
    work.emit(build_event(station), about=station, area=station.area)
    return to_answer(station)


HANDLERS: Final[HandlerTable] = {OpenStation: open_station}
