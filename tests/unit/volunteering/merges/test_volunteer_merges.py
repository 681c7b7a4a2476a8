"""Two registrations of one person become one volunteer, and may be parted again: promises, offers, the record."""

from datetime import timedelta

import pytest
from volunteering_in_memory import HOUR, PLACE, VolunteeringInMemory

from services.volunteering.matching.domain.months import Month
from services.volunteering.matching.domain.scoring import load_in
from shared.contracts.need_parts import Place
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.merges import VolunteersUnmerged
from shared.contracts.volunteering.people import PauseVolunteer, VolunteerChanged
from shared.engine.decide.memory import START

DAY = timedelta(days=1)
Twice = tuple[VolunteeringInMemory, str, str]


@pytest.fixture
def twice() -> Twice:
    """Somebody who is registered twice."""
    service = VolunteeringInMemory()
    return service, service.volunteer(), service.volunteer()


class TestSearch:
    def test_a_merged_id_is_never_asked_again_and_the_surviving_one_is(self, twice: Twice) -> None:
        service, old, new = twice
        service.merge(old, new)
        service.publish("need_1", headcount=2)
        assert [row.volunteer_id for row in service.dispatches("need_1")] == [new]

    def test_both_are_asked_again_after_the_merge_is_undone(self, twice: Twice) -> None:
        service, old, new = twice
        service.merge(old, new)
        service.unmerge(old)
        service.publish("need_1", headcount=2)
        assert {row.volunteer_id for row in service.dispatches("need_1")} == {old, new}

    def test_a_need_that_waits_is_served_by_the_id_that_is_free_again(self) -> None:
        service = VolunteeringInMemory()
        old, new = service.volunteer(skills=("driving",)), service.volunteer()
        service.merge(old, new)
        service.publish("need_1", skills=("driving",))
        assert service.state("need_1") == "waiting"
        service.unmerge(old)
        service.wait()
        assert [row.volunteer_id for row in service.dispatches("need_1")] == [old]

    def test_skills_and_languages_are_those_of_the_survivor(self) -> None:
        service = VolunteeringInMemory()
        old, new = service.volunteer(skills=("driving",)), service.volunteer(skills=("cooking",))
        service.merge(old, new)
        assert service.person(new).tags == ("any", "cooking")


