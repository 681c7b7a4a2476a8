"""Who withdrew under one id is asked under no other; after the undoing each id goes by its own consents."""

from datetime import timedelta
from typing import Any

import pytest
from erasing import erasure_of
from volunteering_in_memory import HOUR, VolunteeringInMemory

from services.volunteering.matching.domain.volunteers import WITHHELD
from services.volunteering.people.policy import PeoplePolicy
from shared.contracts.volunteering.consents import (
    GiveVolunteerConsent,
    RenewVolunteerConsent,
    WithdrawVolunteerConsent,
)
from shared.contracts.volunteering.people import ChangeVolunteer, PauseVolunteer, ResumeVolunteer
from shared.engine.decide.memory import START

DAY = timedelta(days=1)
GUARDIAN = {"given_by": "guardian", "guardian": {"name": "Zhou Invented", "phone": "13800000009"}}


@pytest.fixture
def town() -> "Town":
    return Town()


class Town(VolunteeringInMemory):
    """Volunteering with persons who consent to be matched, and withdraw; each is said a minute later than before."""

    def give(self, volunteer: str, **terms: Any) -> str:
        self.wait(timedelta(minutes=1))
        asked = {
            "person_id": volunteer, "scopes": ("identity", "location", "service_record"),
            "purpose": "volunteer_matching", "expires_at": START + 300 * DAY, **terms,
        }  # fmt: skip
        consent: str = self.engine.command(GiveVolunteerConsent.model_validate(asked)).id
        return consent

    def withdraw(self, consent: str) -> None:
        self.wait(timedelta(minutes=1))
        self.engine.command(WithdrawVolunteerConsent(id=consent))

    def objector(self, **more: Any) -> str:
        """A volunteer who has consented and withdrawn."""
        volunteer = self.volunteer(**more)
        self.withdraw(self.give(volunteer))
        return volunteer

    def is_found(self, *volunteers: str) -> list[bool]:
        tags = [self.person(one).tags for one in volunteers]
        return [bool(own) and not any(tag.startswith(WITHHELD) for tag in own) for own in tags]


class TestMerge:
    def test_who_withdrew_under_the_merged_id_is_not_asked_under_the_surviving_one(self, town: Town) -> None:
        old, new = town.objector(), town.volunteer()
        town.merge(old, new)
        town.publish("need_1", starts=5 * HOUR)
        assert town.dispatches("need_1") == []

    def test_who_withdrew_under_the_surviving_id_is_asked_once_the_other_consented_later(self, town: Town) -> None:
        old, new = town.volunteer(), town.objector()
        town.give(old)
        town.merge(old, new)
        assert town.is_found(new) == [True]

    @pytest.mark.parametrize("first", ["merged", "surviving"])
    def test_of_a_consent_and_a_withdrawal_under_two_ids_the_later_one_counts(self, town: Town, first: str) -> None:
        old, new = town.volunteer(), town.volunteer()
        giver, objector = (old, new) if first == "merged" else (new, old)
        kept = town.give(objector)
        town.give(giver)
        town.withdraw(kept)
        town.merge(old, new)
        assert town.is_found(new) == [False]
        town.give(objector)
        assert town.is_found(new) == [True]

    def test_a_withdrawal_of_what_had_run_out_takes_nothing_back(self, town: Town) -> None:
        old, new = town.volunteer(), town.volunteer()
        past = town.give(old, expires_at=START + HOUR)
        town.give(new)
        town.wait(2 * HOUR)
        town.withdraw(past)
        town.merge(old, new)
        assert town.is_found(new) == [True]

    def test_a_consent_that_runs_out_leaves_a_withdrawal_under_another_id_in_force(self, town: Town) -> None:
        old, new = town.volunteer(), town.volunteer()
        town.give(new)
        kept = town.give(old)
        town.withdraw(kept)
        town.merge(old, new)
        town.give(old, expires_at=START + HOUR)
        assert town.is_found(new) == [True]
        town.wait(2 * HOUR)
        assert town.is_found(new) == [False], "the consent of before the withdrawal does not count again"

    def test_a_renewal_counts_as_given_then(self, town: Town) -> None:
        old, new = town.volunteer(), town.volunteer()
        older = town.give(new)
        town.withdraw(town.give(old))
        town.merge(old, new)
        assert town.is_found(new) == [False]
        town.wait(timedelta(minutes=1))
        town.engine.command(RenewVolunteerConsent(id=older, expires_at=START + 400 * DAY))
        assert town.is_found(new) == [True]

    def test_an_open_offer_stays_the_persons_own_to_accept(self, town: Town) -> None:
        old, new = town.volunteer(), town.volunteer()
        town.publish("need_1", starts=5 * HOUR)
        (asked,) = (row for row in town.dispatches("need_1") if row.volunteer_id == old)
        (own,) = (row for row in town.dispatches("need_1") if row.volunteer_id == new)
        town.decline(own.id)
        other = town.objector()
        town.merge(old, other)
        assert town.is_found(other) == [False]
        assert town.accept(asked.id).volunteer_id == other

    def test_where_the_city_asks_everybody_who_never_consented_is_found_under_no_id(self) -> None:
        town = Town(PeoplePolicy(matching_needs_consent=True))
        old, new = town.volunteer(), town.volunteer()
        town.merge(old, new)
        assert town.is_found(new) == [False]
        town.give(old)
        assert town.is_found(new) == [True]


