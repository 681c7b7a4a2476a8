"""The opening and the closing of stations and street centres, both plain."""

from typing import Final

from services.stations.areas.domain import check_known, load_areas
from services.stations.network.domain import Station, closed, find_next_step, list_exclusive, opened
from shared.contracts.stations.network import CloseStation, OpenStation, StationClosed, StationOpened, StationShape
from shared.engine import HandlerTable
from shared.engine.plain import Check, Plain

STATIONS: Final = Plain(Station, "station", StationShape, find_next_step, list_exclusive)
KNOWN_AREA: Final[Check[OpenStation]] = Check(
    lambda asked: load_areas(asked.area), lambda asked, work: check_known(work, "area", asked.area)
)
HANDLERS: Final[HandlerTable] = {
    OpenStation: STATIONS.create(opened, StationOpened, KNOWN_AREA),
    CloseStation: STATIONS.change(closed, StationClosed),
}
