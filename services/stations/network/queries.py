"""The coverage of an area: communities by the stage of their stations. Read-only."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from services.stations.areas.domain import Area
from services.stations.network.domain import ACTIVE, SEATED, Station
from services.stations.network.storage import SEATED_STATIONS
from shared.contracts.areas import COMMUNITY_DIGITS, STREET_DIGITS
from shared.contracts.refusals import Refused
from shared.contracts.stations.network import CoverageAnswer, CoveredCommunity, ReadCoverage
from shared.engine import Document, QueryTable, Store

MAX_MILLIS: Final = 5_000
"""The longest time that the store may take over one query; the register of a whole country has 620,000 communities."""
MOST_AT_ONCE: Final = 8_000
"""The most communities that one query finds."""
NO_SEAT: Final[Document] = {"_id": None, "state": None}
_AFTER_DIGITS: Final = ":"
"""The character after `9`: the codes that begin with a prefix end before it."""
_COMMUNITY: Final = f"^[0-9]{{{COMMUNITY_DIGITS}}}$"


def read_coverage(query: ReadCoverage, store: Store) -> CoverageAnswer:
    """Return the counts of an area and a page of its communities, by code."""
    if query.area and store[Area.collection].find_one({"_id": query.area}, {"_id": 1}, max_time_ms=MAX_MILLIS) is None:
        raise Refused("invalid", "unknown_area", field="area", area=query.area)
    communities = store[Area.collection].count_documents(_communities(query.area), maxTimeMS=MAX_MILLIS)
    stages = _count_stages(query.area, store)
    rows = list(islice(_list_communities(query, store), query.limit + 1))
    items = tuple(rows[: query.limit])
    # A seat is held by one station, so that stations are as many as their communities.
    established = sum(stages[stage] for stage in ACTIVE)
    return CoverageAnswer(
        communities=communities, established=established, pending=communities - established, **stages, items=items,
        next=items[-1].code if len(rows) > query.limit else None,
    )  # fmt: skip


def _count_stages(area: str, store: Store) -> dict[str, int]:
    """Return the number of stations in each stage."""
    stages = [
        {"$match": {"area": _within(area), **SEATED_STATIONS}},
        {"$group": {"_id": "$state", "count": {"$sum": 1}}},
    ]
    found = store[Station.collection].aggregate(stages, maxTimeMS=MAX_MILLIS)
    return dict.fromkeys(SEATED, 0) | {row["_id"]: row["count"] for row in found}


def _within(area: str) -> Document:
    return {"$gte": area, "$lt": area + _AFTER_DIGITS}


def _communities(area: str) -> Document:
    # By the parent first: its index holds both fields, so that no document is read for a count.
    return {"parent": _within(area[:STREET_DIGITS]), "_id": {**_within(area), "$regex": _COMMUNITY}}


def _list_communities(query: ReadCoverage, store: Store) -> Iterator[CoveredCommunity]:
    """List the communities that are asked for, by code, in chunks: two queries each, and no join in the store."""
    after, size = query.after, query.limit + 1
    while True:
        found = list(_find_chunk(query.area, after, size, store))
        seats = _find_seats([row["_id"] for row in found], store)
        for row in found:
            seat = seats.get(row["_id"], NO_SEAT)
            if query.covered in {None, seat["state"] in ACTIVE}:
                yield _to_community(row, seat)
        if len(found) < size:
            return
        after, size = found[-1]["_id"], min(2 * size, MOST_AT_ONCE)


def _find_chunk(area: str, after: str | None, size: int, store: Store) -> Iterator[Document]:
    rule = _communities(area)
    if after is not None:
        rule = {"$and": [rule, {"_id": {"$gt": after}}]}
    return store[Area.collection].find(rule, {"name": 1}).sort("_id", 1).limit(size).max_time_ms(MAX_MILLIS)


def _find_seats(codes: Sequence[str], store: Store) -> dict[str, Document]:
    """Return the station that holds the seat of each community that has one."""
    if not codes:
        return {}
    # The codes are neighbours in their order: one range of the index holds their stations, and few of others.
    within = {"area": {"$gte": codes[0], "$lte": codes[-1]}, **SEATED_STATIONS}
    found = store[Station.collection].find(within, {"area": 1, "state": 1}).max_time_ms(MAX_MILLIS)
    return {row["area"]: row for row in found}


def _to_community(row: Document, seat: Document) -> CoveredCommunity:
    holder = "planned_id" if seat["state"] == "planned" else "station_id"
    return CoveredCommunity(code=row["_id"], name=row["name"], stage=seat["state"], **{holder: seat["_id"]})


QUERIES: Final[QueryTable] = {ReadCoverage: read_coverage}