class TestPromises:
    def test_a_promise_is_kept_by_the_survivor_and_the_need_is_not_let_down(self, twice: Twice) -> None:
        service, old, new = twice
        dispatch = service.promise("need_1", old)
        answer = service.merge(old, new)
        assert [(one.dispatch_id, one.outcome) for one in answer.dispatches] == [(dispatch, "taken_over")]
        assert service.state("need_1") == "staffed"
        assert service.staffing("need_1").dispatch(dispatch).volunteer_id == new  # type: ignore[union-attr]
        assert [hold.dispatch_id for hold in service.person(new).bookings] == [dispatch]
        assert service.broken_laws() == []
        service.serve("need_1")
        service.confirm("need_1")
        assert service.minutes(new) == 60

    def test_of_two_promises_for_one_time_the_one_for_the_later_need_is_released(self, twice: Twice) -> None:
        service, old, new = twice
        first, second = service.promise("need_1", new), service.promise("need_2", old, starts=2 * HOUR)
        answer = service.merge(old, new)
        assert [(one.dispatch_id, one.outcome, one.overlaps) for one in answer.dispatches] == [
            (second, "released", first)
        ]
        assert service.staffing("need_2").dispatch(second).state == "cancelled"  # type: ignore[union-attr]
        assert service.staffing("need_2").waiting, "the need says why it lacks somebody"
        assert service.broken_laws() == []

    def test_the_survivors_own_promise_gives_way_to_one_for_an_earlier_need(self, twice: Twice) -> None:
        service, old, new = twice
        first, second = service.promise("need_1", old), service.promise("need_2", new)
        outcomes = {one.dispatch_id: one.outcome for one in service.merge(old, new).dispatches}
        assert outcomes == {first: "taken_over", second: "released"}
        assert [hold.dispatch_id for hold in service.person(new).bookings] == [first]
        assert service.broken_laws() == []

    def test_a_released_place_is_offered_to_somebody_else_at_once(self, twice: Twice) -> None:
        service, old, new = twice
        service.promise("need_1", new)
        service.promise("need_2", old)
        other = service.volunteer()
        service.merge(old, new)
        service.wait()
        assert [row.volunteer_id for row in service.dispatches("need_2", "offered")] == [other]

    def test_the_survivor_is_not_asked_for_a_slot_that_a_promise_taken_over_leaves_no_time_to_reach(
        self, twice: Twice
    ) -> None:
        service, old, new = twice
        service.promise("need_1", old)
        service.merge(old, new)
        service.publish("need_2", starts=3 * HOUR, place=Place(lon=PLACE.lon + 0.2, lat=PLACE.lat))
        assert service.dispatches("need_2") == [], "it begins when the other ends, 17 km away"

    def test_both_ids_in_one_need_become_one_person_there(self, twice: Twice) -> None:
        service, old, new = twice
        service.publish("need_1", headcount=2)
        for row in service.dispatches("need_1"):
            service.accept(row.id)
        service.merge(old, new)
        held = service.dispatches("need_1", "accepted")
        assert [row.volunteer_id for row in held] == [new]
        assert service.broken_laws() == []

    def test_an_offer_is_taken_over_and_can_be_accepted(self, twice: Twice) -> None:
        service, old, new = twice
        service.publish("need_1", headcount=1)
        (asked,) = (row for row in service.dispatches("need_1", "offered") if row.volunteer_id == old)
        (own,) = (row for row in service.dispatches("need_1", "offered") if row.volunteer_id == new)
        service.decline(own.id)
        other = service.volunteer()
        service.merge(old, other)
        assert service.accept(asked.id).volunteer_id == other
        assert service.broken_laws() == []

    def test_an_offer_is_withdrawn_where_the_survivor_was_asked_too_or_lacks_the_skill(self) -> None:
        service = VolunteeringInMemory()
        old, new = service.volunteer(skills=("driving",)), service.volunteer()
        service.publish("need_1", skills=("driving",))
        service.publish("need_2")
        outcomes = [one.outcome for one in service.merge(old, new).dispatches]
        assert outcomes == ["withdrawn", "withdrawn"]
        assert [row.volunteer_id for row in service.dispatches("need_2", "offered")] == [new]
        assert service.person(old).offers == ()

    @pytest.mark.parametrize("which", [0, 1])
    def test_nobody_is_merged_while_checked_in_and_the_step_to_take_is_named(self, twice: Twice, which: int) -> None:
        service, old, new = twice
        dispatch = service.promise("need_1", (old, new)[which])
        service.wait(HOUR)
        service.check_in(dispatch)
        named = {"id": (old, new)[which], "dispatch": dispatch}
        with pytest.raises(Refused) as refused:
            service.merge(old, new)
        assert (refused.value.rule, dict(refused.value.values)) == ("checked_in_now", named)
        service.check_out(dispatch)
        service.merge(old, new)
        assert service.broken_laws() == []

    def test_a_time_served_under_the_merged_id_is_not_promised_again(self, twice: Twice) -> None:
        service, old, new = twice
        dispatch = service.promise("need_1", old, lasts=4 * HOUR)
        service.wait(HOUR)
        service.check_in(dispatch)
        service.wait(HOUR)
        service.check_out(dispatch)
        service.merge(old, new)
        service.publish("need_2", starts=3 * HOUR)
        assert service.dispatches("need_2") == []


class TestRecord:
    def test_the_record_of_service_is_counted_together_and_given_back(self, twice: Twice) -> None:
        service, old, new = twice
        for need, who in (("need_1", old), ("need_2", new)):
            service.promise(need, who, starts=service.engine.now - service.staffing("need_1").starts_at + HOUR * 9
                    if need == "need_2" else HOUR)  # fmt: skip
            service.serve(need)
            service.wait(4 * HOUR)
        service.merge(old, new)
        month = Month.around(int(service.engine.now.timestamp()))
        assert (service.person(new).kept, load_in(service.person(new), month)) == (2, 2)
        service.unmerge(old)
        loads = [(service.person(who).kept, load_in(service.person(who), month)) for who in (old, new)]
        assert loads == [(1, 1), (1, 1)]

    def test_hours_are_credited_to_the_id_that_served_and_no_entry_is_moved(self, twice: Twice) -> None:
        service, old, new = twice
        service.promise("need_1", old)
        service.serve("need_1")
        service.merge(old, new)
        service.confirm("need_1")
        assert (service.minutes(old), service.minutes(new)) == (60, 0)
        assert service.broken_laws() == []


