"""A donor is registered, sealed, and named in no event."""

import json

import pytest
from charity_in_memory import COMMUNITY, CharityInMemory
from opened import opened
from pydantic_core import to_json

from services.charity.donors.domain import Donor
from shared.contracts.charity.donations import DonationReceived
from shared.contracts.charity.donors import DonorDetails, DonorRegistered, RegisterDonor
from shared.contracts.refusals import Refused
from shared.engine.decide.memory import TESTER


def test_a_donor_is_sealed_and_named_in_no_event(charity: CharityInMemory) -> None:
    answer = charity.engine.command(RegisterDonor(name="Qiao Lan", phone="+861055500101"))
    donor = charity.engine.one(Donor, answer.id)
    assert json.loads(to_json(answer)) == {"id": donor.id, "version": 1, "area": ""}
    assert "Qiao" not in str(donor.to_document())
    assert opened(charity.engine, charity.vault, donor, "name_sealed", "receipts") == "Qiao Lan"
    assert opened(charity.engine, charity.vault, donor, "phone_sealed") == "+861055500101"
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
