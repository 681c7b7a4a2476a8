"""Handover: an open need goes on at the successor of its station, or at one that has accepted it. Pure.

Charity and volunteering follow its event as they follow an amendment: they keep the supply and the people that the new
station's needs may have, and search for the rest.
"""

from typing import Final

from services.stations.needs.domain.need import Need
from shared.contracts.stations.amending import HandoverReason
from shared.contracts.stations.needs import NeedState

OPEN: Final[tuple[NeedState, ...]] = ("draft", "published", "ready", "in_service", "served")
"""The states of needs that are handed over. One that has ended stays with the station that ended it."""


def handed_over(need: Need, station_id: str, area: str, because: HandoverReason) -> Need:
    """Return the need at its new station, which is to be announced; its state and its deadlines stay.

    Nobody is late at the new station yet. Charity's reasons for waiting are about the former place.
    """
    facts: dict[str, object] = {"station_id": station_id, "area": area, "announced": need.version + 1, "overdue": None}
    if need.state != "draft":
        facts |= {"amended": ("station",), "amended_for": because, "link_waiting": ()}
    return need.model_copy(update=facts)
