"""The needs of the last days about the residents of a need, or about others of their households: likely one need twice.

Which residents a need is about stands in no event, so that no view knows it: the question is audited. It reads a
bounded number of documents by ids and indexes, seven finds for all needs that are asked about.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from services.stations.households.domain import Household
from services.stations.needs.domain.named import NeedResidents
from services.stations.residents.domain import Resident
from shared.contracts.access import Actor
from shared.contracts.stations.need_residents import MOST_NEEDS, FindNeedsBeside, NeedBeside, NeedsBesideAnswer
from shared.engine import Document, QueryTable, Sealed, Store
from shared.engine.decide.unit_of_work import make_id
from shared.people.resolution import find_survivors
from shared.people.storage import MAX_MILLIS
from shared.runtime.audit import area_within

KIND_DIGITS: Final = len("need_") + 9
"""The part of a need's id that holds its kind and its time."""


@dataclass(frozen=True)
class _People:
    """The people about whom needs are: the person of each id, and the household of each person who lives in one."""

    survivors: Mapping[str, str]
    homes: Mapping[str, str]

    def of(self, row: Document) -> frozenset[str]:
        """Return the persons whom a need names."""
        return frozenset(self.survivors.get(one, one) for one in row["residents"])

    def homes_of(self, persons: Iterable[str]) -> frozenset[str]:
        """Return the households of these persons."""
        return frozenset(self.homes[one] for one in persons if one in self.homes)


def find_needs_beside(query: FindNeedsBeside, store: Store, actor: Actor) -> Sealed[NeedsBesideAnswer]:
    """Return the needs beside each that is asked about; one that is unknown, or outside the actor's area, has none.

    At most MOST_NEEDS are compared, the newest ones. The read is on record under the needs asked about and their
    residents.
    """
    rule: Document = {"_id": {"$in": list(query.need_ids)}, **area_within(actor.area)}
    own = list(store[NeedResidents.collection].find(rule).limit(MOST_NEEDS).max_time_ms(MAX_MILLIS))
    people, every = _find_people(store, own)
    bound = make_id("need", query.since, "")[:KIND_DIGITS]
    beside: Document = {"residents": {"$in": every}, "_id": {"$gt": bound}, **area_within(actor.area)}
    rows = store[NeedResidents.collection].find(beside).sort("_id", -1).limit(MOST_NEEDS).max_time_ms(MAX_MILLIS)
    others = list(rows) if every else []
    items = [item for row in own for item in _compare(row, others, people)]
    areas = {row["_id"]: str(row["area"]) for row in own}
    named = {person: areas[row["_id"]] for row in own for person in people.of(row)}
    return Sealed(
        tuple(areas),
        lambda: NeedsBesideAnswer(items=tuple(items[:MOST_NEEDS])),
        areas=[*areas.values(), *named.values()],
        also=tuple(named),
    )


def _find_people(store: Store, rows: list[Document]) -> tuple[_People, list[str]]:
    """Return the people of these needs and of their households, and all ids under which needs name them."""
    ids = list(dict.fromkeys(one for row in rows for one in row["residents"]))
    if not ids:
        return _People({}, {}), []
    survivors = find_survivors(store, ids)
    persons = list(dict.fromkeys(survivors.get(one, one) for one in ids))
    living: Document = {"_id": {"$in": persons}, "household_id": {"$ne": None}}
    found = store[Resident.collection].find(living, {"household_id": 1}).max_time_ms(MAX_MILLIS)
    homes = {row["_id"]: str(row["household_id"]) for row in found}
    standing: Document = {"_id": {"$in": sorted(set(homes.values()))}, "state": "standing"}
    for home in store[Household.collection].find(standing).max_time_ms(MAX_MILLIS):
        homes.update({member["resident_id"]: home["_id"] for member in home["members"]})
    everybody = list(dict.fromkeys((*persons, *homes)))
    merged: Document = {"merged_into": {"$in": everybody}}
    for row in store[Resident.collection].find(merged, {"merged_into": 1}).max_time_ms(MAX_MILLIS):
        survivors[row["_id"]] = str(row["merged_into"])
    return _People(survivors, homes), [*everybody, *(one for one in survivors if one not in everybody)]


def _compare(row: Document, others: Iterable[Document], people: _People) -> Iterable[NeedBeside]:
    own = people.of(row)
    homes = people.homes_of(own)
    for other in others:
        theirs = people.of(other)
        if other["_id"] == row["_id"]:
            continue
        if not own.isdisjoint(theirs):
            yield NeedBeside(need_id=row["_id"], beside_id=other["_id"], shared="resident")
        elif not homes.isdisjoint(people.homes_of(theirs)):
            yield NeedBeside(need_id=row["_id"], beside_id=other["_id"], shared="household")


QUERIES: Final[QueryTable] = {FindNeedsBeside: find_needs_beside}
