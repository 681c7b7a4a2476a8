"""The opening of stations and street centres."""

from typing import Final

from services.stations.areas.domain import Area
from services.stations.network.domain import Station, build_event, check_place, to_answer
from shared.contracts.stations.network import OpenStation
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming


def open_station(message: Incoming[OpenStation]) -> Handling:
    """Open a station or a centre in an area of the register, and announce it."""
    asked = message.data
    yield [Get(Area, asked.area)]
    work = yield TURN
    check_place(asked.level, asked.area, work.get(Area, asked.area))
    opened = Station(id=work.new_id("station"), area=asked.area, name=asked.name, level=asked.level, opened_at=work.now)
    station = work.put(opened)
    work.emit(build_event(station), about=station, area=station.area)
    return to_answer(station)


HANDLERS: Final[HandlerTable] = {OpenStation: open_station}
