"""The actions on a need are refused in the wrong state, on an unknown need and on an older view of it."""

from datetime import timedelta
from typing import Any

import pytest
from stations_in_memory import StationsInMemory

from shared.contracts import Refused
from shared.contracts.stations.needs import CancelNeed, ConfirmNeed, EvaluateNeed, PublishNeed

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("action", "reached"),
    [
        (PublishNeed, "published"),
        (ConfirmNeed, "published"),
        (EvaluateNeed, "published"),
        (CancelNeed, "served"),
        (EvaluateNeed, "served"),
        (CancelNeed, "cancelled"),
        (ConfirmNeed, "cancelled"),
        (CancelNeed, "unmet"),
    ],
)
def test_an_action_in_the_wrong_state_is_refused_and_changes_nothing(
    stations: StationsInMemory, action: type[Any], reached: str
):
    need_id = stations.serve() if reached == "served" else stations.register().id
    if reached == "cancelled":
        stations.engine.command(CancelNeed(need_id=need_id))
    if reached == "unmet":
        stations.engine.advance(9 * HOUR)
    before, emitted = stations.need(need_id), len(stations.engine.events)
    more = {"rating": 3} if action is EvaluateNeed else {}

    with pytest.raises(Refused) as refused:
        stations.engine.command(action(need_id=need_id, **more))

    assert refused.value.code == "wrong_state"
    assert refused.value.values["state"] == reached
    assert refused.value.values["action"] == action.type.removesuffix("Need").lower()
    assert stations.need(need_id) == before
    assert len(stations.engine.events) == emitted


def test_a_ready_need_with_volunteers_is_not_confirmed_before_they_have_served(stations: StationsInMemory):
    need_id = stations.register().id
    stations.link(need_id, 1, 3, 5000)
    stations.staff(need_id, 1, 2)
    with pytest.raises(Refused) as refused:
        stations.engine.command(ConfirmNeed(need_id=need_id))
    assert refused.value.code == "wrong_state"


def test_a_draft_whose_due_time_has_passed_is_not_published(stations: StationsInMemory):
    need_id = stations.register(publish=False).id
    stations.engine.advance(9 * HOUR)
    with pytest.raises(Refused) as refused:
        stations.engine.command(PublishNeed(need_id=need_id))
    assert (refused.value.code, refused.value.field) == ("wrong_state", "due")


def test_an_action_on_an_unknown_need_names_the_field(stations: StationsInMemory):
    with pytest.raises(Refused) as refused:
        stations.engine.command(CancelNeed(need_id="need_nobody"))
    assert (refused.value.code, refused.value.field) == ("not_found", "need_id")


def test_an_action_decided_on_an_older_view_of_the_need_is_refused(stations: StationsInMemory):
    need_id = stations.register().id
    stations.link(need_id, 1, 3, 5000)
    stations.staff(need_id, 1, 2)

    with pytest.raises(Refused) as refused:
        stations.engine.command(CancelNeed(need_id=need_id, expected_version=1))

    assert (refused.value.code, refused.value.field) == ("version_mismatch", "If-Match")
    assert stations.need(need_id).state == "ready"


def test_unannounced_progress_does_not_outdate_the_view_of_the_caller(stations: StationsInMemory):
    read = stations.register()
    stations.link(read.id, 1, 1, 0)

    command = CancelNeed(need_id=read.id, expected_version=read.version)

    assert stations.engine.command(command).state == "cancelled"


def test_a_version_that_is_yet_to_come_is_refused(stations: StationsInMemory):
    read = stations.register()
    with pytest.raises(Refused) as refused:
        stations.engine.command(CancelNeed(need_id=read.id, expected_version=read.version + 1))
    assert refused.value.code == "version_mismatch"
