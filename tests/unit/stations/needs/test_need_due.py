"""The due time of a need: unmet when it passes before the need is ready, with half an hour for one that falls back."""

from datetime import timedelta

from stations_in_memory import StationsInMemory

from shared.contracts.stations.needs import NeedUnmet

HOUR = timedelta(hours=1)


def test_a_need_that_nobody_could_meet_by_its_due_time_is_unmet(stations: StationsInMemory):
    need_id = stations.register().id
    stations.link(need_id, 1, 1, 0)

    stations.engine.advance(9 * HOUR)

    assert stations.need(need_id).state == "unmet"
    assert [event.committed for event in stations.engine.emitted(NeedUnmet)] == [(1, 0)]


def test_a_ready_need_stays_ready_when_its_due_time_passes(stations: StationsInMemory):
    need_id = stations.register().id
    stations.link(need_id, 1, 3, 5000)
    stations.staff(need_id, 1, 2)
    stations.engine.advance(9 * HOUR)
    assert stations.need(need_id).state == "ready"


def test_a_need_that_falls_back_after_its_due_time_gets_half_an_hour_then_ends_unmet(stations: StationsInMemory):
    need_id = stations.register().id
    stations.link(need_id, 1, 3, 5000)
    stations.staff(need_id, 1, 2)
    stations.engine.advance(9 * HOUR)

    stations.staff(need_id, 2, 1, "searching")
    stations.engine.advance(timedelta(minutes=29))
    assert stations.need(need_id).state == "published"
    stations.engine.advance(timedelta(minutes=2))
    assert stations.need(need_id).state == "unmet"


def test_a_need_that_recovers_within_the_half_hour_lives_on(stations: StationsInMemory):
    need_id = stations.register().id
    stations.link(need_id, 1, 3, 5000)
    stations.staff(need_id, 1, 2)
    stations.engine.advance(9 * HOUR)
    stations.staff(need_id, 2, 1, "searching")
    stations.staff(need_id, 3, 2)

    stations.engine.advance(HOUR)

    assert stations.need(need_id).state == "ready"
