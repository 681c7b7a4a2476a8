"""A need that is given more time holds its parts for longer, in any order of its events."""

from itertools import permutations

import pytest
from charity_in_memory import COMMUNITY, HOUR, START, CharityInMemory, happened, rice

from shared.contracts.envelope import CloudEvent
from shared.contracts.stations.needs import NeedExtended, NeedPublished, NeedUnmet
from shared.contracts.stations.reopening import EndUndone

WHOLE = rice(5).model_copy(update={"divisible": False})
"""Five quilts, of which fewer are of no use: due in eight hours, its part is offered on from the sixth."""


def extended(version: int = 3, hours: int = 20) -> CloudEvent:
    return happened(
        NeedExtended, "need_1", [WHOLE], version=version, due=START + hours * HOUR, extended_for="delivery_delayed"
    )


def test_a_part_is_held_until_the_later_due_time_is_near(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    charity.publish("need_1", WHOLE)
    charity.engine.advance(5 * HOUR)
    charity.engine.event(extended())
    charity.engine.advance(9 * HOUR)
    assert charity.committed("need_1") == [3]
    charity.engine.advance(HOUR)
    assert charity.committed("need_1") == [0]
    assert charity.broken_laws() == []


def test_a_need_that_has_offered_its_part_on_may_hold_one_again(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    charity.publish("need_1", WHOLE)
    charity.engine.advance(7 * HOUR)
    assert charity.committed("need_1") == [0]
    charity.engine.event(extended())
    charity.engine.advance(HOUR)
    assert charity.committed("need_1") == [3]


def test_more_time_takes_nothing_from_those_who_wait_with_it(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    charity.publish("need_1", WHOLE)
    charity.engine.advance(5 * HOUR)
    charity.publish("need_2", rice(3))
    charity.engine.event(extended())
    charity.engine.advance(HOUR)
    assert (charity.committed("need_1"), charity.committed("need_2")) == ([0], [3])


def test_an_earlier_extension_that_arrives_later_changes_nothing(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    charity.publish("need_1", WHOLE)
    charity.engine.event(extended(version=4, hours=40))
    charity.engine.event(extended(version=3, hours=20))
    charity.engine.advance(29 * HOUR)
    assert charity.committed("need_1") == [3]


def test_a_draft_with_more_time_is_linked_by_its_publication(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 3)
    event = extended().data.model_copy(update={"published_at": None, "state": "draft"})
    charity.engine.event(extended().model_copy(update={"data": event}))
    assert charity.available(COMMUNITY) == 3


@pytest.mark.parametrize("course", ["open", "reopened"])
def test_in_any_order_the_later_due_time_counts(course: str) -> None:
    later = {"due": START + 12 * HOUR, "reopened_for": "still_needed"}
    events = {
        "open": [happened(NeedPublished, "need_1", [WHOLE]), extended()],
        "reopened": [
            happened(NeedPublished, "need_1", [WHOLE]),
            happened(NeedUnmet, "need_1", [WHOLE], version=3),
            happened(EndUndone, "need_1", [WHOLE], version=5, **later),
            extended(version=6),
        ],
    }[course]
    for order in permutations(events):
        charity = CharityInMemory()
        charity.donate(COMMUNITY, 3)
        for event in order:
            charity.engine.event(event)
        charity.engine.advance(14 * HOUR)
        assert charity.committed("need_1") == [3], order
        charity.engine.advance(HOUR)
        assert charity.committed("need_1") == [0], order
        assert charity.broken_laws() == []
