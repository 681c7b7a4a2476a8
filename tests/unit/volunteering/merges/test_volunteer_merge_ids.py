"""The ids of volunteers who are merged: chains, who may merge, and the history."""

from datetime import timedelta

import pytest
from erasing import erasure_of
from volunteering_in_memory import COMMUNITY, OTHER_DISTRICT, VolunteeringInMemory

from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.matching.domain.volunteers import Hold
from services.volunteering.merges.domain import taken_over
from shared.contracts.access import Actor
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.dispatch import StaffingSnapshot
from shared.contracts.volunteering.merges import MergeVolunteers, VolunteersMerged
from shared.engine.decide.memory import TESTER
from shared.people.identities import Identity

Twice = tuple[VolunteeringInMemory, str, str]


@pytest.fixture
def twice() -> Twice:
    """Somebody who is registered twice."""
    service = VolunteeringInMemory()
    return service, service.volunteer(), service.volunteer()


def refusal_of(service: VolunteeringInMemory, volunteer: str, into: str, **more: object) -> tuple[str, str, object]:
    with pytest.raises(Refused) as refused:
        service.merge(volunteer, into, **more)
    return refused.value.code, refused.value.rule, dict(refused.value.values)


class TestChains:
    def test_the_first_of_a_chain_stands_for_the_last(self, twice: Twice) -> None:
        service, first, second = twice
        last = service.volunteer()
        service.merge(first, second)
        service.merge(second, last)
        assert {i.id: i.survivor for i in service.engine.all(Identity)} == dict.fromkeys((first, second, last), last)
        merged = service.engine.emitted(VolunteersMerged)[-1]
        assert {i.id: (i.survivor_id, set(i.merged_ids)) for i in merged.identities} == {
            last: (last, {first, second}),
            first: (last, set()),
            second: (last, set()),
        }

    def test_a_merge_that_another_followed_is_undone_after_that_one(self, twice: Twice) -> None:
        service, first, second = twice
        last = service.volunteer()
        dispatch = service.promise("need_1", first)
        service.merge(first, second)
        service.merge(second, last)
        with pytest.raises(Refused) as refused:
            service.unmerge(first)
        assert refused.value.rule == "merge_followed_by_another"
        assert dict(refused.value.values) == {"id": second, "survivor": last}
        service.unmerge(second)
        assert [hold.dispatch_id for hold in service.person(second).bookings] == [dispatch]
        service.unmerge(first)
        assert [hold.dispatch_id for hold in service.person(first).bookings] == [dispatch]
        assert all(identity.alone and not identity.others for identity in service.engine.all(Identity))

    def test_promises_and_record_go_back_past_an_id_that_was_merged_on_and_then_erased(self, twice: Twice) -> None:
        service, first, second = twice
        last = service.volunteer()
        service.promise("need_0", first)
        service.serve("need_0")
        service.wait(timedelta(days=2))
        dispatch = service.promise("need_1", first, starts=timedelta(days=3))
        service.merge(first, second)
        service.merge(second, last)
        service.engine.event(erasure_of(("volunteer", second), erasure_id="erasure_1"))
        for _ in range(20):
            service.wait(timedelta(seconds=1))
        answer = service.unmerge(first)
        assert [(one.dispatch_id, one.outcome) for one in answer.dispatches][-1:] == [(dispatch, "returned")]
        assert [hold.dispatch_id for hold in service.person(first).bookings] == [dispatch]
        assert (service.person(first).kept, service.person(last).kept, service.person(last).bookings) == (1, 0, ())
        assert service.broken_laws() == []

    def test_merges_into_one_id_are_undone_in_any_order(self, twice: Twice) -> None:
        service, one, survivor = twice
        two = service.volunteer()
        service.merge(one, survivor)
        service.merge(two, survivor)
        service.unmerge(one)
        assert service.engine.one(Identity, survivor).others == (two,)
        service.unmerge(two)
        assert service.engine.one(Identity, survivor).others == ()

    def test_an_id_that_stands_for_another_is_refused_naming_that_one(self, twice: Twice) -> None:
        service, old, new = twice
        other = service.volunteer()
        service.merge(old, new)
        named = ("wrong_state", "merged_already", {"id": old, "survivor": new})
        assert refusal_of(service, old, other) == named
        assert refusal_of(service, other, old) == named
        assert refusal_of(service, new, old) == named, "no circle"
        assert refusal_of(service, new, new)[:2] == ("invalid", "merged_into_itself")

    def test_one_person_has_twenty_merged_ids_at_most(self) -> None:
        service = VolunteeringInMemory()
        survivor = service.volunteer()
        for _ in range(20):
            service.merge(service.volunteer(), survivor)
        code, rule, _ = refusal_of(service, service.volunteer(), survivor)
        assert (code, rule) == ("wrong_state", "too_many_merged_ids")


