"""The end of a station that has a successor: moved to another area, or merged into another station. Pure."""

from datetime import datetime
from typing import NamedTuple

from services.stations.network.domain import Station, check_seat, require_open, require_transition
from shared.contracts.areas import city_of
from shared.contracts.refusals import Refused
from shared.contracts.stations.succession import MoveStation


class Succeeded(NamedTuple):
    """The station as it ends, and its successor."""

    ended: Station
    successor: Station


def moved(asked: MoveStation, before: Station, station_id: str, now: datetime) -> Succeeded:
    """Return the station as moved, and its successor in the other area, in the same stage.

    Raises Refused: "wrong_state" as TRANSITIONS says, "invalid" for the area where it stands, one of another level or
    one of another city.
    """
    require_transition(before, "moved")
    check_seat(before.level, asked.area)
    if asked.area == before.area:
        raise Refused("invalid", "stands_there_already", field="area", area=asked.area)
    _require_same_city(before, asked.area, "area")
    successor = before.model_copy(
        update={
            "id": station_id,
            "version": 0,
            "area": asked.area,
            "name": asked.name or before.name,
            "opened_at": now,
            "reminder": None,
            "predecessor_id": before.id,
        }
    )
    return Succeeded(_ended(before, "moved", successor, now), successor)


def merged(before: Station, into: Station, now: datetime) -> Succeeded:
    """Return the station as merged, and the one that takes over.

    Raises Refused: "wrong_state" as TRANSITIONS says, and where the other takes in no needs; "invalid" for itself, for
    one of another level and for one of another city.
    """
    require_transition(before, "merged")
    if into.id == before.id:
        raise Refused("invalid", "merged_into_itself", field="into_id")
    require_open(into, "into_id")
    if into.level != before.level:
        raise Refused("invalid", "merged_across_levels", field="into_id", level=before.level)
    _require_same_city(before, into.area, "into_id")
    successor = into.model_copy(update={"predecessor_id": before.id})
    return Succeeded(_ended(before, "merged", successor, now), successor)


def _ended(before: Station, state: str, successor: Station, now: datetime) -> Station:
    return before.model_copy(
        update={"state": state, "closed_at": now, "successor_id": successor.id, "successor_area": successor.area}
    )


def _require_same_city(before: Station, area: str, field: str) -> None:
    if city_of(area) != city_of(before.area):
        raise Refused("invalid", "successor_in_another_city", field=field, city=city_of(before.area))
