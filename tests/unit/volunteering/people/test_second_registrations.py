"""One person registered twice: the second registration waits until an officer has decided whose it is."""

from datetime import timedelta
from typing import Any

import pytest
from erasing import erasure_of
from volunteering_in_memory import (
    COMMUNITY,
    NEIGHBOUR,
    OTHER_CITY,
    OTHER_DISTRICT,
    OTHER_STREET,
    VolunteeringInMemory,
    registration,
)

from services.volunteering.checks.domain import DECIDE_WITHIN, IdentityCheck, common_area, find_next_step
from services.volunteering.checks.storage import PersonClaim
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.checks import (
    CheckDisowned,
    CheckOpened,
    CheckReminded,
    CheckResolved,
    DisownRegistration,
    ResolveCheck,
    SecondRegistration,
)
from shared.contracts.volunteering.people import (
    ChangeVolunteer,
    EndVolunteering,
    PauseVolunteer,
    ResumeVolunteer,
    VolunteerAnswer,
    VolunteerChanged,
    VolunteerRegistered,
)
from shared.engine.decide.memory import TESTER

SAME = {"name": "Wang Invented", "phone": "13900000001"}
NUMBER, OTHER_NUMBER = "110102199003070114", "110102199003070130"


def twice(service: VolunteeringInMemory, area: str = COMMUNITY, **more: Any) -> tuple[str, str]:
    """Register one person in the community, then in the area; return both ids."""
    asked = {"standing": True, **SAME, **more}
    return service.volunteer(**asked), service.volunteer(area, **asked)


def check(service: VolunteeringInMemory) -> IdentityCheck:
    (one,) = service.engine.all(IdentityCheck)
    return one


def resolve(service: VolunteeringInMemory, outcome: str) -> Any:
    answer = service.engine.command(ResolveCheck.model_validate({"id": check(service).id, "outcome": outcome}))
    service.wait()
    return answer


def disown(service: VolunteeringInMemory, known: str) -> SecondRegistration:
    asked = DisownRegistration(volunteer_id=known, check_id=check(service).id, reason_code="not_me")
    answer: SecondRegistration = service.engine.command(asked)
    return answer


def erase(service: VolunteeringInMemory, volunteer: str) -> None:
    service.engine.event(erasure_of(("volunteer", volunteer)))
    service.wait(timedelta(minutes=1))


def state(service: VolunteeringInMemory, volunteer: str) -> str:
    return service.person(volunteer).away or "active"


class TestNoticed:
    def test_one_person_does_not_take_both_places_of_a_need(self, service: VolunteeringInMemory) -> None:
        known, _ = twice(service)
        service.publish("need_1", headcount=2)
        assert [row.volunteer_id for row in service.dispatches("need_1")] == [known]

    @pytest.mark.parametrize("area", [COMMUNITY, NEIGHBOUR, OTHER_STREET, OTHER_DISTRICT, OTHER_CITY])
    def test_in_any_area_the_answer_differs_by_its_state_alone(self, service: VolunteeringInMemory, area: str) -> None:
        service.volunteer(**SAME)
        answers: list[VolunteerAnswer] = [service.engine.command(registration(area, **more)) for more in ({}, SAME)]
        first, second = (answer.model_dump(exclude={"id", "state"}) for answer in answers)
        assert first == second
        assert [answer.state for answer in answers] == ["active", "pending"]
        said = service.engine.emitted(VolunteerRegistered)[-1]
        assert (said.volunteer_id, said.state, said.area) == (answers[1].id, "pending", area)

    def test_two_registrations_of_one_batch_are_noticed(self, service: VolunteeringInMemory) -> None:
        asked = [registration(**SAME), registration(NEIGHBOUR, **SAME)]
        batch = [service.engine.incoming("command", one, one.type, f"key_{n}") for n, one in enumerate(asked)]
        answers: list[Any] = [outcome.answer for outcome in service.engine.batch(batch)]
        assert [answer.state for answer in answers] == ["active", "pending"]

    def test_a_number_counts_whatever_name_and_telephone_are(self, service: VolunteeringInMemory) -> None:
        service.volunteer(identity_number=NUMBER)
        assert state(service, service.volunteer(identity_number=NUMBER)) == "pending"
        assert check(service).grounds == ("identity_number",)

    def test_two_numbers_are_two_persons(self, service: VolunteeringInMemory) -> None:
        service.volunteer(identity_number=NUMBER, **SAME)
        assert state(service, service.volunteer(identity_number=OTHER_NUMBER, **SAME)) == "active"

    def test_a_name_or_a_telephone_alone_is_nobodys(self, service: VolunteeringInMemory) -> None:
        service.volunteer(**SAME)
        assert state(service, service.volunteer(name=SAME["name"])) == "active"
        assert state(service, service.volunteer(phone=SAME["phone"])) == "active"

    def test_a_third_registration_is_compared_with_the_first(self, service: VolunteeringInMemory) -> None:
        known, _ = twice(service)
        third = service.volunteer(**SAME)
        assert {(one.volunteer_id, one.known_id) for one in service.engine.all(IdentityCheck)} >= {(third, known)}

    def test_people_from_before_there_were_claims_are_found_by_their_marks(self, service: VolunteeringInMemory) -> None:
        service.volunteer(birth_year=1960, **SAME)
        for claim in service.engine.all(PersonClaim):
            del service.engine.entities[PersonClaim, claim.id]
        assert state(service, service.volunteer(birth_year=1960, **SAME)) == "pending"

    def test_one_who_was_merged_is_known_by_the_surviving_id(self, service: VolunteeringInMemory) -> None:
        old, into = service.volunteer(**SAME), service.volunteer()
        service.merge(old, into)
        service.volunteer(**SAME)
        assert check(service).known_id == into


