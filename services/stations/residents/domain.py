"""A resident (居民) in the care of a station: registered, changed, transferred, ended, reopened, erased. Pure."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import ClassVar, Final
from zlib import crc32

from services.stations.network.domain import Station, require_open
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.residents import (
    EndResident,
    RegisterResident,
    ReopenResident,
    ResidentShape,
    ResidentState,
    TransferResident,
)
from shared.engine import Document, Entity
from shared.engine.decide.entity import fields_of
from shared.engine.plain import Aggregate
from shared.people import Purpose

PROFILE: Final = "profile"
SEALED: Final[dict[str, Purpose]] = {PROFILE: "person"}
"""The sealed field of a record, with the purpose of the key that seals it."""


INTAKES: Final = 4_096
"""Parts of the marks: so many that two registrations of different people seldom wait for each other."""


class Resident(ResidentShape, Aggregate):
    """A resident as others see one: the station, and nothing about the person."""

    collection: ClassVar[str] = "residents"


class ResidentRecord(Entity):
    """The personal data of a resident, sealed in one piece by the resident's own key; it has the resident's id.

    `marks` are those by which the resident is found, within `area`: that of the station. Transfer, end and erasure
    store it, and so do relations and consents: of two that are decided at once the second is decided again.
    """

    collection: ClassVar[str] = "resident_records"

    area: str
    profile: str
    marks: tuple[str, ...] = ()

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return its fields as they are: MongoDB stores them without a conversion."""
        return fields_of(self, only)


class Intake(Entity):
    """The number of times that residents of any station were given marks of one part of all marks.

    Two people alike share a mark, and so its part: of two that are decided at once the second is decided again, and
    sees the first. A part has many people's marks, so that it is nobody's data.
    """

    collection: ClassVar[str] = "resident_intakes"

    registered: int = 0

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return its fields as they are: MongoDB stores them without a conversion."""
        return fields_of(self, only)


def intake_ids(marks: Collection[str]) -> list[str]:
    """Return the ids of the parts to which these marks belong, each once, in order."""
    return sorted({f"{crc32(mark.encode()) % INTAKES:03x}" for mark in marks})


def registered(asked: RegisterResident, station: Station, resident_id: str, now: datetime) -> Resident:
    """Return a new resident of the station. Raises Refused("wrong_state") for a station that is not open."""
    require_open(station, "station_id")
    return Resident(
        id=resident_id, version=0, area=station.area, station_id=asked.station_id, state="active", registered_at=now
    )


def transferred(_: TransferResident, before: Resident, station: Station) -> Resident:
    """Return the resident in the care of the other station; itself where it cares already.

    Raises Refused("wrong_state") for a station that is not open, and as `require_active` and `require_alone` do.
    """
    require_active(before)
    require_alone(before)
    require_open(station, "station_id")
    if before.station_id == station.id:
        return before
    return before.model_copy(update={"station_id": station.id, "area": station.area})


def require_alone(resident: Resident) -> None:
    """Raise Refused("wrong_state") for a resident who lives in a household: they move out first, or all go together."""
    if resident.household_id is not None:
        raise Refused("wrong_state", "in_household", field="id", id=resident.id, household=resident.household_id)


def ended(asked: EndResident, before: Resident, now: datetime) -> Resident:
    """Return the resident as no longer cared for. Raises Refused as `require_active` and `require_alone` do."""
    require_active(before)
    require_alone(before)
    return before.model_copy(update={"state": "ended", "reason": asked.reason, "ended_at": now})


def reopened(_: ReopenResident, before: Resident, station: Station) -> Resident:
    """Return the resident as cared for again.

    Raises Refused("wrong_state") for one who has not ended, and for a station that was closed without a successor.
    """
    if before.state != "ended":
        _refuse_state(before)
    if station.successor_id is None:
        require_open(station, "id")
    return before.model_copy(update={"state": "active", "reason": None, "ended_at": None})


def merged_into(before: Resident, survivor_id: str) -> Resident:
    """Return the resident as an id that stands for the survivor, in no household of its own."""
    return before.model_copy(update={"state": "merged", "merged_into": survivor_id, "household_id": None})


def parted(before: Resident, state: ResidentState, household_id: str | None) -> Resident:
    """Return the resident as one who stands alone again, in the state and the household of before the merge."""
    return before.model_copy(update={"state": state, "merged_into": None, "household_id": household_id})


def erased(before: Resident) -> Resident:
    """Return the resident as one whose personal data is being erased; itself where that is known already."""
    return before if before.state == "erased" else before.model_copy(update={"state": "erased", "household_id": None})


def require_known(resident: Resident, field: str = "id") -> None:
    """Raise Refused("wrong_state") for an id that was merged, naming the one that stands for it, or that was erased."""
    if resident.state == "merged":
        survivor = resident.merged_into or ""
        raise Refused("wrong_state", "merged_already", field=field, id=resident.id, survivor=survivor)
    if resident.state == "erased":
        raise Refused("wrong_state", "person_erased", field=field, id=resident.id)


def is_dead(resident: Resident) -> bool:
    """Return whether the care has ended because the resident died."""
    return resident.state == "ended" and resident.reason == "died"


def is_outdated(resident: Resident, cutoff: datetime) -> bool:
    """Return whether the care ended before `cutoff`, and has not begun again."""
    return resident.state == "ended" and resident.ended_at is not None and resident.ended_at < cutoff


def require_alive(resident: Resident, field: str) -> None:
    """Raise Refused("wrong_state") for a resident who has died."""
    if is_dead(resident):
        raise Refused("wrong_state", "resident_died", field=field, id=resident.id)


def require_active(resident: Resident, field: str = "id") -> None:
    """Raise Refused("wrong_state") for a resident whose care has ended, and as `require_known` does."""
    require_known(resident, field)
    if resident.state != "active":
        _refuse_state(resident, field)


def find_next_step(_: Resident) -> NextStep | None:
    """Return None: a record waits for nothing. Needs, consents and relations have next steps of their own."""
    return None


def _refuse_state(resident: Resident, field: str = "id") -> None:
    raise Refused("wrong_state", "resident_in_state", field=field, id=resident.id, state=resident.state)
