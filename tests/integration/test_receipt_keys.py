"""The names of donors over a real MongoDB: sealed by the key of receipts, which a rotation replaces."""

from uuid import uuid4

import pytest
from pymongo import MongoClient

from deploy.lianshan.keys import add_key
from services.charity.declaration import DECLARATION as CHARITY
from shared.people.resealing import Resealing
from shared.runtime.keyring import KeyRing
from shared.runtime.vault import Vault

pytestmark = pytest.mark.integration

RING = KeyRing.of_key(bytes(range(32)))
PLACES = {donor: ("donors", donor, "name_sealed") for donor in ("donor_1", "donor_2")}


def test_a_name_that_the_law_keeps_is_sealed_again_and_needs_no_data_key(
    mongo_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []
    monkeypatch.setattr("shared.people.resealing.sleep", rests.append)
    sealed = {
        "donor_1": Vault(RING, "charity").kept.seal("Qiao Lan", *PLACES["donor_1"]),
        "donor_2": Vault(RING, "charity", bound=False).seal("Qiao Lan"),  # by release 0.2
    }
    with MongoClient(mongo_uri) as client:
        database = client[f"receipts_{uuid4().hex[:8]}"]
        database["donors"].insert_many({"_id": donor, "name_sealed": value} for donor, value in sealed.items())
        ring = add_key(RING)
        resealing = Resealing(database, Vault(ring, "charity"), CHARITY.sealed)
        assert resealing.count() == 2
        rests.clear()
        assert resealing.run().changed == 2
        assert rests, "the live traffic has its turn after each batch"
        assert all(rest > 0 for rest in rests), "as long as the batch took, also where no rest is asked for"
        assert resealing.count() == 0
        after, found = Vault(ring.retire(), "charity"), {row["_id"]: row for row in database["donors"].find()}
        for donor, place in PLACES.items():
            assert after.open(found[donor]["name_sealed"], *place) == "Qiao Lan"
        assert database["data_keys"].count_documents({}) == 0
        client.drop_database(database.name)
