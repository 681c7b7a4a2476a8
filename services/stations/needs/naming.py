"""The command that names the residents whom a need is about, and the audited queries both ways."""

from collections.abc import Sequence
from typing import Final

from services.stations.needs.actions import current_need
from services.stations.needs.domain.named import NeedResidents, named, require_nameable
from services.stations.needs.domain.need import Need
from services.stations.residents.domain import Resident
from shared.contracts.access import Actor
from shared.contracts.stations.need_request import MOST_RESIDENTS
from shared.contracts.stations.need_residents import (
    ListResidentNeeds,
    NamedResidents,
    NameResidents,
    NeedResidentsAnswer,
    ReadNeedResidents,
    ResidentNeedsAnswer,
)
from shared.engine import TURN, Document, Get, HandlerTable, Handling, Incoming, QueryTable, Sealed, Store, UnitOfWork
from shared.people.resolution import find_survivors, ids_of
from shared.people.storage import MAX_MILLIS
from shared.runtime.audit import area_within


def reach_residents(work: UnitOfWork, ids: Sequence[str], area: str) -> None:
    """Check that the actor reaches each of these residents, and that a need in that area may name them.

    Raises Refused("not_found") as for an unknown id, and as `require_nameable` does. Needs their loads in the area.
    """
    reached = [work.reach(Resident, one, f"residents.{nth}") for nth, one in enumerate(ids)]
    require_nameable(reached, area)


def name_residents(message: Incoming[NameResidents]) -> Handling:
    """Name the residents in the place of those before; nobody removes the list. Answers NamedResidents."""
    asked, area = message.data, message.actor.area
    people = [Get(Resident, one, area) for one in asked.residents]
    yield [Get(Need, asked.need_id, area), Get(NeedResidents, asked.need_id), *people]
    work = yield TURN
    need = current_need(work, asked)
    reach_residents(work, asked.residents, need.area)
    before, after = work.get(NeedResidents, need.id), named(need.id, need.area, asked.residents)
    if before is not None and not after.residents:
        work.remove(before)
    elif before is not None:
        work.put(before.model_copy(update={"residents": after.residents}))
    elif after.residents:
        work.put(after)
    return NamedResidents(need_id=need.id, count=len(after.residents))


def take_over_residents(work: UnitOfWork, ended: Need, into: Need) -> None:
    """Have the need that goes on name those of the need that ends as its duplicate, too, as far as there is room.

    Needs the loads of both.
    """
    gone, own = work.get(NeedResidents, ended.id), work.get(NeedResidents, into.id)
    if gone is None:
        return
    both = named(into.id, into.area, (*(() if own is None else own.residents), *gone.residents))
    residents = both.residents[:MOST_RESIDENTS]
    work.put((own or both).model_copy(update={"residents": residents}))


def read_need_residents(query: ReadNeedResidents, store: Store, actor: Actor) -> Sealed[NeedResidentsAnswer] | None:
    """Return the residents of a need; None for an unknown need, and one outside the actor's area.

    The read is on record under the need and the residents. Those whom the actor does not reach are left out.
    """
    rule: Document = {"_id": query.need_id, **area_within(actor.area)}
    need = store[Need.collection].find_one(rule, {"area": 1}, max_time_ms=MAX_MILLIS)
    if need is None:
        return None
    row = store[NeedResidents.collection].find_one({"_id": query.need_id}, max_time_ms=MAX_MILLIS)
    ids = [] if row is None else list(row["residents"])
    survivors = find_survivors(store, ids)
    wanted = list(dict.fromkeys(survivors.get(one, one) for one in ids))
    people: Document = {"_id": {"$in": wanted}, **area_within(actor.area)}
    rows = store[Resident.collection].find(people, {"area": 1}).limit(len(wanted) or 1).max_time_ms(MAX_MILLIS)
    areas = {one["_id"]: str(one["area"]) for one in rows}
    found = [one for one in wanted if one in areas]
    area = str(need["area"])
    answer = NeedResidentsAnswer(need_id=query.need_id, area=area, residents=tuple(found))
    return Sealed((query.need_id,), lambda: answer, areas=[area, *(areas[one] for one in found)], also=found)


def list_resident_needs(query: ListResidentNeeds, store: Store, actor: Actor) -> Sealed[ResidentNeedsAnswer] | None:
    """Return a page of the needs that are about a resident, under every merged id.

    None for an unknown resident, and one outside the actor's area; a need of another area is left out.
    """
    ids = ids_of(store, query.resident_id)
    rule: Document = {"_id": ids[0], **area_within(actor.area)}
    resident = store[Resident.collection].find_one(rule, {"area": 1}, max_time_ms=MAX_MILLIS)
    if resident is None:
        return None
    about: Document = {"residents": {"$in": list(ids)}, **area_within(actor.area)}
    beyond: Document = {} if query.after is None else {"_id": {"$lt": query.after}}
    rows = store[NeedResidents.collection].find({**about, **beyond}, {"_id": 1}).sort("_id", -1)
    found = [str(row["_id"]) for row in rows.limit(query.limit + 1).max_time_ms(MAX_MILLIS)]
    page = found[: query.limit]
    area = str(resident["area"])
    answer = ResidentNeedsAnswer(
        resident_id=ids[0], area=area, needs=tuple(page), next=page[-1] if len(found) > len(page) else None
    )
    also = () if ids[0] == query.resident_id else (ids[0],)
    return Sealed((query.resident_id,), lambda: answer, areas=(area,), also=also)


HANDLERS: Final[HandlerTable] = {NameResidents: name_residents}
QUERIES: Final[QueryTable] = {ReadNeedResidents: read_need_residents, ListResidentNeeds: list_resident_needs}
