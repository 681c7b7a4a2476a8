"""The replicas of a service know how many they are."""

from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from shared.engine.store import replicas
from shared.engine.store.replicas import REPLICAS, Replicas, Share

pytestmark = pytest.mark.integration


def test_replicas_divide_what_there_is_and_close_up_when_one_leaves_or_falls_silent(mongo_uri: str) -> None:
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri, tz_aware=True, serverSelectionTimeoutMS=10_000)
    database = client[f"t{uuid4().hex[:12]}_shares"]
    time = [0.0]
    shares = [Share() for _ in range(3)]
    all_three = [Replicas(database, share, lambda: time[0]) for share in shares]

    def look(*those: int) -> list[tuple[int, int]]:
        for _ in range(2):  # the message of one in the first round has reached all after the second
            time[0] += replicas.BEAT_SECONDS
            for nth in those:
                all_three[nth].refresh()
        return sorted(shares[nth].part for nth in those)

    try:
        assert look(0) == [(0, 1)]
        assert look(0, 1, 2) == [(0, 3), (1, 3), (2, 3)]
        all_three[1].leave()
        assert look(0, 2) == [(0, 2), (1, 2)]
        database[REPLICAS].update_many({}, [{"$set": {"at": {"$subtract": ["$$NOW", 60_000]}}}])
        assert look(2) == [(0, 1)]
    finally:
        client.drop_database(database.name)
        client.close()
