"""A person whose id was merged into that of somebody who was erased is still found, read, and parted from that id."""

from datetime import timedelta
from typing import Any

import pytest
from erasing import counts, erasure_of, outcomes
from owners_in_memory import AREA, Owner

from services.charity.declaration import DECLARATION as CHARITY
from services.charity.donations.domain import Donation
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.matching.kept_tags import VolunteerMerge
from shared.contracts.access import Actor
from shared.contracts.charity.donations import Donate
from shared.contracts.charity.donors import FindDuplicateDonors, LookUpDonors, ReadDonor, RegisterDonor
from shared.contracts.charity.merges import MergeDonors, UnmergeDonors
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.erasures import VolunteeringErasureAnswered
from shared.contracts.volunteering.merges import MergeVolunteers, UnmergeVolunteers
from shared.contracts.volunteering.people import (
    FindDuplicateVolunteers,
    LookUpVolunteers,
    ReadVolunteer,
    RegisterVolunteer,
)
from shared.contracts.volunteering.timebank import ReadTimeStatement
from shared.people.identities import Identity
from shared.people.merges import Merge

STAFF = Actor(kind="person", id="key_1", roles=("administrator",), area="", on_behalf_of="principal_chief")
LIVING = "+8613800000001"
SKILLS = {"skills": ("medical_escort",), "languages": ("uig",)}


def volunteer(owner: Owner, phone: str, **more: object) -> str:
    asked = {"name": "Lin Invented", "phone": phone, "area": AREA, "location": {"lon": 116.3, "lat": 39.9}, **more}
    return str(owner.do(RegisterVolunteer.model_validate(asked)).id)


def donor(owner: Owner, phone: str) -> str:
    return str(owner.do(RegisterDonor(name="Lin Invented", phone=phone, area=AREA)).id)


def erase(owner: Owner, kind: str, person_id: str, erasure_id: str = "erasure_1") -> None:
    owner.engine.event(erasure_of((kind, person_id), erasure_id=erasure_id))
    for _ in range(20):
        owner.engine.advance(timedelta(seconds=1))


def merged_volunteers() -> tuple[Owner, str, str]:
    """A living volunteer with skills, merged into one who was erased since."""
    owner = Owner(VOLUNTEERING)
    living, gone = volunteer(owner, LIVING, **SKILLS), volunteer(owner, "+8613800000002")
    owner.do(MergeVolunteers(volunteer_id=living, into_id=gone))
    erase(owner, "volunteer", gone)
    return owner, living, gone


def merged_donors() -> tuple[Owner, str, str]:
    """A living donor, merged into one who was erased since."""
    owner = Owner(CHARITY)
    living, gone = donor(owner, LIVING), donor(owner, "+8613800000002")
    owner.do(MergeDonors(donor_id=living, into_id=gone))
    erase(owner, "donor", gone)
    return owner, living, gone


def ids(found: Any) -> list[str]:
    return [one.id for one in found.items]


def test_a_living_volunteer_is_found_and_read_by_the_own_id() -> None:
    owner, living, gone = merged_volunteers()
    other = volunteer(owner, LIVING)
    assert ids(owner.ask(LookUpVolunteers(phone=LIVING), STAFF)) == [living, other]
    assert ids(owner.ask(FindDuplicateVolunteers(person_id=other), STAFF)) == [living]
    assert ids(owner.ask(FindDuplicateVolunteers(person_id=living), STAFF)) == [other]
    read = owner.ask(ReadVolunteer(volunteer_id=living), STAFF)
    assert (read.id, read.phone, read.merged_ids) == (living, LIVING, ())
    assert owner.ask(ReadVolunteer(volunteer_id=gone), STAFF) is None
    assert owner.ask(ReadTimeStatement(volunteer_id=living), STAFF).volunteer_id == living


def test_likely_duplicates_are_found_by_the_telephone_of_each_id_of_the_person() -> None:
    owner = Owner(VOLUNTEERING)
    old, new = volunteer(owner, LIVING), volunteer(owner, "+8613800000002", birth_year=1990)
    same_phone = volunteer(owner, LIVING)
    owner.do(MergeVolunteers(volunteer_id=old, into_id=new))
    assert ids(owner.ask(FindDuplicateVolunteers(person_id=new), STAFF)) == [same_phone]
    assert set(owner.audit[0]["about"]) == {old, new, same_phone}


def test_each_registration_keeps_its_e_mail_address_through_a_merge_and_its_undoing() -> None:
    owner = Owner(VOLUNTEERING)
    old = volunteer(owner, LIVING, email="lin.old@example.org")
    new = volunteer(owner, "+8613800000002", birth_year=1990, email="lin@example.org")
    owner.do(MergeVolunteers(volunteer_id=old, into_id=new))
    assert owner.ask(ReadVolunteer(volunteer_id=old), STAFF).email == "lin@example.org"
    owner.do(UnmergeVolunteers(volunteer_id=old, reason_code="different_people"))
    read = [owner.ask(ReadVolunteer(volunteer_id=one), STAFF).email for one in (old, new)]
    assert read == ["lin.old@example.org", "lin@example.org"]


