"""The sealed rows of jobs, over a real MongoDB: a rotation of the key ring leaves them readable by the newer key."""

import pytest
from pymongo import MongoClient

from shared.engine.store.collections import SEALED_ROWS, row_place
from shared.people.resealing import Resealing
from shared.runtime.keyring import KeyRing
from shared.runtime.vault import Vault

pytestmark = pytest.mark.integration
FORMER, NEWER = bytes(range(32)), bytes(range(1, 33))


@pytest.mark.parametrize("collection", SEALED_ROWS)
def test_a_row_of_a_job_is_read_by_the_newer_key_alone(mongo_uri: str, collection: str) -> None:
    place = row_place(collection, "job_1.0001")
    with MongoClient[dict[str, object]](mongo_uri) as client:
        database = client["jobs_sealed_again"]
        database[collection].drop()
        former = Vault(KeyRing.of_key(FORMER), "stations")
        database[collection].insert_one({"_id": "job_1.0001", "job_id": "job_1", "sealed": former.seal("row", *place)})
        both = Vault(KeyRing.of_key(FORMER).with_key(NEWER), "stations")
        resealing = Resealing(database, both, {}, window=10)
        assert resealing.count() == 1
        assert resealing.run().changed == 1
        assert resealing.count() == 0
        row = database[collection].find_one({})
        assert row is not None
        assert Vault(KeyRing.of_key(NEWER), "stations").open(str(row["sealed"]), *place) == "row"
