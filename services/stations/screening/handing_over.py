"""The handover of the screenings of a station that has a successor; the alerts go with their residents."""

from services.stations.network.domain import Station
from services.stations.screening.domain.screening import handed_over
from services.stations.screening.screenings import SCREENINGS
from services.stations.screening.storage import ScreeningsOf
from shared.contracts.stations.screenings import ScreeningHandedOver
from shared.engine import UnitOfWork


def hand_over_screenings(work: UnitOfWork, station_id: str, successor: Station) -> bool:
    """Hand over the screenings that `ScreeningsOf` finds; return whether more may be left."""
    found = work.find(ScreeningsOf(station_id))
    for before in found:
        SCREENINGS.store(work, before, handed_over(before, successor), ScreeningHandedOver)
    return len(found) == ScreeningsOf.limit
