"""The audited queries of residents: personal data, read on record, and the searches. Each stays within the area.

The area of a resident is the seat of the station that cares for them, and a community has one open station: so a worker
whose area is the community reaches the residents of the own station, and nobody else's.
"""

from typing import Final

from services.stations.residents.domain import SEALED, Resident, ResidentRecord
from services.stations.residents.opening import open_record, prepare_opening, reads_beside
from services.stations.residents.profile import described
from shared.contracts.access import Actor
from shared.contracts.stations.resident_queries import (
    DuplicateResidents,
    FindDuplicateResidents,
    LookUpResidents,
    ReadResident,
    ResidentDetailsAnswer,
    ResidentsFound,
)
from shared.engine import Document, QueryTable, Sealed, Store
from shared.people import read_keys
from shared.people.finding import Asked, Register, find_alike, find_described, look_up
from shared.people.resolution import ids_of
from shared.people.storage import MAX_MILLIS
from shared.runtime.audit import area_within, require_permission
from shared.runtime.vault import Vault

REGISTER: Final = Register("resident", ResidentRecord.collection, tuple(SEALED), reads_beside, prepare_opening)


def read_resident(
    query: ReadResident, store: Store, actor: Actor, vault: Vault
) -> Sealed[ResidentDetailsAnswer] | None:
    """Return the personal data of a resident; None for an unknown id, and for one outside the actor's area.

    An id that was merged is answered with the surviving one, and the read is on record under both. Raises
    Refused("not_allowed") for an actor without the permission `personal:read`.
    """
    require_permission(actor, "personal:read")
    ids = ids_of(store, query.resident_id)
    rule: Document = {"_id": ids[0], **area_within(actor.area)}
    row = store[Resident.collection].find_one(rule, max_time_ms=MAX_MILLIS)
    record = store[ResidentRecord.collection].find_one(rule, max_time_ms=MAX_MILLIS)
    if row is None or record is None:
        return None
    resident = Resident.from_document(row)
    keys = read_keys(store, vault, (resident.id,))
    also = () if query.resident_id == resident.id else (resident.id,)

    def answer() -> ResidentDetailsAnswer:
        return ResidentDetailsAnswer(
            id=resident.id,
            version=resident.version,
            area=resident.area,
            station_id=resident.station_id,
            state=resident.state,
            merged_ids=tuple(ids[1:]),
            **dict(open_record(record, keys)),
        )

    return Sealed((query.resident_id,), answer, areas=(resident.area,), also=also)


def look_up_residents(query: LookUpResidents, store: Store, actor: Actor, vault: Vault) -> Sealed[ResidentsFound]:
    """Return the residents of the actor's area who have that telephone, number, or name and year of birth."""
    return look_up(REGISTER, query, Asked(store, actor, vault), ResidentsFound)


def find_duplicate_residents(
    query: FindDuplicateResidents, store: Store, actor: Actor, vault: Vault
) -> Sealed[DuplicateResidents] | None:
    """Return the residents of the actor's area who are likely the person; None for one unknown there."""
    if query.details is not None:
        return find_described(REGISTER, described(query.details), Asked(store, actor, vault), DuplicateResidents)
    return find_alike(REGISTER, str(query.person_id), Asked(store, actor, vault), DuplicateResidents)


QUERIES: Final[QueryTable] = {
    ReadResident: read_resident,
    LookUpResidents: look_up_residents,
    FindDuplicateResidents: find_duplicate_residents,
}
