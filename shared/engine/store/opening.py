"""The opening of a service's own store: its client, and the bounds of each call."""

from typing import Final

from pymongo import MongoClient
from pymongo.database import Database

from shared.engine.decide.schema import Document
from shared.engine.store.durability import SETTLED
from shared.runtime.settings import ServiceSettings

MONGO_SECONDS: Final = 3
"""How long PyMongo looks for a primary. Short, because the loop itself waits and tries again."""
SOCKET_SECONDS: Final = 20
"""How long MongoDB may take for one answer. A store that stays silent so long, in each of PyMongo's tries, may cost the
broker's connection as well: once, because nothing is taken again before the store answers.
"""

MOST_CONNECTIONS: Final = 40
"""Connections to each member of the store: several times the queries, batches and companions of a process together."""


def open_store(settings: ServiceSettings, service: str) -> Database[Document]:
    """Return the service's own database, read as `SETTLED`. It connects when it is first used."""
    client: MongoClient[Document] = MongoClient(
        settings.mongo_uri,
        tz_aware=True,
        appname=f"lianshan-{service}",
        serverSelectionTimeoutMS=MONGO_SECONDS * 1000,
        connectTimeoutMS=MONGO_SECONDS * 1000,
        socketTimeoutMS=SOCKET_SECONDS * 1000,
        maxPoolSize=MOST_CONNECTIONS,
        waitQueueTimeoutMS=MONGO_SECONDS * 1000,
    )
    return client.get_database(settings.database_name(service), read_concern=SETTLED)
