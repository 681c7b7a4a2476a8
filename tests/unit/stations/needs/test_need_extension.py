"""A need that lacks something is given more time by its station, instead of ending unmet."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from stations_in_memory import StationsInMemory

from services.stations.needs.policy import NeedsPolicy
from shared.contracts import Refused
from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.needs import ExtendNeed, NeedExtended, NeedOverdue, NeedUnmet, PublishNeed
from shared.engine.decide.memory import START

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def extend(stations: StationsInMemory, need_id: str, due: datetime, **more: Any) -> NeedAnswer:
    answer = stations.engine.command(ExtendNeed(need_id=need_id, due=due, reason_code="delivery_delayed", **more))
    assert isinstance(answer, NeedAnswer)
    return answer


def refusal(stations: StationsInMemory, need_id: str, due: datetime, **more: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        extend(stations, need_id, due, **more)
    return refused.value


def test_an_extended_need_lives_on_until_its_new_due_time_and_keeps_what_it_has(stations: StationsInMemory):
    need_id = stations.register().id
    stations.link(need_id, 1, 1, 0)
    answer = extend(stations, need_id, START + 2 * DAY)
    assert (answer.state, answer.due, answer.lines[0].committed) == ("published", START + 2 * DAY, 1)
    (event,) = stations.engine.emitted(NeedExtended)
    assert (event.due, event.extended_for, event.version) == (answer.due, "delivery_delayed", answer.version)
    stations.engine.advance(2 * DAY - HOUR)
    assert stations.need(need_id).state == "published"
    stations.engine.advance(HOUR)
    assert stations.need(need_id).state == "unmet"


def test_a_ready_need_that_falls_back_after_an_extension_ends_at_its_new_due_time(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 3, 5000)
    stations.engine.advance(9 * HOUR)
    extend(stations, need_id, START + DAY)
    stations.link(need_id, 2, 1, 5000)
    stations.engine.advance(15 * HOUR)
    assert [event.due for event in stations.engine.emitted(NeedUnmet)] == [START + DAY]


def test_nobody_is_late_any_more_after_an_extension(stations: StationsInMemory):
    need_id = stations.register(publish=False).id
    stations.engine.advance(9 * HOUR)
    assert stations.need(need_id).overdue is not None
    extend(stations, need_id, START + 10 * DAY)
    assert stations.need(need_id).overdue is None
    stations.engine.advance(9 * DAY)
    assert len(stations.engine.emitted(NeedOverdue)) == 1
    assert stations.engine.command(PublishNeed(need_id=need_id)).state == "published"


@pytest.mark.parametrize("due", [START + 8 * HOUR, START + 7 * HOUR])
def test_the_new_due_time_is_later(stations: StationsInMemory, due: datetime):
    refused = refusal(stations, stations.register().id, due)
    assert (refused.rule, refused.field) == ("due_not_later", "due")


def test_one_extension_is_bounded_by_the_city():
    stations = StationsInMemory(NeedsPolicy(need_extension_days=2))
    need_id = stations.register().id
    assert refusal(stations, need_id, START + 8 * HOUR + 2 * DAY + HOUR).values["days"] == 2
    assert extend(stations, need_id, START + 8 * HOUR + 2 * DAY).version == 2


def test_what_is_served_or_ended_gets_no_more_time(stations: StationsInMemory):
    refused = refusal(stations, stations.serve(), START + 2 * DAY)
    assert (refused.rule, refused.values["action"]) == ("need_not_in_state", "extend")


def test_an_extension_decided_on_an_older_view_is_refused(stations: StationsInMemory):
    need_id = stations.register().id
    extend(stations, need_id, START + DAY, expected_version=1)
    assert refusal(stations, need_id, START + 2 * DAY, expected_version=1).code == "version_mismatch"
