"""Consents to an agency of a person with several ids: the newest of giving and withdrawal counts for all."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from owners_in_memory import AREA, INSURER, Owner

from services.charity.declaration import DECLARATION as CHARITY
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from shared.contracts.charity.consents import GiveDonorConsent, ReadSharedDonor, WithdrawDonorConsent
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.charity.merges import MergeDonors, UnmergeDonors
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.consents import GiveVolunteerConsent, ReadSharedVolunteer, WithdrawVolunteerConsent
from shared.contracts.volunteering.merges import MergeVolunteers, UnmergeVolunteers
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.engine.decide.memory import START

DAY = timedelta(days=1)
PHONES = count(1)
GUARDIAN = {"given_by": "guardian", "guardian": {"name": "Zhou Invented", "phone": "13800000009"}}


class Office:
    """An owner with somebody who is registered twice; each statement comes a minute after the former."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.owner = Owner(VOLUNTEERING if kind == "volunteer" else CHARITY)

    def register(self, **more: Any) -> str:
        asked: dict[str, Any] = {"name": "Lin Invented", "phone": f"138{next(PHONES):08}", "area": AREA, **more}
        if self.kind == "donor":
            return str(self.owner.do(RegisterDonor.model_validate(asked)).id)
        place = {"lon": 116.3, "lat": 39.9}
        return str(self.owner.do(RegisterVolunteer.model_validate({**asked, "location": place})).id)

    def give(self, person: str, *scopes: str, **more: Any) -> str:
        self.owner.engine.advance(timedelta(minutes=1))
        terms: dict[str, Any] = {
            "person_id": person, "scopes": scopes or ("contact",), "purpose": "insurance",
            "recipient": INSURER.principal, "expires_at": START + 100 * DAY, **more,
        }  # fmt: skip
        give = GiveVolunteerConsent if self.kind == "volunteer" else GiveDonorConsent
        return str(self.owner.do(give.model_validate(terms)).id)

    def withdraw(self, consent: str) -> None:
        self.owner.engine.advance(timedelta(minutes=1))
        withdraw = WithdrawVolunteerConsent if self.kind == "volunteer" else WithdrawDonorConsent
        self.owner.do(withdraw(id=consent))

    def merge(self, merged: str, into: str) -> None:
        if self.kind == "volunteer":
            self.owner.do(MergeVolunteers(volunteer_id=merged, into_id=into))
        else:
            self.owner.do(MergeDonors(donor_id=merged, into_id=into))

    def part(self, merged: str) -> None:
        if self.kind == "volunteer":
            self.owner.do(UnmergeVolunteers(volunteer_id=merged, reason_code="different_people"))
        else:
            self.owner.do(UnmergeDonors(donor_id=merged, reason_code="different_people"))

    def may_read(self, person: str, *scopes: Any) -> bool:
        read = ReadSharedVolunteer if self.kind == "volunteer" else ReadSharedDonor
        asked = read(person_id=person, scopes=scopes or ("contact",), purpose="insurance")
        return self.owner.ask(asked) is not None


@pytest.fixture(params=["volunteer", "donor"])
def office(request: pytest.FixtureRequest) -> Office:
    return Office(request.param)


def test_a_withdrawal_under_one_id_closes_what_was_opened_before_under_another(office: Office) -> None:
    old, new = office.register(), office.register()
    office.give(new, "contact", "identity")
    office.withdraw(office.give(old))
    office.merge(old, new)
    assert not office.may_read(new)
    assert office.may_read(new, "identity"), "the person has said nothing about it since"
    office.part(old)
    assert (office.may_read(old), office.may_read(new)) == (False, True)


def test_a_withdrawal_while_merged_closes_the_data_of_all_ids(office: Office) -> None:
    old, new = office.register(), office.register()
    office.give(old)
    kept = office.give(new)
    office.merge(old, new)
    assert (office.may_read(old), office.may_read(new)) == (True, True)
    office.withdraw(kept)
    assert (office.may_read(old), office.may_read(new)) == (False, False)


def test_a_consent_given_since_opens_the_data_of_its_own_id(office: Office) -> None:
    old, new = office.register(), office.register()
    office.withdraw(office.give(old))
    office.give(new)
    office.merge(old, new)
    assert (office.may_read(old), office.may_read(new)) == (False, True)


def test_a_child_under_one_id_consents_alone_under_none(office: Office) -> None:
    child, other = office.register(birth_year=2016), office.register()
    office.merge(child, other)
    with pytest.raises(Refused) as refused:
        office.give(other)
    assert (refused.value.rule, refused.value.field) == ("guardian_must_consent", "given_by")
    office.give(other, **GUARDIAN)
    assert office.may_read(other)
    office.part(child)
    office.give(other, "identity")
