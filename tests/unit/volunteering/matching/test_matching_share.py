"""Replicas of volunteering look at people of their own first, and at all of them where these are too few."""

from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from volunteering_in_memory import VolunteeringInMemory

from shared.engine.store.replicas import Share

PEOPLE, NEEDS = 60, 8


def taken(share: Share, people: int, needs: int = NEEDS) -> set[str]:
    """Who is confirmed for needs of the same moment by the replica that has this share."""
    service = VolunteeringInMemory(share=share)
    for _ in range(people):
        service.volunteer(standing=True)
    for nth in range(needs):
        service.publish(f"need_{nth}")
    assert service.broken_laws() == []
    assert all(service.state(f"need_{nth}") == "staffed" for nth in range(needs))
    return {row.volunteer_id for nth in range(needs) for row in service.dispatches(f"need_{nth}")}


def test_where_there_are_many_two_replicas_reach_for_different_people() -> None:
    first, second = taken(Share(0, 2), PEOPLE), taken(Share(1, 2), PEOPLE)
    assert first
    assert second
    assert not first & second


@examples(15)
@given(st.integers(1, 32), st.data())
def test_whatever_the_share_nobody_who_can_is_left_out(count: int, data: st.DataObject) -> None:
    share = Share(data.draw(st.integers(0, count - 1)), count)
    assert len(taken(share, NEEDS)) == NEEDS