class TestBounds:
    def test_hours_served_under_one_id_count_for_what_is_confirmed_unasked_under_the_other(self) -> None:
        service, old = with_twenty_hours()
        new = service.volunteer(standing=True)
        service.merge(old, new)
        service.publish("need_5", starts=4 * DAY + 5 * HOUR, lasts=4 * HOUR)
        assert [(row.volunteer_id, row.state) for row in service.dispatches("need_5")] == [(new, "offered")]

    @pytest.mark.parametrize("merged_for", [HOUR, 28 * HOUR], ids=["an hour", "longer than slots are kept"])
    def test_after_the_undoing_each_has_the_own_hours_again(self, merged_for: timedelta) -> None:
        service, old = with_twenty_hours()
        new = service.volunteer(standing=True)
        before = {one: minutes_spent(service, one) for one in (old, new)}
        service.merge(old, new)
        service.wait(merged_for)
        service.publish("meanwhile", starts=service.engine.now - START + HOUR, lasts=HOUR)
        service.accept(service.dispatches("meanwhile")[0].id)  # slots of long ago are dropped
        service.unmerge(old)
        assert minutes_spent(service, old) == before[old] == 1200
        assert minutes_spent(service, new) == 60
        for nth in range(3):
            service.merge(old, new)
            service.unmerge(old)
            assert minutes_spent(service, old) == 1200, nth


def with_twenty_hours() -> tuple[VolunteeringInMemory, str]:
    """Somebody who has served five hours on each of four days of this week, which is as much as a week may have."""
    service = VolunteeringInMemory()
    volunteer = service.volunteer(standing=True)
    for day in range(4):
        service.publish(f"need_{day}", starts=day * DAY + HOUR, lasts=5 * HOUR)
        service.serve(f"need_{day}", 5 * HOUR)
    return service, volunteer


def minutes_spent(service: VolunteeringInMemory, volunteer: str) -> int:
    """The minutes of past and promised slots that bound the bookings made unasked."""
    known = service.person(volunteer)
    held = sum((hold.ends - hold.starts) // 60 for hold in known.bookings)
    return held + sum(minutes for _, minutes in known.spent)


class TestUndoing:
    def test_open_promises_go_back_and_those_made_since_stay(self, twice: Twice) -> None:
        service, old, new = twice
        before = service.promise("need_1", old)
        service.merge(old, new)
        service.publish("need_2", starts=5 * HOUR, score=60)
        since = service.accept(service.dispatches("need_2")[0].id).id
        answer = service.unmerge(old)
        assert [one.dispatch_id for one in answer.dispatches if one.outcome == "returned"] == [before]
        assert [hold.dispatch_id for hold in service.person(old).bookings] == [before]
        assert [hold.dispatch_id for hold in service.person(new).bookings] == [since]
        assert service.state("need_1") == "staffed"
        assert service.broken_laws() == []

    def test_a_promise_that_was_kept_since_stays_with_the_survivor(self, twice: Twice) -> None:
        service, old, new = twice
        service.promise("need_1", old)
        service.merge(old, new)
        service.serve("need_1")
        service.unmerge(old)
        service.confirm("need_1")
        assert (service.minutes(old), service.minutes(new)) == (0, 60)
        assert service.broken_laws() == []

    def test_a_pause_that_was_over_meanwhile_ends(self, twice: Twice) -> None:
        service, old, new = twice
        service.engine.command(PauseVolunteer(volunteer_id=old, until=START + HOUR))
        service.merge(old, new)
        service.wait(2 * HOUR)
        service.unmerge(old)
        service.wait()
        (said,) = service.engine.emitted(VolunteerChanged)[1:]
        assert (said.volunteer_id, said.state) == (old, "active")
        service.publish("need_1", headcount=2, starts=5 * HOUR)
        assert {row.volunteer_id for row in service.dispatches("need_1")} == {old, new}

    def test_while_the_survivor_is_checked_in_nothing_is_undone(self, twice: Twice) -> None:
        service, old, new = twice
        dispatch = service.promise("need_1", old)
        service.merge(old, new)
        service.wait(HOUR)
        service.check_in(dispatch)
        with pytest.raises(Refused) as refused:
            service.unmerge(old)
        assert (refused.value.rule, refused.value.values["dispatch"]) == ("checked_in_now", dispatch)

    def test_an_id_that_stands_for_itself_has_nothing_to_undo(self, twice: Twice) -> None:
        service, old, new = twice
        service.merge(old, new)
        for volunteer in (new, service.volunteer()):
            with pytest.raises(Refused) as refused:
                service.unmerge(volunteer)
            assert refused.value.rule == "not_merged"

    def test_the_same_two_can_be_merged_and_parted_again(self, twice: Twice) -> None:
        service, old, new = twice
        service.promise("need_1", old)
        for _ in range(3):
            service.merge(old, new)
            service.unmerge(old)
        assert service.person(old).bookings != ()
        assert [one.version for one in service.engine.emitted(VolunteersUnmerged)] == [2, 2, 2]
        assert service.broken_laws() == []
