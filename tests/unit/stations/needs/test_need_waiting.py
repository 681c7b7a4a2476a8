"""A need that waits names the missing things and the reasons, until it is ready."""

from stations_in_memory import StationsInMemory

from shared.contracts.need_parts import Waiting
from shared.contracts.reasons import reason
from shared.contracts.stations.needs import CancelNeed, NeedReady

NO_RICE = (Waiting(for_what=reason("l1"), reason=reason("no_rice"), next_step=reason("a_gift")),)


def test_an_open_need_always_explains_its_waiting(stations: StationsInMemory):
    answer = stations.register()
    assert [part.for_what.code for part in answer.waiting] == ["for_resources", "for_volunteers"]

    stations.link(
        answer.id,
        1,
        1,
        0,
        waiting=NO_RICE,
    )
    stations.staff(answer.id, 1, 2)
    cancelled = stations.engine.command(CancelNeed(need_id=answer.id))

    assert cancelled.waiting == ()


def test_the_reason_why_charity_waits_stands_in_the_need_until_it_is_ready(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(
        need_id,
        1,
        1,
        0,
        waiting=NO_RICE,
    )
    assert [w.reason for w in stations.need(need_id).link_waiting] == [reason("no_rice")]
    stations.link(need_id, 2, 3, 5000)
    assert stations.engine.emitted(NeedReady)[0].waiting == ()
