"""Transactions of the gateway's own store: a majority keeps each, and one that met another is made again."""

from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import pymongo
from pymongo import WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from shared.engine.decide.schema import Document

SECONDS: Final = 15.0
"""For all tries of one transaction together, its commit included."""
T = TypeVar("T")


async def in_transaction(
    database: AsyncDatabase[Document], work: Callable[[AsyncClientSession], Coroutine[Any, Any, T]]
) -> T:
    """Do the work in one transaction and return its result; the work writes by the session that it gets.

    Where another transaction has changed the same document meanwhile, or a failover has come between, the work is done
    again: it may run several times, and its writes count once. Raises PyMongoError after SECONDS, and any error
    of the work, without effect in the store.
    https://www.mongodb.com/docs/manual/core/transactions-in-applications/
    """
    with pymongo.timeout(SECONDS):
        async with database.client.start_session() as session:
            return await session.with_transaction(work, write_concern=WriteConcern("majority"))