class TestPending:
    def test_the_check_stands_in_the_smallest_area_that_holds_both(self) -> None:
        assert common_area(COMMUNITY, COMMUNITY) == COMMUNITY
        assert common_area(NEIGHBOUR, COMMUNITY) == COMMUNITY[:9]
        assert common_area(OTHER_STREET, COMMUNITY) == COMMUNITY[:6]
        assert common_area(OTHER_DISTRICT, COMMUNITY) == COMMUNITY[:4]
        assert common_area(OTHER_CITY, COMMUNITY) == COMMUNITY[:2]

    def test_the_check_is_announced_with_its_next_step_and_deadline(self, service: VolunteeringInMemory) -> None:
        known, second = twice(service, NEIGHBOUR)
        (said,) = service.engine.emitted(CheckOpened)
        assert said.next_step is not None
        assert (said.next_step.code, said.next_step.due) == ("check_registration", service.engine.now + DECIDE_WITHIN)
        assert said.next_step.args == {"volunteer": second, "known": known}
        assert (said.area, said.grounds) == (COMMUNITY[:9], ("phone_and_name",))

    def test_each_deadline_is_an_event_until_somebody_decides(self, service: VolunteeringInMemory) -> None:
        twice(service)
        service.wait(4 * DECIDE_WITHIN)
        assert [said.reminded for said in service.engine.emitted(CheckReminded)] == [1, 2, 3, 4]
        step = find_next_step(check(service))
        assert step is not None
        assert step.due == service.engine.now + DECIDE_WITHIN
        resolve(service, "another_person")
        service.wait(2 * DECIDE_WITHIN)
        assert len(service.engine.emitted(CheckReminded)) == 4

    @pytest.mark.parametrize("command", [PauseVolunteer, ResumeVolunteer, EndVolunteering])
    def test_nothing_but_the_check_ends_it(self, service: VolunteeringInMemory, command: Any) -> None:
        _, second = twice(service)
        with pytest.raises(Refused) as refusal:
            service.engine.command(command(volunteer_id=second))
        assert refusal.value.rule == "registration_pending"

    def test_changed_terms_count_from_the_admission_on(self, service: VolunteeringInMemory) -> None:
        _, second = twice(service)
        service.engine.command(ChangeVolunteer(volunteer_id=second, skills=("driving",)))
        assert service.person(second).tags == ()
        resolve(service, "another_person")
        assert service.person(second).tags == ("any", "driving")