class TestChild:
    def test_a_child_without_the_guardians_consent_is_not_asked_under_an_id_without_a_year_of_birth(
        self, town: Town
    ) -> None:
        child, other = town.volunteer(birth_year=2016), town.volunteer()
        town.merge(child, other)
        town.publish("need_1", starts=12 * HOUR)
        assert town.dispatches("need_1") == []
        town.unmerge(child)
        assert town.is_found(child, other) == [False, True]

    def test_the_childs_own_consent_under_such_an_id_does_not_count_and_the_guardians_does(self, town: Town) -> None:
        child, other = town.volunteer(birth_year=2016), town.volunteer()
        town.give(other)
        town.merge(child, other)
        assert town.is_found(other) == [False]
        town.give(child, **GUARDIAN)
        assert town.is_found(other) == [True]


class TestUndoing:
    def test_each_goes_by_its_own_consents_again(self, town: Town) -> None:
        old, new = town.objector(), town.volunteer()
        town.merge(old, new)
        assert town.is_found(new) == [False]
        town.unmerge(old)
        assert town.is_found(old, new) == [False, True]

    def test_a_consent_given_meanwhile_under_one_id_shows_that_id_alone(self, town: Town) -> None:
        old, new = town.objector(), town.objector()
        town.merge(old, new)
        town.give(new)
        assert town.is_found(new) == [True]
        town.unmerge(old)
        assert town.is_found(old, new) == [False, True]

    def test_a_withdrawal_meanwhile_ends_the_consents_of_both_for_good(self, town: Town) -> None:
        old, new = town.volunteer(), town.volunteer()
        town.give(old)
        kept = town.give(new)
        town.merge(old, new)
        town.withdraw(kept)
        town.unmerge(old)
        assert town.is_found(old, new) == [False, False]

    def test_a_withdrawal_meanwhile_says_nothing_of_an_id_without_a_consent_on_record(self, town: Town) -> None:
        old, new = town.volunteer(), town.volunteer()
        kept = town.give(new)
        town.merge(old, new)
        town.withdraw(kept)
        town.unmerge(old)
        assert town.is_found(old, new) == [True, False]

    def test_who_never_consented_where_everybody_is_asked_stands_as_before(self) -> None:
        town = Town(PeoplePolicy(matching_needs_consent=True))
        old, new, third = town.volunteer(), town.volunteer(), town.volunteer()
        town.give(third)
        town.merge(old, new)
        town.merge(third, new)
        assert town.is_found(new) == [True]
        town.unmerge(third)
        assert town.is_found(third, new) == [True, False]
        town.unmerge(old)
        assert town.is_found(old, new) == [False, False]

    def test_those_who_stay_together_go_by_what_is_left(self, town: Town) -> None:
        child, old, new = town.volunteer(birth_year=2016), town.volunteer(), town.volunteer()
        town.merge(old, new)
        town.merge(child, new)
        town.unmerge(old)
        assert town.is_found(old, new) == [True, False], "the child is still one of the ids"
        town.unmerge(child)
        assert town.is_found(child, new) == [False, True]

    def test_a_waiting_need_does_not_wake_for_one_who_withdrew(self, town: Town) -> None:
        old, new = town.objector(skills=("driving",), standing=True), town.volunteer()
        town.merge(old, new)
        town.publish("need_1", starts=5 * HOUR, skills=("driving",))
        town.unmerge(old)
        town.wait()
        assert town.dispatches("need_1") == []

    def test_a_pause_hides_nothing_of_it(self, town: Town) -> None:
        old, new = town.volunteer(), town.objector()
        town.engine.command(PauseVolunteer(volunteer_id=old))
        town.merge(old, new)
        town.unmerge(old)
        town.engine.command(ResumeVolunteer(volunteer_id=old))
        assert town.is_found(old, new) == [True, False]

    def test_other_skills_of_the_survivor_bring_nobody_back(self, town: Town) -> None:
        old, new = town.objector(), town.volunteer()
        town.merge(old, new)
        town.engine.command(ChangeVolunteer(volunteer_id=new, skills=("driving",)))
        assert town.is_found(new) == [False]
        town.unmerge(old)
        assert town.is_found(new) == [True]
        assert "driving" in town.person(new).tags


def test_an_erased_id_takes_its_consent_with_it(town: Town) -> None:
    old, new = town.volunteer(), town.objector()
    town.give(old)
    town.merge(old, new)
    assert town.is_found(new) == [True]
    town.engine.event(erasure_of(("volunteer", old)))
    town.wait(timedelta(minutes=1))
    assert town.is_found(new) == [False]
