"""A donor is registered, sealed, and named in no event."""

import json
from typing import Any

import pytest
from charity_in_memory import COMMUNITY, CharityInMemory
from former_donors import migrated
from identity_numbers import invented_number
from opened import opened
from pydantic_core import to_json

from services.charity.donors.domain import Donor, seal_donor
from services.charity.donors.opening import open_donor
from shared.contracts.charity.donations import DonationReceived
from shared.contracts.charity.donors import DonorDetails, DonorRegistered, RegisterDonor
from shared.contracts.refusals import Refused
from shared.engine.decide.memory import START, TESTER
from shared.people import DataKey, Marker, OpenKeys
from shared.people.reading import by_id
from shared.runtime.vault import Vault


def test_a_donor_is_sealed_and_named_in_no_event(charity: CharityInMemory) -> None:
    answer = charity.engine.command(RegisterDonor(name="Qiao Lan", phone="+861055500101"))
    donor = charity.engine.one(Donor, answer.id)
    assert json.loads(to_json(answer)) == {"id": donor.id, "version": 1, "area": ""}
    assert "Qiao" not in str(donor.to_document())
    assert opened(charity.engine, charity.vault, donor, "name_sealed") == "Qiao Lan"
    assert opened(charity.engine, charity.vault, donor, "particulars_sealed") == '{"phone":"+861055500101"}'
    charity.donate(COMMUNITY, 1, donor_id=answer.id)
    emitted = "".join(event.model_dump_json() for event in charity.engine.events)
    assert "Qiao" not in emitted
    assert "5550" not in emitted
    assert charity.engine.emitted(DonationReceived)[0].donor_id == answer.id


OFFICE = TESTER.model_copy(update={"area": COMMUNITY[:9]})
NEIGHBOUR = TESTER.model_copy(update={"area": "110105001"})


def test_a_donor_is_kept_in_the_area_named_or_else_in_that_of_the_office(charity: CharityInMemory) -> None:
    registered = [
        charity.engine.command(RegisterDonor(name="Qiao Lan"), actor=OFFICE),
        charity.engine.command(RegisterDonor(name="Qiao Lan", area=COMMUNITY), actor=OFFICE),
        charity.engine.command(RegisterDonor(name="Qiao Lan")),
    ]
    assert [answer.area for answer in registered] == [OFFICE.area, COMMUNITY, ""]
    assert [event.area for event in charity.engine.emitted(DonorRegistered)] == [OFFICE.area, COMMUNITY, ""]
    with pytest.raises(Refused) as refusal:
        charity.engine.command(RegisterDonor(name="Qiao Lan", area=NEIGHBOUR.area), actor=OFFICE)
    assert (refusal.value.code, refusal.value.rule) == ("not_allowed", "area_elsewhere")


def test_a_donor_brought_along_is_kept_in_the_area_of_the_receiver(charity: CharityInMemory) -> None:
    gift = charity.donate(COMMUNITY, 1, donor=DonorDetails(name="Qiao Lan"))
    assert charity.engine.one(Donor, gift.donor_id).area == COMMUNITY


def test_nobody_gives_in_the_name_of_a_donor_of_another_area(charity: CharityInMemory) -> None:
    elsewhere = charity.engine.command(RegisterDonor(name="Qiao Lan"), actor=NEIGHBOUR).id
    told = []
    for donor_id in (elsewhere, "donor_none"):
        with pytest.raises(Refused) as refusal:
            charity.donate(COMMUNITY, 1, donor_id=donor_id, actor=OFFICE)
        told.append(str(refusal.value).replace(donor_id, "ID"))
    assert told[0] == told[1]
    assert "not_found" in told[0]


