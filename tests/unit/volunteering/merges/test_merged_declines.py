"""Who has declined a need under one id has declined it under every other, until the ids are parted."""

from volunteering_in_memory import HOUR, VolunteeringInMemory


def test_a_decline_is_followed_by_no_offer_to_the_surviving_id_until_both_are_parted(
    service: VolunteeringInMemory,
) -> None:
    old = service.volunteer()
    service.publish("need_1")
    (offer,) = service.dispatches("need_1", "offered")
    service.decline(offer.id)
    new = service.volunteer()
    service.merge(old, new)
    service.wait(HOUR / 2)
    assert [(row.volunteer_id, row.state) for row in service.dispatches("need_1")] == [(old, "declined")]
    service.unmerge(old)
    service.wait()
    assert [row.volunteer_id for row in service.dispatches("need_1", "offered")] == [new]


def test_a_decline_counts_through_a_chain_of_merges(service: VolunteeringInMemory) -> None:
    old = service.volunteer()
    service.publish("need_1")
    (offer,) = service.dispatches("need_1", "offered")
    service.decline(offer.id)
    middle, last = service.volunteer(), service.volunteer()
    service.merge(old, middle)
    service.merge(middle, last)
    assert service.person(last).stands_for == (middle, old)
    service.wait(HOUR / 2)
    assert service.states("need_1") == ["declined"]
    service.unmerge(middle)
    service.wait()
    assert [row.volunteer_id for row in service.dispatches("need_1", "offered")] == [last]
    assert service.person(middle).stands_for == (old,)
