"""The transfer of residents to another station, alone or as a household: with the record, relations and consents."""

from collections.abc import Sequence
from typing import Final

from services.stations.households.closed_stations import look_again
from services.stations.households.domain import Household
from services.stations.households.domain import transferred as household_transferred
from services.stations.households.handlers import HOUSEHOLDS, reach_household
from services.stations.households.relating import RELATIONS
from services.stations.households.storage import RelationsOf
from services.stations.network.domain import Station
from services.stations.residents.care import follow_care
from services.stations.residents.consent import ConsentsOf, move_consents
from services.stations.residents.domain import Resident, ResidentRecord, transferred
from services.stations.residents.handlers import person_loads, reach_resident, store_change
from shared.contracts.plain import Shape
from shared.contracts.stations.households import HouseholdTransferred, TransferHousehold
from shared.contracts.stations.relations import RelationChanged
from shared.contracts.stations.residents import ResidentTransferred, TransferResident
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Load, UnitOfWork
from shared.people.identities import identity_of


def transfer_resident(message: Incoming[TransferResident]) -> Handling:
    """Hand the care for a resident over to another station, whose area the actor reaches as well.

    Answers ResidentShape. Raises Refused as `reach_resident` and `transferred` do.
    """
    asked, area = message.data, message.actor.area
    work = yield [*person_loads(asked.id, area), *move_loads(asked.id), Get(Station, asked.station_id, area)]
    yield [*merged_loads(work, [asked.id]), *station_loads(work, [asked.id])]
    work = yield TURN
    before = reach_resident(work, asked)
    after = transferred(asked, before, work.reach(Station, asked.station_id, "station_id"))
    move_merged(work, after)
    look_again(work, before.station_id)
    return move_resident(work, before, after)


def transfer_household(message: Incoming[TransferHousehold]) -> Handling:
    """Hand the care for a household and its members over to another station. Answers HouseholdShape.

    Raises Refused("not_found"), Refused("version_mismatch") and Refused("wrong_state") as a transfer of one does.
    """
    asked, area = message.data, message.actor.area
    work = yield [Get(Household, asked.id, area), Get(Station, asked.station_id, area)]
    if (known := work.get(Household, asked.id)) is not None:
        loads = [(*person_loads(one.resident_id, None), *move_loads(one.resident_id)) for one in known.members]
        work = yield [load for each in loads for load in each]
        living = [one.resident_id for one in known.members]
        yield [*merged_loads(work, living), Get(Station, known.station_id)]
    work = yield TURN
    before = reach_household(work, asked)
    after = household_transferred(before, work.reach(Station, asked.station_id, "station_id"))
    look_again(work, before.station_id)
    for member in after.members:
        if (resident := work.get(Resident, member.resident_id)) is not None:
            there = resident.model_copy(update={"station_id": after.station_id, "area": after.area})
            move_merged(work, there)
            move_resident(work, resident, there)
    return HOUSEHOLDS.store(work, before, after, HouseholdTransferred)


def station_loads(work: UnitOfWork, residents: Sequence[str]) -> list[Load]:
    """Return the loads of `look_again` for the stations of these residents, as they stand. Needs their loads."""
    found = (work.get(Resident, one) for one in residents)
    return [Get(Station, one.station_id) for one in found if one is not None]


def move_loads(resident_id: str) -> Sequence[Load]:
    """Return the loads of `move_resident` beside `person_loads`."""
    return (RelationsOf(resident_id), ConsentsOf(resident_id))


def merged_loads(work: UnitOfWork, residents: Sequence[str]) -> list[Load]:
    """Return the loads of `move_merged` for these residents. Needs those of `person_loads`."""
    others = (other for one in residents for other in identity_of(work, one).others)
    return [load for one in others for load in (*person_loads(one, None), *move_loads(one))]


def move_merged(work: UnitOfWork, survivor: Resident) -> None:
    """Have the ids that stand for the survivor go along: one person is in the care of one station.

    An undoing of the merge then finds them at the station that cares. Needs `merged_loads`.
    """
    for one in identity_of(work, survivor.id).others:
        if (other := work.get(Resident, one)) is not None and other.state != "erased":
            there = {"station_id": survivor.station_id, "area": survivor.area}
            if other.station_id != survivor.station_id:
                move_resident(work, other, other.model_copy(update=there))
            else:
                follow_care(work, one)  # things of this id went to the survivor's former station with the merge


def move_resident(work: UnitOfWork, before: Resident, after: Resident) -> Shape:
    """Store the resident at the other station, with all by which its workers reach them."""
    if after.station_id == before.station_id:
        return store_change(work, before, before, ResidentTransferred)
    if (record := work.get(ResidentRecord, before.id)) is not None:
        work.put(record.model_copy(update={"area": after.area}))
    for relation in work.find(RelationsOf(before.id)):
        update = {"area": after.area, "station_id": after.station_id}
        RELATIONS.store(work, relation, relation.model_copy(update=update), RelationChanged)
    move_consents(work, before.id, after.area)
    follow_care(work, before.id)
    return store_change(work, before, after, ResidentTransferred)


HANDLERS: Final[HandlerTable] = {TransferResident: transfer_resident, TransferHousehold: transfer_household}
