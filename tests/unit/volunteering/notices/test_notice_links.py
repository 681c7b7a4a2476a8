"""The link in an offer: it leads to the page of answers, and the store has its hash alone."""

from volunteering_in_memory import VolunteeringInMemory

from services.volunteering.notices.domain.notices import Part
from services.volunteering.worker.links import Links
from shared.contracts.volunteering.answer_links import hash_token
from shared.engine.decide.memory import START


def part_of(service: VolunteeringInMemory) -> Part:
    service.volunteer()
    service.publish("need_1")
    (dispatch,) = service.dispatches("need_1")
    return Part(service.staffing("need_1"), dispatch)


def test_an_offer_has_a_link_of_its_own_for_its_dispatch_alone() -> None:
    part = part_of(VolunteeringInMemory())
    links = Links("https://lianshan.example/")
    first, second = links.make("offer", part, START), links.make("offer", part, START)
    assert first is not None
    assert second is not None
    address, link = first
    assert address.startswith("https://lianshan.example/a/")
    token = address.rpartition("/")[2]
    assert (link.id, link.dispatch_id) == (hash_token(token), part.dispatch.id)
    assert (link.volunteer_id, link.made_at) == (part.dispatch.volunteer_id, START)
    assert token not in str(link.to_document())
    assert address != second[0]


def test_nothing_else_has_a_link_and_none_has_one_where_the_city_has_no_address() -> None:
    part = part_of(VolunteeringInMemory())
    assert Links("").make("offer", part, START) is None
    assert Links("https://lianshan.example").make("reminder", part, START) is None
