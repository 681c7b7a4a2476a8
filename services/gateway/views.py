"""Reading the projections: one thing by id, or a page of a list, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Query
from pymongo.asynchronous.database import AsyncDatabase

from services.gateway.domain.cursors import BadCursorError, decode_cursor, encode_cursor
from services.gateway.domain.scopes import Caller
from services.gateway.problems import Problem
from services.gateway.storage import SCHEMAS
from shared.contracts.areas import AreaCode
from shared.engine import Schema

MOST_ITEMS: Final = 200
MAX_MILLISECONDS: Final = 5000
"""How long the store may take over one question."""
_AFTER_DIGITS: Final = ":"
"""The character after `9`: where the codes that begin with a prefix end."""

Document = dict[str, Any]
Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="Items on a page.")]
After = Annotated[str | None, Query(max_length=256, description="`next` of the page before.")]
InArea = Annotated[AreaCode | None, Query(description="An administrative code: that area and all within it.")]
IdOf = Annotated[str | None, Query(max_length=64, pattern=r"^[A-Za-z0-9_:.@-]+$")]


@dataclass(frozen=True, slots=True)
class Page:
    """Documents, and the cursor of the next page, None on the last."""

    documents: list[Document]
    next: str | None

    def of(self, items: list[Document]) -> Document:
        """The answer with the documents as read."""
        return {"items": items, "next": self.next}


class Views:
    """The gateway's store, for reading."""

    def __init__(self, database: AsyncDatabase[Document], schemas: Mapping[str, Schema] = SCHEMAS) -> None:
        self._database = database
        self._schemas = schemas

    async def one(self, collection: str, thing_id: str) -> Document | None:
        """The view, unless only others have spoken of the thing so far."""
        found = await self._database[collection].find_one(
            {"_id": thing_id, "seen": {"$gt": 0}}, max_time_ms=MAX_MILLISECONDS
        )
        return None if found is None else self.today(collection, [found])[0]

    async def page(self, collection: str, rule: Document, *, limit: int, after: str | None) -> Page:
        """A page of what fits the rule. Raises Problem where the cursor is none of ours."""
        asked: Document = {"seen": {"$gt": 0}, **rule}
        if after is not None:
            asked["_id"] = {"$lt": _last_id(after)}
        cursor = self._database[collection].find(asked).sort("_id", -1).limit(limit + 1)
        found = await cursor.max_time_ms(MAX_MILLISECONDS).to_list()
        more = len(found) > limit
        found = self.today(collection, found[:limit])
        return Page(found, encode_cursor(found[-1]["_id"]) if more else None)

    async def some(self, collection: str, rule: Document, limit: int = MOST_ITEMS) -> list[Document]:
        """A few that belong to one thing."""
        cursor = self._database[collection].find(rule).limit(limit).max_time_ms(MAX_MILLISECONDS)
        return self.today(collection, await cursor.to_list())

    def today(self, collection: str, documents: list[Document]) -> list[Document]:
        """Those that the projector stored in an older form as it would store them now."""
        schema = self._schemas.get(collection)
        return documents if schema is None else [schema.upgraded(document) for document in documents]


def area_rule(caller: Caller, area: str | None) -> Document:
    """The part of the rule that keeps to the area that was asked for and to the caller's own."""
    within = caller.narrowed(area or "")
    if within is None:
        raise Problem(403, "not_allowed", f"This key reaches area {caller.area} only, and {area} is elsewhere.")
    return {"area": {"$gte": within, "$lt": within + _AFTER_DIGITS}} if within else {}


def only(**wanted: Any) -> Document:
    """The filters that were given."""
    return {field: value for field, value in wanted.items() if value is not None}


def _last_id(cursor: str) -> str:
    try:
        return decode_cursor(cursor)
    except BadCursorError:
        raise Problem.about("after", "cursor", "Give `next` of the page before, or nothing.") from None
