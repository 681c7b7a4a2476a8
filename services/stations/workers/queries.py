"""The audited queries of social workers: their personal data, and the search for one. Each stays within the area."""

from typing import Final

from services.stations.workers.domain import PROFILE, Worker, WorkerRecord
from services.stations.workers.profile import place_of
from shared.contracts.access import Actor
from shared.contracts.finding import MOST_FOUND, PersonFound
from shared.contracts.stations.worker_queries import (
    LookUpWorkers,
    ReadWorker,
    WorkerDetailsAnswer,
    WorkerParticulars,
    WorkersFound,
)
from shared.engine import Document, QueryTable, Sealed, Store
from shared.people import Marker, read_keys
from shared.people.marks import MARKS
from shared.people.storage import MAX_MILLIS
from shared.runtime.audit import area_within, require_permission
from shared.runtime.vault import Vault


def read_worker(query: ReadWorker, store: Store, actor: Actor, vault: Vault) -> Sealed[WorkerDetailsAnswer] | None:
    """Return the personal data of a social worker; None for an unknown id, and for one outside the actor's area.

    Raises Refused("not_allowed") for an actor without the permission `personal:read`.
    """
    require_permission(actor, "personal:read")
    rule: Document = {"_id": query.worker_id, **area_within(actor.area)}
    row = store[Worker.collection].find_one(rule, max_time_ms=MAX_MILLIS)
    record = store[WorkerRecord.collection].find_one(rule, max_time_ms=MAX_MILLIS)
    if row is None or record is None:
        return None
    worker, keys = Worker.from_document(row), read_keys(store, vault, (query.worker_id,))

    def answer() -> WorkerDetailsAnswer:
        text = keys.open(record[PROFILE], worker.id, *place_of(worker.id))
        names = ("id", "version", "area", "station_id", "state", "level", "registered_until")
        known = {name: getattr(worker, name) for name in names}
        return WorkerDetailsAnswer(**known, **dict(WorkerParticulars.model_validate_json(text)))

    return Sealed((worker.id,), answer, areas=(worker.area,))


def look_up_workers(query: LookUpWorkers, store: Store, actor: Actor, vault: Vault) -> Sealed[WorkersFound]:
    """Return the social workers within the actor's area who fit, by reference alone, at most MOST_FOUND.

    Raises Refused("not_allowed") for an actor without the permission `personal:read`.
    """
    require_permission(actor, "personal:read")
    rule = {MARKS: _mark_of(query, Marker(vault)), **area_within(actor.area)}
    found = store[WorkerRecord.collection].find(rule, {"area": 1}).sort("_id", 1).limit(MOST_FOUND + 1)
    rows = list(found.max_time_ms(MAX_MILLIS))
    items = tuple(PersonFound(kind="worker", id=row["_id"], area=row["area"]) for row in rows[:MOST_FOUND])
    areas = [one.area for one in items] or [actor.area]
    return Sealed(
        [one.id for one in items], lambda: WorkersFound(items=items, more=len(rows) > MOST_FOUND), areas=areas
    )


def _mark_of(query: LookUpWorkers, marker: Marker) -> str:
    if query.phone is not None:
        return marker.of_phone(query.phone)
    if query.certificate_number is not None:
        return marker.of_certificate(query.certificate_number)
    return marker.of_name_alone(query.name or "")


QUERIES: Final[QueryTable] = {ReadWorker: read_worker, LookUpWorkers: look_up_workers}
