"""The coverage of an area: communities with and without an open station. Read-only."""

from typing import Final

from services.stations.areas.domain import Area
from services.stations.network.domain import Station
from services.stations.network.storage import OPEN_STATIONS
from shared.contracts.areas import COMMUNITY_DIGITS, STREET_DIGITS
from shared.contracts.refusals import Refused
from shared.contracts.stations.network import CoverageAnswer, CoveredCommunity, ReadCoverage
from shared.engine import Document, QueryTable, Store

MAX_MILLIS: Final = 5_000
"""The longest time that the store may take over one query; the register of a whole country has 620,000 communities."""
_AFTER_DIGITS: Final = ":"
"""The character after `9`: the codes that begin with a prefix end before it."""
_COMMUNITY: Final = f"^[0-9]{{{COMMUNITY_DIGITS}}}$"


def read_coverage(query: ReadCoverage, store: Store) -> CoverageAnswer:
    """Return the counts of an area and a page of its communities, by code."""
    if query.area and store[Area.collection].find_one({"_id": query.area}, {"_id": 1}, max_time_ms=MAX_MILLIS) is None:
        raise Refused("invalid", "unknown_area", field="area", area=query.area)
    rule = _communities(query.area)
    communities = store[Area.collection].count_documents(rule, maxTimeMS=MAX_MILLIS)
    seats = {**OPEN_STATIONS, "area": _within(query.area)}
    # A seat is held by one open station, so that stations are as many as their communities.
    established = store[Station.collection].count_documents(seats, maxTimeMS=MAX_MILLIS)
    rows = list(store[Area.collection].aggregate(_page(query, rule), maxTimeMS=MAX_MILLIS))
    items = tuple(_to_community(row) for row in rows[: query.limit])
    return CoverageAnswer(
        communities=communities, established=established, pending=communities - established, items=items,
        next=items[-1].code if len(rows) > query.limit else None,
    )  # fmt: skip


def _within(area: str) -> Document:
    return {"$gte": area, "$lt": area + _AFTER_DIGITS}


def _communities(area: str) -> Document:
    # By the parent first: its index holds both fields, so that no document is read for a count.
    return {"parent": _within(area[:STREET_DIGITS]), "_id": {**_within(area), "$regex": _COMMUNITY}}


def _page(query: ReadCoverage, rule: Document) -> list[Document]:
    stages: list[Document] = [{"$match": rule}]
    if query.after is not None:
        stages.append({"$match": {"_id": {"$gt": query.after}}})
    stages.append({"$sort": {"_id": 1}})
    if query.covered is None:
        stages.append({"$limit": query.limit + 1})
    stages.append(
        {
            "$lookup": {
                "from": Station.collection,
                "localField": "_id",
                "foreignField": "area",
                "pipeline": [{"$match": OPEN_STATIONS}, {"$project": {"_id": 1}}],
                "as": "stations",
            }
        }
    )
    if query.covered is not None:
        stages += [{"$match": {"stations.0": {"$exists": query.covered}}}, {"$limit": query.limit + 1}]
    return stages


def _to_community(row: Document) -> CoveredCommunity:
    stations = row["stations"]
    return CoveredCommunity(code=row["_id"], name=row["name"], station_id=stations[0]["_id"] if stations else None)


QUERIES: Final[QueryTable] = {ReadCoverage: read_coverage}
