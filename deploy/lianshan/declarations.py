"""The declarations of all services: collections, indexes, stored forms and timers, without starting a service."""

from collections.abc import Mapping
from typing import Final

from services.charity.declaration import DECLARATION as CHARITY
from services.gateway.declaration import DECLARATION as GATEWAY
from services.stations.declaration import DECLARATION as STATIONS
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from shared.engine.run.service import Declaration

DECLARATIONS: Final[Mapping[str, Declaration]] = {
    declaration.name: declaration for declaration in (STATIONS, CHARITY, VOLUNTEERING, GATEWAY)
}
"""By service, in the order in which messages first pass through them."""
