"""The transfer of residents to another station, alone or as a household: with the record, relations and consents."""

from collections.abc import Sequence
from typing import Final

from services.stations.households.domain import Household
from services.stations.households.domain import transferred as household_transferred
from services.stations.households.handlers import HOUSEHOLDS, reach_household
from services.stations.households.relating import RELATIONS
from services.stations.households.storage import StandingRelations
from services.stations.network.domain import Station
from services.stations.residents.consent import RenewableConsents, move_consents
from services.stations.residents.domain import Resident, ResidentRecord, transferred
from services.stations.residents.handlers import person_loads, reach_resident, store_change
from shared.contracts.plain import Shape
from shared.contracts.stations.households import HouseholdTransferred, TransferHousehold
from shared.contracts.stations.relations import RelationChanged
from shared.contracts.stations.residents import ResidentTransferred, TransferResident
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Load, UnitOfWork


def transfer_resident(message: Incoming[TransferResident]) -> Handling:
    """Hand the care for a resident over to another station, whose area the actor reaches as well.

    Answers ResidentShape. Raises Refused as `reach_resident` and `transferred` do.
    """
    asked, area = message.data, message.actor.area
    yield [*person_loads(asked.id, area), *move_loads(asked.id), Get(Station, asked.station_id, area)]
    work = yield TURN
    before = reach_resident(work, asked)
    after = transferred(asked, before, work.reach(Station, asked.station_id, "station_id"))
    return move_resident(work, before, after)


def transfer_household(message: Incoming[TransferHousehold]) -> Handling:
    """Hand the care for a household and its members over to another station. Answers HouseholdShape.

    Raises Refused("not_found"), Refused("version_mismatch") and Refused("wrong_state") as a transfer of one does.
    """
    asked, area = message.data, message.actor.area
    work = yield [Get(Household, asked.id, area), Get(Station, asked.station_id, area)]
    if (known := work.get(Household, asked.id)) is not None:
        loads = [(*person_loads(one.resident_id, None), *move_loads(one.resident_id)) for one in known.members]
        yield [load for each in loads for load in each]
    work = yield TURN
    before = reach_household(work, asked)
    after = household_transferred(before, work.reach(Station, asked.station_id, "station_id"))
    for member in after.members:
        if (resident := work.get(Resident, member.resident_id)) is not None:
            move_resident(
                work, resident, resident.model_copy(update={"station_id": after.station_id, "area": after.area})
            )
    return HOUSEHOLDS.store(work, before, after, HouseholdTransferred)


def move_loads(resident_id: str) -> Sequence[Load]:
    """Return the loads of `move_resident` beside `person_loads`."""
    return (StandingRelations(resident_id), RenewableConsents(resident_id))


def move_resident(work: UnitOfWork, before: Resident, after: Resident) -> Shape:
    """Store the resident at the other station, with all by which its workers reach them."""
    if after.station_id == before.station_id:
        return store_change(work, before, before, ResidentTransferred)
    if (record := work.get(ResidentRecord, before.id)) is not None:
        work.put(record.model_copy(update={"area": after.area}))
    for relation in work.find(StandingRelations(before.id)):
        update = {"area": after.area, "station_id": after.station_id}
        RELATIONS.store(work, relation, relation.model_copy(update=update), RelationChanged)
    move_consents(work, before.id, after.area)
    return store_change(work, before, after, ResidentTransferred)


HANDLERS: Final[HandlerTable] = {TransferResident: transfer_resident, TransferHousehold: transfer_household}
