"""The queries about the register of areas. Read-only."""

from typing import Final

from services.stations.areas.domain import Area
from shared.contracts.areas import ancestors, is_area_code, level_of
from shared.contracts.stations.areas import (
    AreaAnswer,
    AreaName,
    AreaPage,
    FindKnownAreas,
    KnownAreasAnswer,
    ListAreas,
    ReadArea,
)
from shared.engine import Document, QueryTable, Store

MAX_MILLIS: Final = 5_000
"""The longest time that the store may take over one query."""


def list_areas(query: ListAreas, store: Store) -> AreaPage:
    """Return a page of the areas directly in `parent` (None: the provinces), by code."""
    rule: Document = {"parent": query.parent or ""}
    if query.after:
        rule["_id"] = {"$gt": query.after}
    limit = query.limit
    # One row more than the page shows whether there is a next page.
    found = store[Area.collection].find(rule, {"name": 1}).sort("_id", 1).limit(limit + 1).max_time_ms(MAX_MILLIS)
    areas = [_to_name(row["_id"], row["name"]) for row in found]
    return AreaPage(items=tuple(areas[:limit]), next=areas[limit - 1].code if len(areas) > limit else None)


def read_area(query: ReadArea, store: Store) -> AreaAnswer | None:
    """Return one area with the names of those around it, nearest first; None where it is not in the register."""
    code = query.code
    if not is_area_code(code):
        return None
    found = store[Area.collection].find({"_id": {"$in": ancestors(code)}}, {"name": 1}).max_time_ms(MAX_MILLIS)
    names = {row["_id"]: row["name"] for row in found}
    if code not in names:
        return None
    within = tuple(_to_name(around, names.get(around, "")) for around in ancestors(code)[1:])
    return AreaAnswer(code=code, name=names[code], level=level_of(code), within=within)


def find_known_areas(query: FindKnownAreas, store: Store) -> KnownAreasAnswer:
    """Return those of the codes that are in the register, in the order given."""
    found = store[Area.collection].find({"_id": {"$in": list(query.codes)}}, {"_id": 1}).max_time_ms(MAX_MILLIS)
    known = {row["_id"] for row in found}
    return KnownAreasAnswer(codes=tuple(code for code in query.codes if code in known))


def _to_name(code: str, name: str) -> AreaName:
    return AreaName(code=code, name=name, level=level_of(code))


QUERIES: Final[QueryTable] = {ListAreas: list_areas, ReadArea: read_area, FindKnownAreas: find_known_areas}
