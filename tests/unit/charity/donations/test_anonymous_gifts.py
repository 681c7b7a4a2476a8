"""An anonymous gift stays anonymous: its donor stands nowhere but apart, for charity's own officers."""

from typing import Any

import pytest
from charity_in_memory import COMMUNITY, CharityInMemory
from pydantic import ValidationError

from services.charity.donations import CAPABILITY
from services.charity.donations.domain import Donation, Giver
from services.charity.donations.queries import read_giver
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.charity.donations import CorrectDonation, Donate, DonationReceived, ReadGiver
from shared.contracts.charity.donors import RegisterDonor
from shared.engine.decide.limits import encode_event
from shared.people.holdings import KEPT_FOR_ACCOUNTS


@pytest.fixture
def donor(charity: CharityInMemory) -> str:
    registered = charity.engine.command(RegisterDonor(name="Wu Invented", phone="13800000000", area=COMMUNITY))
    return str(registered.id)


def give(charity: CharityInMemory, donor: str, **more: Any) -> Any:
    return charity.donate(COMMUNITY, 5, donor_id=donor, anonymous=True, **more)


def test_the_donor_of_an_anonymous_gift_is_in_no_event_and_in_no_answer(charity: CharityInMemory, donor: str) -> None:
    answer = give(charity, donor)
    assert (answer.anonymous, answer.donor_id) == (True, None)
    (received,) = charity.engine.emitted(DonationReceived)
    assert (received.anonymous, received.donor_id) == (True, None)
    charity.engine.command(CorrectDonation(donation_id=answer.id, reason_code="not_received"))
    about_it = [event for event in charity.engine.events if event.type.startswith("charity.donation")]
    assert len(about_it) == 2
    assert not [event for event in about_it if donor.encode() in encode_event(event)]


def test_the_donor_is_kept_apart_and_stands_in_no_document_that_is_shown(charity: CharityInMemory, donor: str) -> None:
    answer = give(charity, donor)
    assert charity.engine.one(Donation, answer.id).donor_id is None
    assert charity.engine.one(Giver, answer.id).donor_id == donor


def test_the_audit_has_the_gift_on_record_and_not_the_donor(donor: str) -> None:
    gift = Donate(fund_id="fund_1", amount_fen=5, donor_id=donor)
    assert list(gift.ids_found()) == ["fund_1", donor]
    assert list(gift.model_copy(update={"anonymous": True}).ids_found()) == ["fund_1"]


def test_who_brings_a_donor_along_registers_an_anonymous_one_first() -> None:
    with pytest.raises(ValidationError, match="anonymous_donor_registered"):
        Donate.model_validate({"fund_id": "f", "amount_fen": 5, "anonymous": True, "donor": {"name": "Wu Invented"}})


def test_a_gift_of_which_nobody_knows_the_donor_may_be_called_anonymous(charity: CharityInMemory) -> None:
    answer = charity.donate(COMMUNITY, 5, anonymous=True)
    assert (answer.anonymous, charity.engine.all(Giver)) == (True, [])


@pytest.mark.parametrize("role", ["station_worker", "supervisor", "volunteer_coordinator", "platform"])
def test_others_than_charitys_officers_are_refused_before_the_store_is_asked(role: str) -> None:
    actor = Actor(kind="key", id="key_1", roles=(role,), area=COMMUNITY)
    if role == "platform":
        # It records donations, and the engine refuses it, as a reader of no personal data.
        assert ReadGiver.permission == "personal:read"
        return
    with pytest.raises(Refused) as refusal:
        read_giver(ReadGiver(donation_id="donation_1"), {}, actor)  # type: ignore[arg-type]
    assert (refusal.value.code, refusal.value.rule) == ("not_allowed", "permission_missing")


def test_an_erasure_leaves_the_reference_for_the_accounts_and_a_copy_refers_to_charity() -> None:
    (apart,) = (holding for holding in CAPABILITY.holdings if holding.collection == Giver.collection)
    assert apart.kept == KEPT_FOR_ACCOUNTS
    assert apart.left_out is not None
    assert apart.left_out.code == "anonymous_gifts_apart"
