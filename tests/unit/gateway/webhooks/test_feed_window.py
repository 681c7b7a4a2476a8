"""The end of the feed, read once for all webhooks: no event is passed over, also where a restore comes between."""

import asyncio
import json
from typing import Any, Self, cast

from pymongo.asynchronous.database import AsyncDatabase

from services.gateway.deliveries.window import FeedWindow
from services.gateway.projection.feed import feed_id
from shared.engine.decide.schema import Document


class Items:
    """The feed's items 1 to `last`; a reading waits for `turn`."""

    def __init__(self, last: int) -> None:
        self.last, self.turn = last, asyncio.Event()
        self.turn.set()
        self._found: list[Document] = []

    def __getitem__(self, _: str) -> Self:
        return self

    def find(self, rule: Document, _: Document) -> Self:
        bounds = rule["_id"]
        numbers = [n for n in range(1, self.last + 1) if bounds["$gt"] < feed_id(n) <= bounds["$lte"]]
        self._found = [self._row(n) for n in numbers]
        return self

    @staticmethod
    def _row(number: int) -> Document:
        event = {"id": f"e{number}", "source": "/s", "subject": "s", "time": "t"}
        return {"cursor": number, "type": "a.b.c", "area": "", "event": json.dumps(event)}

    def sort(self, *_: Any) -> Self:
        return self

    limit = max_time_ms = sort

    async def to_list(self) -> list[Document]:
        found = self._found
        await self.turn.wait()
        return found


def test_a_reading_that_a_restore_has_overtaken_hides_no_event_of_the_feed_as_it_is_now() -> None:
    async def story() -> None:
        items = Items(20)
        window = FeedWindow(cast("AsyncDatabase[Document]", items))
        await window.read(0, 10)
        items.turn.clear()
        reading = asyncio.create_task(window.read(10, 20))
        await asyncio.sleep(0)
        window.forget()
        items.turn.set()
        await reading
        assert [event.position for event in await window.read(5, 12)] == [6, 7, 8, 9, 10, 11, 12]

    asyncio.run(story())
