"""The erasure of a donor: the phone goes, the receipt keeps its name, the gift stays in the accounts."""

from datetime import timedelta

from charity_in_memory import COMMUNITY, CharityInMemory
from erasing import counts, erasure_of, fail, letters, outcomes
from former_donors import migrated
from opened import opened

from services.charity.donors.domain import Donor
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.charity.erasures import CharityErasureAnswered
from shared.engine.decide.external_ids import ExternalId
from shared.engine.decide.memory import TESTER
from shared.people import DataKey


def erase(charity: CharityInMemory, donor: str, reach: str = "") -> None:
    charity.engine.event(erasure_of(("need", "need_other"), ("donor", donor), reach=reach))
    charity.engine.advance(timedelta(minutes=1))


def test_phone_and_key_go_and_the_receipts_name_and_the_gift_stay(charity: CharityInMemory) -> None:
    asked = RegisterDonor(name="Qiao Lan", phone="+861055500101", external_id="crm-17")
    donor_id = charity.engine.command(asked).id
    charity.donate(COMMUNITY, 3, donor_id=donor_id)
    charity.engine.command(RegisterDonor(name="Somebody", phone="+861055500102"), key="other")
    fail(charity.engine, charity.vault, 1, RegisterDonor(name="Qiao Lan"))
    before = charity.accounts()
    erase(charity, donor_id)
    donor = charity.engine.one(Donor, donor_id)
    assert (donor.particulars_sealed, donor.marks) == (None, ())
    assert opened(charity.engine, charity.vault, donor, "name_sealed") == "Qiao Lan"
    assert donor.data_key is None
    assert charity.engine.all(DataKey) == []
    assert charity.engine.all(ExternalId) == []
    assert letters(charity.engine) == []
    assert charity.accounts() == before
    (outcome,) = outcomes(charity.engine, CharityErasureAnswered)
    assert counts(outcome) == {"personal_record": 1, "data_key": 1, "external_ids": 1, "failed_messages": 1}
    assert [kept.code for kept in outcome.kept] == ["kept_name_for_receipts", "kept_gifts_nameless"]


def test_of_a_donor_of_the_release_before_fields_and_key_go_likewise(
    charity: CharityInMemory,
) -> None:
    donor_id = registered_before(charity, phone="+861055500101", external_id="crm-17")
    donor = charity.engine.one(Donor, donor_id)
    assert opened(charity.engine, charity.vault, donor, "phone_sealed") == "+861055500101"
    fail(charity.engine, charity.vault, 1, RegisterDonor(name="Qiao Lan", phone="+861055500101"))
    erase(charity, donor_id)
    assert charity.engine.all(DataKey) == []
    assert charity.engine.one(Donor, donor_id).phone_sealed is None
    (outcome,) = outcomes(charity.engine, CharityErasureAnswered)
    assert counts(outcome) == {"personal_record": 1, "data_key": 1, "external_ids": 1, "failed_messages": 1}


def registered_before(charity: CharityInMemory, **details: str) -> str:
    """A donor of release 0.2, migrated."""
    donor_id = str(charity.engine.command(RegisterDonor(name="Qiao Lan", **details)).id)
    donor, key = migrated(charity.vault, charity.engine.one(Donor, donor_id))
    charity.engine.entities[DataKey, key.id] = key
    charity.engine.entities[Donor, donor_id] = donor
    return donor_id


def test_a_donor_of_the_whole_platform_is_unknown_to_the_office_of_one_area(charity: CharityInMemory) -> None:
    donor_id = charity.engine.command(RegisterDonor(name="Qiao Lan", phone="+861055500101")).id
    erase(charity, donor_id, reach="110102")
    assert [outcome.state for outcome in outcomes(charity.engine, CharityErasureAnswered)] == ["unknown"]
    assert charity.engine.one(Donor, donor_id).particulars_sealed is not None
    office = TESTER.model_copy(update={"area": "110102"})
    own = charity.engine.command(RegisterDonor(name="Qiao Lan", phone="+861055500101"), "own", office).id
    charity.engine.event(erasure_of(("donor", own), erasure_id="erasure_2", reach="110102"))
    charity.engine.advance(timedelta(minutes=1))
    assert charity.engine.one(Donor, own).particulars_sealed is None
