"""The waiting list: a need without people waits with a reason, and is searched for again."""

import bson
from volunteering_in_memory import MINUTE, OTHER_CITY, VolunteeringInMemory, need_event, registration

from shared.contracts.stations.needs import NeedPublished

HALF_AN_HOUR = 30 * MINUTE


def test_when_the_only_one_declines_the_need_waits_with_a_reason(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.publish("need_1")
    service.decline(service.dispatches("need_1")[0].id)
    assert service.announced("need_1") == ["offered", "awaited"]
    assert "asked_before" in str(service.last_event("need_1").tried)


def test_a_waiting_need_gets_the_volunteer_who_registers_the_highest_score_first(service: VolunteeringInMemory) -> None:
    service.publish("low", score=10)
    service.publish("high", score=90)
    service.publish("elsewhere", area=OTHER_CITY, score=99)
    assert service.announced("high") == ["awaited"]
    someone = service.volunteer(standing=True)
    service.wait()
    assert [row.volunteer_id for row in service.dispatches("high")] == [someone]
    assert service.announced("high") == ["awaited", "confirmed"]
    assert (service.state("low"), service.state("elsewhere")) == ("waiting", "waiting")


def test_a_waiting_need_gets_the_volunteer_whom_a_cancelled_need_frees(service: VolunteeringInMemory) -> None:
    someone = service.volunteer(standing=True)
    service.publish("need_1")
    service.publish("need_2")
    assert service.state("need_2") == "waiting"
    service.cancel("need_1")
    assert (service.state("need_1"), service.announced("need_1")) == ("released", ["confirmed", "released"])
    service.wait()
    assert [row.volunteer_id for row in service.dispatches("need_2")] == [someone]
    assert service.broken_laws() == []


def test_a_need_of_the_same_batch_finds_the_volunteer_who_has_just_registered(service: VolunteeringInMemory) -> None:
    asked, published = registration(standing=True), need_event(NeedPublished, "need_1")
    service.engine.batch(
        [
            service.engine.incoming("command", asked, asked.type, "register"),
            service.engine.incoming("event", published.data, published.type, published.key, published),
        ]
    )
    assert service.state("need_1") == "staffed"


def test_a_waiting_need_is_looked_at_again_by_itself(service: VolunteeringInMemory) -> None:
    service.publish("need_1")
    timer = service.engine.timers["staffing:need_1"]
    someone = service.volunteer(standing=True)
    service.engine.timers["staffing:need_1"] = timer  # as if the registration had not seen the waiting need
    service.wait(5 * MINUTE)
    assert [row.volunteer_id for row in service.dispatches("need_1")] == [someone]


def test_a_waiting_need_whose_timer_is_lost_is_found_by_the_patrol(service: VolunteeringInMemory) -> None:
    service.publish("need_1")
    someone = service.volunteer(standing=True)
    del service.engine.timers["staffing:need_1"]
    service.wait(15 * MINUTE)
    assert [row.volunteer_id for row in service.dispatches("need_1")] == [someone]


def test_a_recheck_that_finds_nobody_says_nothing_again(service: VolunteeringInMemory) -> None:
    service.publish("need_1")
    service.wait(50 * MINUTE)
    assert service.announced("need_1") == ["awaited"]


def test_someone_with_standing_acceptance_who_registers_takes_the_place_from_the_open_offer(
    service: VolunteeringInMemory,
) -> None:
    asked = service.volunteer()
    service.publish("need_1")
    service.volunteer(standing=True)
    service.wait()
    assert service.state("need_1") == "offered"  # the one who was asked first keeps the chance
    service.wait(HALF_AN_HOUR)
    assert service.states("need_1") == ["accepted", "expired"]
    assert service.person(asked).offers == ()


def test_a_staffing_with_its_reasons_is_stored_in_types_that_the_store_knows(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.publish("need_1", headcount=2)
    for entity in service.engine.entities.values():
        document = entity.to_document()
        assert bson.decode(bson.encode(document)).keys() == document.keys()
        assert type(entity).from_document(document) == entity
