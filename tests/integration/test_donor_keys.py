"""The data key in a donor's own document over a real MongoDB: rotated, never shown, and bound to its donor."""

from collections.abc import Iterator
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient

from deploy.lianshan.keys import add_key
from services.charity.declaration import DECLARATION as CHARITY
from services.charity.donors.domain import SEALED, Donor, seal_donor
from services.charity.donors.opening import open_donor
from shared.contracts.charity.donors import DonorDetails
from shared.people import KeyGoneError, Marker, read_keys
from shared.people.copies import open_document
from shared.people.particulars import PARTICULARS
from shared.people.resealing import Resealing
from shared.runtime.clock import machine_now
from shared.runtime.keyring import KeyRing
from shared.runtime.vault import Vault, VaultError

pytestmark = pytest.mark.integration

RING = KeyRing.of_key(bytes(range(32)))
PHONES = {"donor_1": "+8613900000001", "donor_2": "+8613900000002"}
OF_THE_PERSON = [name for name, purpose in SEALED.items() if purpose == "person"]


@pytest.fixture
def store(mongo_uri: str) -> Iterator[Any]:
    """Two donors, each with a key of its own."""
    vault = Vault(RING, "charity")
    with MongoClient[Any](mongo_uri, tz_aware=True) as client:
        database = client[f"donor_keys_{uuid4().hex[:8]}"]
        for donor_id, phone in PHONES.items():
            details = DonorDetails(name="Qiao Lan", phone=phone, birth_year=1962)
            donor = seal_donor(donor_id, details, "", vault=vault, marker=Marker(vault), now=machine_now())
            database[Donor.collection].insert_one({**donor.to_document(), "version": 1})
        yield database
        client.drop_database(database.name)


def phone_of(store: Any, donor_id: str, ring: KeyRing = RING) -> str | None:
    keys = read_keys(store, Vault(ring, "charity"), [donor_id], Donor.collection)
    return open_donor(store[Donor.collection].find_one({"_id": donor_id}), keys).phone


def test_a_rotation_wraps_the_key_again_and_seals_no_field_of_the_person(store: Any) -> None:
    before = {row["_id"]: row for row in store[Donor.collection].find()}
    ring = add_key(RING)
    resealing = Resealing(store, Vault(ring, "charity"), CHARITY.sealed)
    assert resealing.count() == 2
    assert (resealing.run().changed, resealing.report.unreadable, resealing.count()) == (2, [], 0)
    for row in store[Donor.collection].find():
        assert [row[name] for name in OF_THE_PERSON] == [before[row["_id"]][name] for name in OF_THE_PERSON]
        assert row["data_key"] != before[row["_id"]]["data_key"]
        assert phone_of(store, row["_id"], ring.retire()) == PHONES[row["_id"]], "by the new key alone"
    assert store["data_keys"].count_documents({}) == 0


@pytest.mark.parametrize("names", [("data_key",), (PARTICULARS,), ("data_key", PARTICULARS), tuple(SEALED)])
def test_what_is_moved_to_another_donor_is_noticed(store: Any, names: tuple[str, ...]) -> None:
    for one, other in permutations(store[Donor.collection].find(), 2):
        store[Donor.collection].update_one({"_id": one["_id"]}, {"$set": {name: other[name] for name in names}})
    for donor_id in PHONES:
        with pytest.raises(VaultError, match="another person"):
            phone_of(store, donor_id)


def test_a_key_beside_the_record_does_not_stand_in_for_that_of_the_record(store: Any) -> None:
    wrapped, _ = Vault(RING, "charity").make_key("data_keys", "person:donor_1", "wrapped")
    store["data_keys"].insert_one({"_id": "person:donor_1", "version": 1, "wrapped": wrapped, "ring": "x"})
    assert phone_of(store, "donor_1") == PHONES["donor_1"]


def test_a_donor_of_release_0_2_is_migrated_field_by_field_and_opens(store: Any) -> None:
    former = Vault(RING, "charity", bound=False)
    details = DonorDetails(name="Qiao Lan", phone="+8613900000003", birth_year=1962)
    donor = seal_donor("donor_3", details, "", vault=former, marker=Marker(former), now=machine_now())
    store[Donor.collection].insert_one({**donor.to_document(), "version": 1})
    assert Resealing(store, Vault(RING, "charity"), CHARITY.sealed).run().changed == 1
    found = store[Donor.collection].find_one({"_id": "donor_3"})
    assert found["phone_sealed"].startswith("p1.")
    opened = open_donor(found, read_keys(store, Vault(RING, "charity"), ["donor_3"], Donor.collection))
    assert (opened.name, opened.phone, opened.birth_year) == ("Qiao Lan", "+8613900000003", 1962)


def test_without_the_key_nothing_of_the_donor_opens(store: Any) -> None:
    store[Donor.collection].update_one({"_id": "donor_1"}, {"$set": {"data_key": None}})
    with pytest.raises(KeyGoneError):
        phone_of(store, "donor_1")


def test_a_copy_shows_the_data_and_never_the_key(store: Any) -> None:
    keys = read_keys(store, Vault(RING, "charity"), ["donor_1"], Donor.collection)
    row = store[Donor.collection].find_one({"_id": "donor_1"})
    copied = open_document(row, Donor.collection, "donor_1", SEALED, keys)
    assert copied["phone"] == PHONES["donor_1"]
    assert row["data_key"] not in str(copied)
    assert "data_key" not in copied
