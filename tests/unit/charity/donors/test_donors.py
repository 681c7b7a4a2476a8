"""A donor is registered, sealed, and named in no event."""

import json

from charity_in_memory import COMMUNITY, CharityInMemory
from pydantic_core import to_json

from services.charity.donors.domain import Donor
from shared.contracts.charity.donations import DonationReceived
from shared.contracts.charity.donors import RegisterDonor


def test_a_donor_is_sealed_and_named_in_no_event(charity: CharityInMemory) -> None:
    answer = charity.engine.command(RegisterDonor(name="Qiao Lan", phone="+861055500101"))
    donor = charity.engine.one(Donor, answer.id)
    assert json.loads(to_json(answer)) == {"id": donor.id, "version": 1}
    assert "Qiao" not in str(donor.to_document())
    assert charity.vault.open(donor.name_sealed) == "Qiao Lan"
    charity.donate(COMMUNITY, 1, donor_id=answer.id)
    emitted = "".join(event.model_dump_json() for event in charity.engine.events)
    assert "Qiao" not in emitted
    assert "5550" not in emitted
    assert charity.engine.emitted(DonationReceived)[0].donor_id == answer.id
