"""A dispatch has ten open links at most: where another one is made, the oldest ends."""

import pytest
from notices_in_memory import NoticesInMemory
from volunteering_in_memory import VolunteeringInMemory

from services.volunteering.answer_links.domain import MOST_OPEN, AnswerLink, find_link_end, new_link
from services.volunteering.dispatch.domain.staffing import Dispatch
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.volunteering.answer_links import AnswerByLink, IssueAnswerLink, LinkAction, hash_token

HOLDER = Actor(kind="person", id="link:0123", roles=("link",))


@pytest.fixture
def dispatch(service: VolunteeringInMemory) -> Dispatch:
    """The dispatch of the one volunteer who is asked."""
    service.volunteer()
    service.publish("need_1")
    return service.dispatches("need_1", "offered")[0]


def issue(service: VolunteeringInMemory, dispatch: Dispatch, nth: int) -> str:
    """Issue the `nth` link a second after the one before, and return its id."""
    service.wait()
    link_id = hash_token(f"token {nth}")
    service.engine.command(IssueAnswerLink(dispatch_id=dispatch.id, link_id=link_id))
    return link_id


def act(service: VolunteeringInMemory, link_id: str, action: LinkAction, version: int) -> str:
    asked = AnswerByLink(link_id=link_id, action=action, expected_version=version)
    return str(service.engine.command(asked, actor=HOLDER).state)


def count_open(service: VolunteeringInMemory) -> int:
    return sum(service.engine.now < link.ends_at for link in service.engine.all(AnswerLink))


def test_the_oldest_of_eleven_links_ends_and_the_ten_after_it_act(
    service: VolunteeringInMemory, dispatch: Dispatch
) -> None:
    first, second, *_, last = [issue(service, dispatch, nth) for nth in range(MOST_OPEN + 1)]
    with pytest.raises(Refused, match="link_ended"):
        act(service, first, "accept", dispatch.version)
    assert count_open(service) == MOST_OPEN
    assert act(service, second, "accept", dispatch.version) == "accepted"
    assert act(service, last, "decline", dispatch.version + 1) != "accepted"


def test_the_tries_of_an_offer_end_their_oldest_link_too(service: VolunteeringInMemory, dispatch: Dispatch) -> None:
    first, worker = issue(service, dispatch, 0), NoticesInMemory(service)
    for nth in range(MOST_OPEN):
        service.wait()
        ends_at = find_link_end(service.staffing("need_1").ends_at)
        worker.keep_link(new_link(hash_token(f"try {nth}"), dispatch, service.engine.now, ends_at))
    (oldest,) = [link for link in service.engine.all(AnswerLink) if link.id == first]
    assert (oldest.ends_at, count_open(service)) == (service.engine.now, MOST_OPEN)


def test_links_of_another_dispatch_count_apart(service: VolunteeringInMemory, dispatch: Dispatch) -> None:
    service.publish("need_2")
    service.volunteer()
    other = service.dispatches("need_2", "offered")[0]
    for nth in range(MOST_OPEN):
        issue(service, dispatch, nth)
    issue(service, other, MOST_OPEN)
    assert count_open(service) == MOST_OPEN + 1