def test_number_and_phone_are_sealed_by_one_key_and_the_name_by_that_of_receipts(charity: CharityInMemory) -> None:
    number = invented_number("19620704")
    answer = charity.engine.command(RegisterDonor(name="Qiao Lan", phone="13900000001", identity_number=number))
    donor = charity.engine.one(Donor, answer.id)
    assert number not in str(donor.to_document())
    assert "1962" not in str(donor.marks)
    found = json.loads(opened(charity.engine, charity.vault, donor, "particulars_sealed"))
    assert found == {"phone": "+8613900000001", "identity_number": number}, "no year of birth: the number has it"
    assert donor.data_key is not None
    assert charity.engine.all(DataKey) == [], "the key is in the donor's own document"
    assert donor.name_sealed.startswith("k1."), "by the key of receipts: nothing that an erasure deletes opens it"
    assert donor.particulars_sealed is not None
    assert donor.particulars_sealed.startswith("p1.")
    assert (donor.phone_sealed, donor.identity_number_sealed) == (None, None), "in one value: each takes its time"


def test_of_a_donor_with_a_name_alone_nothing_else_is_sealed(charity: CharityInMemory) -> None:
    donor = charity.engine.one(Donor, charity.engine.command(RegisterDonor(name="Qiao Lan")).id)
    assert donor.particulars_sealed is None


def test_while_the_release_before_may_read_the_store_a_donor_is_written_in_its_form() -> None:
    vault = Vault(bytes(32), "charity", bound=False)
    details = DonorDetails(name="Qiao Lan", phone="13900000001", birth_year=1962)
    donor = seal_donor("donor_1", details, COMMUNITY, vault=vault, marker=Marker(vault), now=START)
    assert (donor.particulars_sealed, donor.data_key) == (None, None)
    assert [vault.open(str(sealed)) for sealed in (donor.phone_sealed, donor.birth_year_sealed)] == [
        "+8613900000001", "1962",
    ]  # fmt: skip


@pytest.mark.parametrize("born", [{"birth_year": 1962}, {"identity_number": invented_number("19620704")}])
def test_a_donor_of_the_release_before_opens_as_one_of_today(charity: CharityInMemory, born: dict[str, Any]) -> None:
    answer = charity.engine.command(RegisterDonor(name="Qiao Lan", phone="13900000001", **born))
    today = charity.engine.one(Donor, answer.id)
    former, key = migrated(charity.vault, today)
    assert former.phone_sealed is not None
    keys = OpenKeys(charity.vault, by_id([key.to_document()], [today.to_document()]))
    assert open_donor(former.to_document(), keys) == open_donor(today.to_document(), keys)


def test_a_donor_is_found_by_marks(charity: CharityInMemory) -> None:
    answer = charity.engine.command(RegisterDonor(name="Qiao Lan", phone="13900000001", birth_year=1962))
    donor = charity.engine.one(Donor, answer.id)
    marker = Marker(charity.vault)
    assert {marker.of_phone("+8613900000001"), marker.of_name("QIAO LAN", 1962)} <= set(donor.marks or ())


def test_nobody_gives_before_they_are_born(charity: CharityInMemory) -> None:
    unborn = DonorDetails(name="Qiao Lan", identity_number=invented_number("20900101"))
    with pytest.raises(Refused) as refused:
        charity.engine.command(RegisterDonor(**unborn.model_dump()))
    assert (refused.value.rule, refused.value.field) == ("birth_date_in_future", "identity_number")
    with pytest.raises(Refused) as refused:
        charity.donate(COMMUNITY, 1, donor=unborn)
    assert (refused.value.rule, refused.value.field) == ("birth_date_in_future", "donor.identity_number")
    with pytest.raises(Refused) as refused:
        charity.donate(COMMUNITY, 1, donor=DonorDetails(name="Qiao Lan", birth_year=2090))
    assert refused.value.field == "donor.birth_year"
    assert charity.engine.all(Donor) == []


def test_a_donor_of_release_0_2_who_is_forgotten_is_stored_as_one_without_marks(charity: CharityInMemory) -> None:
    answer = charity.engine.command(RegisterDonor(name="Qiao Lan"))
    document = charity.engine.one(Donor, answer.id).to_document()
    del document["marks"]
    before = Donor.from_document(document)
    assert before.model_copy(update={"phone_sealed": None}).changes_since(before) == {"$set": {}}
    # A document without the field would be given marks by the next migration.
    assert before.model_copy(update={"marks": ()}).changes_since(before)["$set"]["marks"] in ((), [])
