"""The questions about the register of areas. Read-only."""

from collections.abc import Sequence
from typing import Final

from pymongo.database import Database

from services.stations.areas.domain import Area
from shared.contracts import Refused
from shared.contracts.areas import ancestors, is_area_code, level_of
from shared.contracts.stations.areas import AreaAnswer, AreaName, AreaPage
from shared.engine.decide.schema import Document

MAX_PAGE: Final = 500
MAX_CODES: Final = 2000
MAX_MILLIS: Final = 5_000
"""The longest time that the store may take over one question."""

Store = Database[Document]


def list_areas(store: Store, parent: str | None, after: str | None, limit: int) -> AreaPage:
    """Return a page of the areas directly in `parent` (None: the provinces), by code.

    `after` is the `next` of the page before; a page holds at least 1 and at most MAX_PAGE areas. A parent that is no
    area code holds none.
    """
    if parent and not is_area_code(parent):
        return AreaPage(items=())
    rule: Document = {"parent": parent or ""}
    if after:
        rule["_id"] = {"$gt": after}
    limit = max(1, min(limit, MAX_PAGE))
    # One row more than the page shows whether there is a next page.
    found = store[Area.collection].find(rule, {"name": 1}).sort("_id", 1).limit(limit + 1).max_time_ms(MAX_MILLIS)
    areas = [_to_name(row["_id"], row["name"]) for row in found]
    return AreaPage(items=tuple(areas[:limit]), next=areas[limit - 1].code if len(areas) > limit else None)


def find_area(store: Store, code: str) -> AreaAnswer | None:
    """Return one area with the names of those around it, nearest first; None where it is not in the register."""
    if not is_area_code(code):
        return None
    found = store[Area.collection].find({"_id": {"$in": ancestors(code)}}, {"name": 1}).max_time_ms(MAX_MILLIS)
    names = {row["_id"]: row["name"] for row in found}
    if code not in names:
        return None
    within = tuple(_to_name(around, names.get(around, "")) for around in ancestors(code)[1:])
    return AreaAnswer(code=code, name=names[code], level=level_of(code), within=within)


def find_known_areas(store: Store, codes: Sequence[str]) -> list[str]:
    """Return those of `codes` that are in the register, in the order given.

    Raises Refused("invalid") for more than MAX_CODES.
    """
    if len(codes) > MAX_CODES:
        raise Refused("invalid", "too_many_ids", field="codes", given=len(codes), most=MAX_CODES)
    found = store[Area.collection].find({"_id": {"$in": list(codes)}}, {"_id": 1}).max_time_ms(MAX_MILLIS)
    known = {row["_id"] for row in found}
    return [code for code in codes if code in known]


def _to_name(code: str, name: str) -> AreaName:
    return AreaName(code=code, name=name, level=level_of(code))
