"""After an erasure nothing is recorded under the id again: no consent, no guardian, no merge (PIPL, art. 47)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from erasing import counts, erasure_of, outcomes
from owners_in_memory import AREA, INSURER, Owner

from services.charity.declaration import DECLARATION as CHARITY
from services.stations.declaration import DECLARATION as STATIONS
from services.stations.needs.domain.text import NeedText
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from shared.contracts.charity.consents import GiveDonorConsent, ReadSharedDonor
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.charity.merges import MergeDonors, UnmergeDonors
from shared.contracts.consents import GuardianDetails
from shared.contracts.messages import Command
from shared.contracts.refusals import Refused
from shared.contracts.stations.consents import GiveNeedConsent, NeedConsentWithdrawn, RenewNeedConsent
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.needs import CancelNeed
from shared.contracts.volunteering.consents import (
    GiveVolunteerConsent,
    RenewVolunteerConsent,
    VolunteerConsentWithdrawn,
    WithdrawVolunteerConsent,
)
from shared.contracts.volunteering.erasures import VolunteeringErasureAnswered
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.engine.decide.memory import MemoryEngine
from shared.engine.run.service import Declaration
from shared.people.consents import Consent
from shared.people.consents.ending import MOST_ENDED
from shared.people.keys import DataKey
from shared.runtime.vault import Vault

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


def unbound(declared: Declaration) -> Owner:
    """An owner whose store replicas of release 0.2 may still read: nobody has a data key."""
    owner = Owner(declared)
    owner.given["vault"] = Vault(bytes(32), bound=False).of(declared.name)
    owner.engine = MemoryEngine(declared.handlers(**owner.given))
    return owner


def guardians(owner: Owner) -> list[str]:
    return [consent.guardian_sealed for consent in owner.engine.all(Consent) if consent.guardian_sealed]


@pytest.mark.parametrize("make", [Owner, unbound])
def test_an_erasure_withdraws_every_consent_of_the_person_and_forgets_the_guardians(
    make: Callable[[Declaration], Owner],
) -> None:
    owner = make(VOLUNTEERING)
    person, other = volunteer(owner), volunteer(owner)
    terms, recipients = consent(owner, person), [f"principal_{nth}" for nth in range(MOST_ENDED + 2)]
    given = [owner.do(GiveVolunteerConsent.model_validate({**terms, "recipient": one})) for one in recipients]
    withdrawn = owner.do(WithdrawVolunteerConsent(id=given[0].id)).withdrawn_at
    stays = owner.do(GiveVolunteerConsent.model_validate(consent(owner, other))).id
    erase(owner, "volunteer", person)
    (left,) = guardians(owner)
    assert owner.engine.one(Consent, stays).guardian_sealed == left
    assert {c.state for c in owner.engine.all(Consent) if c.person_id == person} == {"withdrawn"}
    assert owner.engine.one(Consent, given[0].id).withdrawn_at == withdrawn
    told = owner.engine.emitted(VolunteerConsentWithdrawn)
    assert {event.id for event in told} == {one.id for one in given}
    assert all(event.next_step is None for event in told)
    assert not [key for key in owner.engine.timers if any(one.id in key for one in given)]
    (outcome,) = outcomes(owner.engine, VolunteeringErasureAnswered)
    assert counts(outcome)["consents"] == len(given)


def test_no_agency_reads_the_name_of_an_erased_donor_which_receipts_keep() -> None:
    owner = Owner(CHARITY)
    donor = str(owner.do(RegisterDonor(name="Lin Invented", phone="+8613800000000", area=AREA)).id)
    terms: dict[str, Any] = {"purpose": "insurance", "recipient": INSURER.principal}
    ends = owner.engine.now + timedelta(days=900)
    owner.do(GiveDonorConsent(person_id=donor, scopes=("identity",), expires_at=ends, **terms))
    late = owner.engine.all(Consent)[0].model_copy(update={"id": "donor_consent_late"})
    asked = ReadSharedDonor(person_id=donor, scopes=("identity",), purpose="insurance")
    assert owner.ask(asked) is not None
    erase(owner, "donor", donor)
    assert [one.state for one in owner.engine.all(Consent)] == ["withdrawn"]
    owner.engine.entities[Consent, late.id] = late  # decided in the same moment, by another replica
    assert owner.ask(asked) is None


def test_the_consents_about_the_words_of_a_need_end_with_them() -> None:
    owner = Owner(STATIONS)
    need = str(owner.do(owner.need("Quilts for Grandmother Invented")).id)
    owner.do(GiveNeedConsent.model_validate({**consent(owner, need), "scopes": ("need_words",)}))
    owner.do(CancelNeed(need_id=need, reason_code="no_longer_needed"))
    asked = {"people": [{"kind": "need", "id": need}], "ground": "purpose_ended", "area": AREA}
    owner.do(RequestErasure.model_validate(asked))
    owner.engine.advance(timedelta(minutes=1))
    assert [(one.state, one.guardian_sealed) for one in owner.engine.all(Consent)] == [("withdrawn", "")]
    (event,) = owner.engine.emitted(NeedConsentWithdrawn)
    assert event.person_id == need


@pytest.mark.parametrize("make", [Owner, unbound])
def test_no_guardian_is_recorded_about_words_that_were_deleted_by_age(make: Callable[[Declaration], Owner]) -> None:
    owner = make(STATIONS)
    need = str(owner.do(owner.need("Quilts for Grandmother Invented")).id)
    given = owner.do(GiveNeedConsent.model_validate({**consent(owner, need), "scopes": ("need_words",)}))
    for kept in [key for key in owner.engine.entities if key[0] in {NeedText, DataKey}]:
        del owner.engine.entities[kept]  # as `OldNeedTexts` does, beside the running service
    again = {"given_by": "guardian", "guardian": GUARDIAN, "expires_at": given.expires_at + timedelta(days=9)}
    assert refused(owner, RenewNeedConsent.model_validate({"id": given.id, **again})) == "person_erased"
    anew = GiveNeedConsent.model_validate({**consent(owner, need), "scopes": ("location",)})
    assert refused(owner, anew) == "person_erased"
    assert not owner.engine.all(DataKey)
