"""The views as the projector has stored them: one thing by id, or a page of a list, newest first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase

from services.gateway.http.parameters import MOST_ITEMS
from services.gateway.http.problems import Problem
from services.gateway.reading.areas import within
from services.gateway.reading.cursors import BadCursorError, decode_cursor, encode_cursor
from services.gateway.reading.new_things import NewThings
from shared.contracts.access import Actor
from shared.engine import Entity
from shared.engine.decide.schema import Document

MAX_MILLISECONDS: Final = 5000
"""Milliseconds that the store may take over one read."""

MOST_GROUPS: Final = 1000
"""Rows of one aggregation."""

V = TypeVar("V", bound=Entity)


@dataclass(frozen=True, slots=True)
class Page(Generic[V]):
    """Views, and the cursor of the next page, None on the last."""

    views: list[V]
    next: str | None


class Views:
    """The gateway's store, for reading. A view is read as its model, so that older stored forms are upgraded.

    `stored_name` returns the name of a collection's generation that is read, see `Generations`. Every method raises its
    error: Problem (503) for a view that is built for the first time.
    """

    def __init__(
        self,
        database: AsyncDatabase[Document],
        stored_name: Callable[[str], str],
        new_things: NewThings | None = None,
    ) -> None:
        self._database = database
        self._stored_name = stored_name
        self._new_things = new_things

    async def one(self, model: type[V], thing_id: str, caller: Actor) -> V | None:
        """Return the view with that id; None where there is none, or its own event has not arrived yet.

        For a thing that the caller has just registered without waiting, it waits now, see `NewThings`.

        One query contains the caller's area, so that a thing elsewhere looks like one that does not exist. A view
        without an area, such as a donor's, is everywhere.
        """
        rule: Document = {"_id": thing_id, "seen": {"$gt": 0}}
        if "area" in model.model_fields:
            rule |= within(caller.area)
        found = await self._stored(model).find_one(rule, max_time_ms=MAX_MILLISECONDS)
        if found is None and self._new_things and await self._new_things.wait_for(model, thing_id, caller):
            found = await self._stored(model).find_one(rule, max_time_ms=MAX_MILLISECONDS)
        return None if found is None else model.from_document(found)

    async def page(
        self, model: type[V], rule: Document, *, limit: int, after: str | None, without: Sequence[str] = ()
    ) -> Page[V]:
        """Return at most `limit` views that fit the rule, newest first, those after the cursor where one is given.

        Fields named in `without` are not read and have their defaults. Raises Problem (422) for a cursor that no page
        has given.
        """
        asked: Document = {"seen": {"$gt": 0}, **rule}
        if after is not None:
            asked["_id"] = _bounds(asked) | {"$lt": last_id(after)}
        # One more than asked for shows whether there is a next page. Ids rise with time: newest first is by id.
        left_out = dict.fromkeys(without, 0) or None
        cursor = self._stored(model).find(asked, left_out).sort("_id", -1).limit(limit + 1)
        found = await cursor.max_time_ms(MAX_MILLISECONDS).to_list()
        views = [model.from_document(document) for document in found[:limit]]
        return Page(views, encode_cursor(views[-1].id) if len(found) > limit else None)

    async def parts(self, model: type[Entity], rule: Document, fields: Sequence[str], limit: int) -> list[Document]:
        """Return these stored fields alone, by dotted paths, of at most `limit` views that fit the rule, newest first.

        For a comparison of many: no other field is read, and no model is made. Not for an `Evolving` model.
        """
        asked: Document = {"seen": {"$gt": 0}, **rule}
        cursor = self._stored(model).find(asked, dict.fromkeys(fields, 1)).sort("_id", -1).limit(limit)
        return await cursor.max_time_ms(MAX_MILLISECONDS).to_list()

    async def some(self, model: type[V], rule: Document, limit: int = MOST_ITEMS) -> list[V]:
        """Return at most `limit` views that fit the rule, in no order."""
        cursor = self._stored(model).find(rule).limit(limit).max_time_ms(MAX_MILLISECONDS)
        return [model.from_document(document) for document in await cursor.to_list()]

    async def ordered(
        self, model: type[V], rule: Document, limit: int, *, by: str = "_id", newest_first: bool = False
    ) -> list[V]:
        """Return at most `limit` documents that fit the rule, in the order of the field `by`, ties by id."""
        direction = -1 if newest_first else 1
        order = [(by, direction), *([("_id", direction)] if by != "_id" else [])]
        cursor = self._stored(model).find(rule).sort(order).limit(limit).max_time_ms(MAX_MILLISECONDS)
        return [model.from_document(document) for document in await cursor.to_list()]

    async def in_order(
        self, model: type[V], rule: Document, order: Sequence[tuple[str, int]], limit: int, *, hint: str
    ) -> list[V]:
        """Return at most `limit` documents that fit the rule, in the order of the index with that name."""
        rows = self._stored(model).find(rule).sort(list(order)).hint(hint).limit(limit).max_time_ms(MAX_MILLISECONDS)
        return [model.from_document(document) for document in await rows.to_list()]

    async def count(self, model: type[Entity], rule: Document, most: int, *, hint: str) -> int:
        """Return the number of documents that fit the rule, at most `most`, by the index with that name."""
        return await self._stored(model).count_documents(rule, limit=most, hint=hint, maxTimeMS=MAX_MILLISECONDS)

    async def grouped(self, model: type[V], stages: Sequence[Document]) -> list[Document]:
        """Return the rows of an aggregation over the model's collection, at most MOST_GROUPS."""
        cursor = await self._stored(model).aggregate([*stages, {"$limit": MOST_GROUPS}], maxTimeMS=MAX_MILLISECONDS)
        return await cursor.to_list()

    def _stored(self, model: type[Entity]) -> AsyncCollection[Document]:
        return self._database[self._stored_name(model.collection)]


def filters(**wanted: object) -> Document:
    """Return the filters that were given as a MongoDB rule; of several values of one filter each fits."""
    given = {field: value for field, value in wanted.items() if value is not None and value != ()}
    return {field: {"$in": list(value)} if isinstance(value, tuple) else value for field, value in given.items()}


def _bounds(rule: Document) -> Document:
    """Return the rule about the id as operators; a plain id is an equality."""
    named = rule.get("_id", {})
    return named if isinstance(named, dict) else {"$eq": named}


def last_id(cursor: str) -> str:
    """Return the id that a page comes after. Raises Problem (422) for a cursor that no page has given."""
    try:
        return decode_cursor(cursor)
    except BadCursorError:
        raise Problem(422, "invalid", "not_a_cursor", field="after") from None
