"""A service opens its own store, bounds every call to it, and reads only data that a majority has."""

from types import SimpleNamespace
from typing import Any

import pytest

from shared.engine.store import opening
from shared.engine.store.durability import SETTLED


def test_a_store_is_opened_with_bounds_and_read_as_a_majority_has_it(monkeypatch: pytest.MonkeyPatch):
    given: dict[str, Any] = {}

    def client(uri: str, **options: Any) -> Any:
        given.update(options, uri=uri)
        return SimpleNamespace(get_database=lambda name, read_concern: (name, read_concern))

    monkeypatch.setattr(opening, "MongoClient", client)
    settings: Any = SimpleNamespace(mongo_uri="mongodb://store", database_name=lambda service: f"x_{service}")
    assert opening.open_store(settings, "charity") == ("x_charity", SETTLED)
    assert given == {
        "uri": "mongodb://store", "tz_aware": True, "appname": "lianshan-charity", "serverSelectionTimeoutMS": 3000,
        "connectTimeoutMS": 3000, "socketTimeoutMS": 20_000, "maxPoolSize": 40, "waitQueueTimeoutMS": 3000,
    }  # fmt: skip
