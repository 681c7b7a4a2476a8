"""The residents whom a need is about: named by id beside the need, in no event and no answer about it. Pure."""

from collections.abc import Sequence
from typing import ClassVar

from services.stations.residents.domain import Resident, require_active
from shared.contracts.refusals import Refused
from shared.engine import Entity


class NeedResidents(Entity):
    """The residents whom a need names, with the need's id and area; a need that names nobody has none.

    An id stays as it was named: a merge changes nothing here, so that its undoing gives each their needs again.
    """

    collection: ClassVar[str] = "need_residents"

    area: str
    residents: tuple[str, ...]


def require_nameable(residents: Sequence[Resident], area: str) -> None:
    """Refuse a resident whom a need of a station in that area may not name.

    Raises Refused("wrong_state") for one whose care has ended, who was merged or erased, and Refused("invalid") for
    one in the care of a station elsewhere.
    """
    for nth, resident in enumerate(residents):
        field = f"residents.{nth}"
        require_active(resident, field)
        if not resident.area.startswith(area):
            raise Refused("invalid", "resident_of_other_station", field=field, station=resident.station_id)


def named(need_id: str, area: str, ids: Sequence[str]) -> NeedResidents:
    """Return the residents of the need, each once and in their order."""
    return NeedResidents(id=need_id, area=area, residents=tuple(dict.fromkeys(ids)))
