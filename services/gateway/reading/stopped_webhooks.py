"""The webhooks that a caller reaches, and those of them that wait for their owner."""

from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from services.gateway.deliveries.records import DISABLED, ENDED, STOPPED, Webhook
from services.gateway.deliveries.store import Webhooks
from services.gateway.http.authentication import may
from services.gateway.reading.areas import within
from shared.contracts.access import Actor
from shared.engine.decide.schema import Document

MOST: Final = 200
"""Webhooks that one list shows; an administrator finds more in `GET /v1/webhooks`."""
_STOPPED: Final = [ending.state for ending in (STOPPED, DISABLED, ENDED)]


def reach(caller: Actor) -> Document:
    """Return the rule of the webhooks that the caller reaches."""
    own: Document = {} if may(caller, "keys:manage") else {"principal": caller.principal}
    return {**within(caller.area), **own}


async def find_stopped(database: AsyncDatabase[Document], caller: Actor, area: str) -> list[Webhook]:
    """Return the webhooks within the area, at most MOST, that send nothing until their owner acts.

    None for a caller who manages no webhooks. One that its owner has paused waits for nobody.
    """
    if not may(caller, "webhooks:manage"):
        return []
    return await Webhooks(database).after(None, MOST, {**reach(caller), **within(area), "state": {"$in": _STOPPED}})
