"""After an erasure nothing is recorded under the id again: no consent, no guardian, no merge (PIPL, art. 47)."""

from datetime import timedelta
from typing import Any

import pytest
from erasing import erasure_of
from owners_in_memory import AREA, Owner

from services.charity.declaration import DECLARATION as CHARITY
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from shared.contracts.charity.consents import GiveDonorConsent
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.charity.merges import MergeDonors, UnmergeDonors
from shared.contracts.consents import GuardianDetails
from shared.contracts.messages import Command
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.consents import GiveVolunteerConsent, RenewVolunteerConsent
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.people.keys import DataKey

GUARDIAN = GuardianDetails(name="Zhou Invented", phone="+8613800000009")


def erase(owner: Owner, kind: str, person_id: str) -> None:
    owner.engine.event(erasure_of((kind, person_id)))
    owner.engine.advance(timedelta(minutes=1))


def refused(owner: Owner, command: Command) -> str:
    with pytest.raises(Refused) as raised:
        owner.do(command)
    return str(raised.value.rule)


def consent(owner: Owner, person_id: str) -> dict[str, Any]:
    return {
        "person_id": person_id, "scopes": ("contact",), "purpose": "insurance", "given_by": "guardian",
        "guardian": GUARDIAN, "expires_at": owner.engine.now + timedelta(days=9),
    }  # fmt: skip


def volunteer(owner: Owner) -> str:
    place = {"lon": 116.3, "lat": 39.9}
    asked = {"name": "Lin Invented", "phone": "13800000000", "area": AREA, "location": place, "birth_year": 2020}
    return str(owner.do(RegisterVolunteer.model_validate(asked)).id)


def test_a_guardian_is_not_sealed_with_a_new_key_of_an_erased_volunteer() -> None:
    owner = Owner(VOLUNTEERING)
    person = volunteer(owner)
    given = owner.do(GiveVolunteerConsent.model_validate(consent(owner, person)))
    erase(owner, "volunteer", person)
    again = {"given_by": "guardian", "guardian": GUARDIAN, "expires_at": given.expires_at + timedelta(days=9)}
    assert refused(owner, GiveVolunteerConsent.model_validate(consent(owner, person))) == "person_erased"
    assert refused(owner, RenewVolunteerConsent.model_validate({"id": given.id, **again})) == "person_erased"
    assert not owner.engine.all(DataKey)


def test_an_erased_donor_neither_consents_nor_is_merged_or_parted() -> None:
    owner = Owner(CHARITY)
    old, new, other = (
        str(owner.do(RegisterDonor(name="Lin Invented", phone="+8613800000000", area=AREA, birth_year=2020)).id)
        for _ in range(3)
    )
    owner.do(MergeDonors(donor_id=old, into_id=new))
    erase(owner, "donor", old)
    assert refused(owner, GiveDonorConsent.model_validate(consent(owner, old))) == "person_erased"
    assert refused(owner, UnmergeDonors(donor_id=old, reason_code="different_people")) == "person_erased"
    owner.do(MergeDonors(donor_id=new, into_id=other))
    assert refused(owner, MergeDonors(donor_id=other, into_id=old)) == "person_erased"