class TestDecided:
    def test_another_person_is_active_and_is_found_by_the_needs_that_wait(self, service: VolunteeringInMemory) -> None:
        known, second = twice(service)
        service.publish("need_1", headcount=2)
        answer = resolve(service, "another_person")
        assert (answer.state, answer.next_step) == ("another_person", None)
        assert {row.volunteer_id for row in service.dispatches("need_1")} == {known, second}
        assert service.engine.emitted(VolunteerChanged)[-1].state == "active"

    def test_the_same_person_is_merged_and_the_known_id_stays(self, service: VolunteeringInMemory) -> None:
        known, second = twice(service)
        answer = resolve(service, "same_person")
        assert answer.state == "same_person"
        assert check(service).state == "same_person"
        service.publish("need_1", headcount=2)
        assert [row.volunteer_id for row in service.dispatches("need_1")] == [known]
        service.unmerge(second)
        assert service.person(second).tags == ("any",)
        assert service.engine.emitted(VolunteerChanged)[-1].state == "active"

    def test_a_merge_by_hand_decides_the_check(self, service: VolunteeringInMemory) -> None:
        known, second = twice(service)
        service.merge(second, known)
        assert check(service).state == "same_person"

    def test_nobody_is_merged_into_a_registration_that_is_checked_still(self, service: VolunteeringInMemory) -> None:
        known, second = twice(service)
        with pytest.raises(Refused) as refusal:
            service.merge(known, second)
        assert (refusal.value.rule, refusal.value.field) == ("registration_pending", "into_id")

    def test_nobodys_registration_is_rejected_for_good(self, service: VolunteeringInMemory) -> None:
        _, second = twice(service)
        resolve(service, "nobody")
        assert state(service, second) == "rejected"
        with pytest.raises(Refused):
            service.engine.command(ResumeVolunteer(volunteer_id=second))

    def test_a_decision_stands_and_its_repetition_changes_nothing(self, service: VolunteeringInMemory) -> None:
        twice(service)
        resolve(service, "another_person")
        resolve(service, "another_person")
        assert len(service.engine.emitted(CheckResolved)) == 1
        for outcome in ("nobody", "same_person"):
            with pytest.raises(Refused) as refusal:
                resolve(service, outcome)
            assert refusal.value.rule == "check_resolved"

    def test_one_who_does_not_reach_both_areas_finds_no_check(self, service: VolunteeringInMemory) -> None:
        twice(service, NEIGHBOUR)
        asked = ResolveCheck(id=check(service).id, outcome="another_person")
        for area in (COMMUNITY, NEIGHBOUR):
            with pytest.raises(Refused) as refusal:
                service.engine.command(asked, actor=TESTER.model_copy(update={"area": area}))
            assert refusal.value.code == "not_found"


class TestDisowned:
    def test_the_known_person_states_that_it_was_not_them(self, service: VolunteeringInMemory) -> None:
        known, second = twice(service, OTHER_DISTRICT)
        answer = disown(service, known)
        told = answer.model_dump_json()
        assert second not in told
        assert OTHER_DISTRICT not in told
        (said,) = service.engine.emitted(CheckDisowned)
        assert (said.disowned_because, said.state) == ("not_me", "open")

    def test_what_was_disowned_is_merged_by_nobody(self, service: VolunteeringInMemory) -> None:
        known, _ = twice(service)
        disown(service, known)
        with pytest.raises(Refused) as refusal:
            resolve(service, "same_person")
        assert refusal.value.rule == "registration_disowned"

    def test_after_a_merge_it_opens_the_check_again(self, service: VolunteeringInMemory) -> None:
        known, second = twice(service)
        resolve(service, "same_person")
        disown(service, known)
        assert check(service).state == "open"
        with pytest.raises(Refused) as refusal:
            resolve(service, "another_person")
        assert refusal.value.rule == "part_merged_first"
        service.unmerge(second)
        assert state(service, second) == "pending"
        resolve(service, "another_person")
        assert state(service, second) == "active"

    def test_an_officer_may_find_that_the_person_errs(self, service: VolunteeringInMemory) -> None:
        known, _ = twice(service)
        resolve(service, "same_person")
        disown(service, known)
        assert resolve(service, "same_person").state == "same_person"

    def test_nobody_disowns_the_registration_of_others(self, service: VolunteeringInMemory) -> None:
        _, second = twice(service)
        for stranger in (second, service.volunteer()):
            with pytest.raises(Refused) as refusal:
                disown(service, stranger)
            assert (refusal.value.code, refusal.value.field) == ("not_found", "check_id")


class TestErased:
    def test_claims_go_with_the_person_and_the_next_registration_is_the_first(
        self, service: VolunteeringInMemory
    ) -> None:
        known = service.volunteer(identity_number=NUMBER, **SAME)
        erase(service, known)
        assert service.engine.all(PersonClaim) == []
        assert state(service, service.volunteer(identity_number=NUMBER, **SAME)) == "active"

    def test_a_pending_registration_that_is_erased_leaves_no_open_check(self, service: VolunteeringInMemory) -> None:
        _, second = twice(service)
        erase(service, second)
        assert check(service).state == "nobody"