class TestAccess:
    def test_both_must_lie_in_the_area_of_the_actor(self) -> None:
        service = VolunteeringInMemory()
        here, elsewhere = service.volunteer(COMMUNITY), service.volunteer(OTHER_DISTRICT)
        local = Actor(kind="key", id="key_local", roles=("volunteer_coordinator",), area=COMMUNITY[:6])
        for pair in ((here, elsewhere), (elsewhere, here)):
            with pytest.raises(Refused) as refused:
                service.engine.command(MergeVolunteers(volunteer_id=pair[0], into_id=pair[1]), actor=local)
            assert refused.value.code == "not_found"
        assert service.engine.all(Identity) == []

    def test_a_reader_may_not_merge(self, twice: Twice) -> None:
        service, old, new = twice
        reader = TESTER.model_copy(update={"roles": ("reader", "personal_reader")})
        with pytest.raises(Refused) as refused:
            service.engine.command(MergeVolunteers(volunteer_id=old, into_id=new), actor=reader)
        assert refused.value.code == "not_allowed"

    def test_an_id_that_changed_since_it_was_seen_is_refused(self, twice: Twice) -> None:
        service, old, new = twice
        service.merge(service.volunteer(), new)
        assert refusal_of(service, old, new, expected_into_version=1)[:2] == ("version_mismatch", "version_not_current")
        service.merge(old, new, expected_version=1, expected_into_version=2)


class TestEvents:
    def test_the_history_names_time_reason_and_actor_and_no_more(self, twice: Twice) -> None:
        service, old, new = twice
        service.merge(old, new, reason_code="imported_twice")
        (event,) = service.engine.emitted(VolunteersMerged)
        assert (event.merged_id, event.survivor_id, event.reason) == (old, new, "imported_twice")
        assert event.merged_by.startswith("actor.volunteering.")
        assert event.merged_at == service.engine.now

    def test_each_changed_staffing_has_one_event(self, twice: Twice) -> None:
        service, old, new = twice
        service.promise("need_1", new)
        service.promise("need_2", old)
        before = len([e for e in service.engine.events if isinstance(e.data, StaffingSnapshot)])
        service.merge(old, new)
        assert len([e for e in service.engine.events if isinstance(e.data, StaffingSnapshot)]) == before + 1

    def test_a_repeated_command_changes_nothing(self, twice: Twice) -> None:
        service, old, new = twice
        service.promise("need_1", old)
        command = MergeVolunteers(volunteer_id=old, into_id=new)
        answers = [service.engine.command(command, key="once") for _ in range(2)]
        assert answers[0] == answers[1]
        assert len(service.engine.emitted(VolunteersMerged)) == 1
        assert service.engine.all(Staffing)[0].held == 1
        assert service.person(new).kept == 0
        service.wait(timedelta(days=1))
        assert service.broken_laws() == []


class TestRoom:
    def test_sixty_promises_of_both_are_taken_over_and_one_more_is_refused(self, twice: Twice) -> None:
        service, first, second = twice
        starts = int(service.engine.now.timestamp())
        holds = tuple(Hold(f"dsp_need_{n}.1", starts + n * 3600, starts + n * 3600 + 60) for n in range(61))
        into = service.person(second).model_copy(update={"bookings": holds[:30]})
        merged = service.person(first)
        within = merged.model_copy(update={"bookings": holds[30:60]})
        assert taken_over(into, within, service.engine.now).bookings == holds[:60]
        with pytest.raises(Refused) as refused:
            taken_over(into, merged.model_copy(update={"bookings": holds[30:]}), service.engine.now)
        assert (refused.value.rule, dict(refused.value.values)) == ("too_many_promises", {"count": 61, "most": 60})
