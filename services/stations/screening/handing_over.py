"""The screenings and the alerts of a station that has ended.

A successor holds the screenings, and the alerts go with their residents. Without one screenings end, and the street
centre is reminded of the open alerts at once: nobody at the station is left to reach the people.
"""

from services.stations.network.domain import Station
from services.stations.screening.alerts import ALERTS
from services.stations.screening.domain import alert, screening
from services.stations.screening.people import follow_move
from services.stations.screening.screenings import SCREENINGS
from services.stations.screening.storage import OpenAlertsAt, ScreeningsOf
from shared.contracts.stations.alerts import AlertHandedOver, AlertLeft
from shared.contracts.stations.screenings import ScreeningCancelled, ScreeningEnded, ScreeningHandedOver
from shared.engine import UnitOfWork


def hand_over_screenings(work: UnitOfWork, station_id: str, successor: Station | None) -> bool:
    """Hand over the screenings that `ScreeningsOf` finds, or end them; return whether more may be left."""
    found = work.find(ScreeningsOf(station_id))
    for before in found:
        if successor is not None:
            SCREENINGS.store(work, before, screening.handed_over(before, successor), ScreeningHandedOver)
            if before.area != successor.area:
                follow_move(work, before.id)
            continue
        after = screening.left(before, work.now)
        SCREENINGS.store(work, before, after, ScreeningEnded if after.state == "ended" else ScreeningCancelled)
    return len(found) == ScreeningsOf.limit


def hand_over_alerts(work: UnitOfWork, search: OpenAlertsAt, successor: Station) -> str | None:
    """Hand over the alerts that the search finds; return the last id where more may be left.

    They have gone with their residents before, but for those that were raised meanwhile.
    """
    found = work.find(search)
    for before in found:
        ALERTS.store(work, before, alert.handed_over(before, successor.id, successor.area), AlertHandedOver)
    return max(one.id for one in found) if len(found) == OpenAlertsAt.limit else None


def leave_alerts(work: UnitOfWork, search: OpenAlertsAt) -> str | None:
    """Remind the street centre of the alerts that the search finds; return the last id where more may be left."""
    found = work.find(search)
    for before in found:
        ALERTS.store(work, before, alert.left(before, work.now), AlertLeft)
    return max(one.id for one in found) if len(found) == OpenAlertsAt.limit else None
