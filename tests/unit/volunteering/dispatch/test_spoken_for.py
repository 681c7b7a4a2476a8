"""Somebody passes on the word of a volunteer who has a telephone alone; a volunteer acts by an account of their own."""

from collections.abc import Callable

import pytest
from volunteering_in_memory import HOUR, VolunteeringInMemory

from shared.contracts.access import Actor
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.dispatch import AcceptOffer, CheckIn, CheckOut, DeclineOffer, StateHours
from shared.engine.decide.memory import START


def coordinator(volunteer_id: str) -> Actor:
    return Actor(kind="key", id="key_1", roles=("volunteer_coordinator", "supervisor"), speaks_for=volunteer_id)


def account(volunteer_id: str) -> Actor:
    return Actor(kind="person", id="account_1", roles=("volunteer",), speaks_for=volunteer_id)


@pytest.fixture
def offered(service: VolunteeringInMemory) -> VolunteeringInMemory:
    """Two volunteers are asked for need_1."""
    for _ in range(2):
        service.volunteer()
    service.publish("need_1", 2)
    return service


@pytest.mark.parametrize("speaker", [coordinator, account])
def test_an_offer_is_answered_in_the_name_of_its_volunteer_alone(
    offered: VolunteeringInMemory, speaker: Callable[[str], Actor]
) -> None:
    mine, other = offered.dispatches("need_1")
    actor = speaker(mine.volunteer_id)
    for command in (AcceptOffer, DeclineOffer, CheckIn, CheckOut):
        with pytest.raises(Refused) as refused:
            offered.engine.command(command(dispatch_id=other.id), actor=actor)
        assert (refused.value.code, refused.value.rule) == ("not_found", "unknown_id"), "like one that there is not"
    assert offered.dispatches("need_1")[1] == other
    assert offered.engine.command(AcceptOffer(dispatch_id=mine.id), actor=actor).state == "accepted"
    offered.wait(HOUR)
    assert offered.engine.command(CheckIn(dispatch_id=mine.id), actor=actor).state == "checked_in"
    assert offered.engine.command(CheckOut(dispatch_id=mine.id), actor=actor).state == "checked_out"


def test_an_offer_is_answered_under_any_id_of_the_person(offered: VolunteeringInMemory) -> None:
    mine, _ = offered.dispatches("need_1")
    offered.engine.command(AcceptOffer(dispatch_id=mine.id), actor=account(mine.volunteer_id))
    survivor = offered.volunteer()
    offered.merge(mine.volunteer_id, survivor)
    offered.wait(HOUR)
    assert offered.engine.command(CheckIn(dispatch_id=mine.id), actor=account(mine.volunteer_id)).state == "checked_in"
    assert offered.engine.command(CheckOut(dispatch_id=mine.id), actor=account(survivor)).state == "checked_out"


@pytest.mark.parametrize(("speaker", "rule"), [(coordinator, "not_on_behalf"), (account, "permission_missing")])
def test_nobody_states_hours_on_behalf_of_another(
    offered: VolunteeringInMemory, speaker: Callable[[str], Actor], rule: str
) -> None:
    mine, _ = offered.dispatches("need_1")
    stated = StateHours(dispatch_id=mine.id, left_at=START + HOUR, reason_code="forgot_check_out")
    with pytest.raises(Refused) as refused:
        offered.engine.command(stated, actor=speaker(mine.volunteer_id))
    assert (refused.value.code, refused.value.rule) == ("not_allowed", rule)