def test_a_living_donor_is_found_and_read_by_the_own_id_and_gives_under_it() -> None:
    owner, living, gone = merged_donors()
    other = donor(owner, LIVING)
    assert ids(owner.ask(LookUpDonors(phone=LIVING), STAFF)) == [living, other]
    assert ids(owner.ask(FindDuplicateDonors(person_id=other), STAFF)) == [living]
    read = owner.ask(ReadDonor(donor_id=living), STAFF)
    assert (read.id, read.phone, read.merged_ids) == (living, LIVING, ())
    receipt = owner.ask(ReadDonor(donor_id=gone), STAFF)
    assert (receipt.id, receipt.phone, receipt.merged_ids) == (gone, None, ()), "the name alone, for receipts"
    gift = {"donor_id": living, "station_id": "station_1", "station_area": AREA}
    owner.do(Donate.model_validate({**gift, "goods": [{"item": "quilt", "quantity": 1, "unit": "piece"}]}))
    assert [one.donor_id for one in owner.engine.all(Donation)] == [living]


def test_a_living_volunteer_is_parted_from_the_erased_one_and_brings_nothing_of_them_back() -> None:
    owner, living, gone = merged_volunteers()
    before = owner.engine.one(Volunteer, gone)
    owner.do(UnmergeVolunteers(volunteer_id=living, reason_code="different_people"))
    assert owner.engine.one(Volunteer, living).tags == ("any", "medical_escort", "lang:uig")
    after = owner.engine.one(Volunteer, gone)
    assert (after.home, after.tags, after.windows) == (before.home, (), ())
    assert all(identity.alone and not identity.others for identity in owner.engine.all(Identity))


def test_a_living_donor_is_parted_from_the_erased_one_and_may_be_merged_anew() -> None:
    owner, living, _ = merged_donors()
    owner.do(UnmergeDonors(donor_id=living, reason_code="different_people"))
    other = donor(owner, "+8613800000003")
    owner.do(MergeDonors(donor_id=living, into_id=other))
    assert [merge.state for merge in owner.engine.all(Merge)] == ["unmerged", "merged"]
    assert ids(owner.ask(LookUpDonors(phone=LIVING), STAFF)) == [other]


def test_an_erased_merged_id_keeps_no_skills_and_languages_and_is_never_parted() -> None:
    owner = Owner(VOLUNTEERING)
    gone, stays = volunteer(owner, LIVING, **SKILLS), volunteer(owner, "+8613800000002")
    owner.do(MergeVolunteers(volunteer_id=gone, into_id=stays))
    owner.do(UnmergeVolunteers(volunteer_id=gone, reason_code="merged_by_mistake"))
    owner.do(MergeVolunteers(volunteer_id=gone, into_id=stays))
    erase(owner, "volunteer", gone)
    assert [merge.tags for merge in owner.engine.all(VolunteerMerge)] == [(), ()]
    outcome = outcomes(owner.engine, VolunteeringErasureAnswered)[-1]
    assert (outcome.state, counts(outcome)["matching_profile"]) == ("erased", 3), "the profile, and two copies of it"
    with pytest.raises(Refused) as refused:
        owner.do(UnmergeVolunteers(volunteer_id=gone, reason_code="different_people"))
    assert refused.value.rule == "person_erased"
    read = owner.ask(ReadVolunteer(volunteer_id=gone), STAFF)
    assert (read.id, read.merged_ids) == (stays, (gone,)), "the survivor still stands for the id"


def test_the_erasure_of_the_survivor_keeps_the_skills_of_the_living_merged_id() -> None:
    owner, living, _ = merged_volunteers()
    assert [set(merge.tags) for merge in owner.engine.all(VolunteerMerge)] == [{"any", "medical_escort", "lang:uig"}]
    erase(owner, "volunteer", living, "erasure_2")
    assert [merge.tags for merge in owner.engine.all(VolunteerMerge)] == [()]
    assert ids(owner.ask(LookUpVolunteers(phone=LIVING), STAFF)) == []


@pytest.mark.parametrize("kind", ["volunteer", "donor"])
def test_a_living_id_is_parted_though_the_one_that_brought_it_along_was_merged_on_and_erased(kind: str) -> None:
    if kind == "volunteer":
        owner = Owner(VOLUNTEERING)
        living, between, last = (volunteer(owner, f"+861380000000{nth}", **SKILLS) for nth in range(1, 4))
        merge = lambda one, into: owner.do(MergeVolunteers(volunteer_id=one, into_id=into))  # noqa: E731
        part = lambda one: owner.do(UnmergeVolunteers(volunteer_id=one, reason_code="different_people"))  # noqa: E731
    else:
        owner = Owner(CHARITY)
        living, between, last = (donor(owner, f"+861380000000{nth}") for nth in range(1, 4))
        merge = lambda one, into: owner.do(MergeDonors(donor_id=one, into_id=into))  # noqa: E731
        part = lambda one: owner.do(UnmergeDonors(donor_id=one, reason_code="different_people"))  # noqa: E731
    merge(living, between)
    merge(between, last)
    with pytest.raises(Refused) as refused:
        part(living)
    assert (refused.value.rule, refused.value.values["id"]) == ("merge_followed_by_another", between)
    erase(owner, kind, between)
    part(living)
    identities = {one.id: (one.survivor, one.others) for one in owner.engine.all(Identity)}
    assert identities == {living: (living, ()), between: (last, ()), last: (last, (between,))}
    merge(living, last)
    part(living)
    with pytest.raises(Refused) as refused:
        part(between)
    assert refused.value.rule == "person_erased"
    if kind == "volunteer":
        assert set(owner.engine.one(Volunteer, living).tags) == {"any", "medical_escort", "lang:uig"}
