"""The work list: each open thing has one next step, in any order of its events."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from types import SimpleNamespace
from typing import Any

import pytest
from bson import encode
from gateway_events import (
    AREA,
    NEED,
    ProjectorInMemory,
    accepted,
    cancelled,
    confirmed,
    credited_part,
    event_of,
    offered,
    overdue,
    published,
    ready,
)

from services.gateway.declaration import FEATURES
from services.gateway.features.dispatch.answer import dispatch_from_view
from services.gateway.features.dispatch.view import DispatchView
from services.gateway.features.needs import FEATURE
from services.gateway.features.needs.view import NeedView
from services.gateway.features.needs.waiting import explain_waiting
from services.gateway.features.tasks.answer import task_from_view
from services.gateway.features.tasks.view import WITHOUT_DUE, TaskView, not_lapsed, project_tasks
from services.gateway.http.language import speaking
from shared.contracts.stations.network import StationOpened
from shared.engine.decide.memory import START
from shared.words import Language, Wording


def tasks(projector: ProjectorInMemory) -> dict[str, TaskView]:
    found: dict[Any, Any] = projector.followed.entities
    return {thing_id: view for (model, thing_id), view in found.items() if model is TaskView}


def test_a_need_asks_its_station_for_the_step_of_its_state() -> None:
    projector = ProjectorInMemory().project(published())
    task = tasks(projector)[NEED]
    assert (task.code, task.station_id, task.path) == ("await_supply_and_volunteers", "station_1", f"/v1/needs/{NEED}")
    projector.project(ready())
    task = tasks(projector)[NEED]
    assert (task.code, task.due) == ("begin_service", "2026-03-02T02:00:00.000Z")


def test_an_ended_need_leaves_the_work_list() -> None:
    task = tasks(ProjectorInMemory().project(published(), ready(), cancelled()))[NEED]
    assert (task.open, task.order) == (False, WITHOUT_DUE)


def test_a_rating_that_nobody_gives_is_not_overdue_for_ever() -> None:
    task = tasks(ProjectorInMemory().project(published(), ready(), confirmed()))[NEED]
    assert (task.code, task.due, task.order) == ("evaluate_need", "2026-03-09T01:05:00.000Z", f"L{task.due}")
    lapsed = not_lapsed(datetime(2026, 3, 9, 1, 5, 0, 1000, tzinfo=UTC))["$nor"][0]["order"]
    assert lapsed["$gte"] <= task.order < lapsed["$lt"], "out of every list once its date is over"
    assert not task.order < not_lapsed(datetime(2026, 3, 9, 1, 5, tzinfo=UTC))["$nor"][0]["order"]["$lt"]


def test_of_an_ended_task_so_much_is_kept_for_good_that_a_late_event_does_not_open_it_again() -> None:
    projector = ProjectorInMemory().project(published(), cancelled())
    task = tasks(projector)[NEED]
    assert task.ended is None, "what has no such instant is deleted by no index"
    assert (task.path, task.area, task.station_id, task.args) == ("", "", None, {})
    assert len(encode(task.to_document())) < 250
    assert not tasks(projector.project(ready()))[NEED].open, "the retry of a dead letter, however late"


def test_a_station_waits_for_nothing_and_has_no_task() -> None:
    station = StationOpened(
        id="station_1", version=1, area=AREA, name="Station", level="station", state="open", opened_at=START
    )
    assert not tasks(ProjectorInMemory().project(event_of(station, version=1, subject=station.id)))


def test_a_task_that_is_open_is_never_forgotten() -> None:
    assert tasks(ProjectorInMemory().project(published(), ready()))[NEED].ended is None


@pytest.mark.parametrize("order", list(permutations([published, ready, cancelled])))
def test_any_order_of_events_ends_in_the_same_task(order: Any) -> None:
    shown = tasks(ProjectorInMemory().project(*(event() for event in order), *(event() for event in order)))
    assert not shown[NEED].open


def test_an_offer_asks_its_volunteer_for_an_answer_and_then_to_come() -> None:
    projector = ProjectorInMemory().project(offered())
    task = tasks(projector)["dispatch_1"]
    assert (task.code, task.person_id) == ("answer_offer", "volunteer_1")
    projector.project(accepted())
    assert tasks(projector)["dispatch_1"].code == "check_in"


def test_a_shortfall_of_hours_is_collected_by_others_than_the_volunteer() -> None:
    due = START + timedelta(days=3)
    part = {"state": "credited", "minutes": 20, "short_minutes": 40, "hours_due": due, "reminded": 1}
    projector = ProjectorInMemory().project(offered(), credited_part(**part))
    task = tasks(projector)["dispatch_1"]
    assert (task.code, task.args, task.person_id) == ("collect_hours", {"minutes": 40, "reminders": 1}, None)
    shown = dispatch_from_view(projector.view(DispatchView, "dispatch_1"))
    assert (shown.minutes, shown.short_minutes) == (20, 40)


def test_a_step_is_overdue_after_its_instant() -> None:
    task = tasks(ProjectorInMemory().project(ready()))[NEED]
    assert not task_from_view(task, START + timedelta(hours=1)).overdue
    assert task_from_view(task, START + timedelta(hours=1, seconds=1)).overdue


@pytest.mark.parametrize(("language", "sentence"), [("en", "begin the service"), ("zh", "开始服务")])
def test_a_step_is_worded_in_the_language_of_the_request(language: Language, sentence: str) -> None:
    task = tasks(ProjectorInMemory().project(ready()))[NEED]
    with speaking(Wording(language)):
        assert sentence in task_from_view(task, START).model_dump()["text"]


def test_two_features_cannot_both_say_what_comes_next() -> None:
    with pytest.raises(ValueError, match="another feature declare tasks"):
        project_tasks([FEATURE, FEATURE])


def test_an_overdue_step_stays_its_stations_until_it_is_the_turn_of_the_street_centre() -> None:
    projector = ProjectorInMemory().project(published(), ready(), overdue("station", 3))
    task = tasks(projector)[NEED]
    assert (task.code, task.due) == ("confirm_need", "2026-03-02T01:00:00.000Z"), "overdue since then"
    task = tasks(projector.project(overdue("street", 4)))[NEED]
    assert (task.code, task.due, task.area) == ("see_to_overdue_need", "2026-03-06T01:00:00.000Z", AREA)
    assert task.args == {"level": "street", "area": AREA[:9], "since": "2026-03-02T01:00+00:00"}


def test_an_overdue_need_is_listed_as_waiting_until_its_next_event() -> None:
    projector = ProjectorInMemory().project(published(), ready(), overdue("district", 4))
    view = projector.view(NeedView, NEED)
    assert view.waiting
    late = next(explain_waiting(view.state, view.need, view.link, view.staffing))
    assert (late["reason"]["code"], late["reason"]["args"]["level"]) == ("step_overdue", "district")
    assert not projector.project(cancelled(5)).view(NeedView, NEED).waiting


AT_A_STATION = ("payments", "findings", "alerts", "screenings", "plans", "posts", "trainings", "workers", "residents")


@pytest.mark.parametrize("name", AT_A_STATION)
def test_the_work_list_of_a_station_has_the_steps_of_all_things_at_it(name: str) -> None:
    assert _station_of(name, station_id="station_1") == "station_1"


def test_the_work_list_of_a_station_has_its_own_opening_and_the_referrals_that_it_receives() -> None:
    assert _station_of("network", id="station_2") == "station_2"
    assert _station_of("handovers", receiver_kind="station", receiver_id="station_3") == "station_3"
    assert _station_of("handovers", receiver_kind="organisation", receiver_id="org_1") is None
    assert _station_of("organisations") is None


def _station_of(feature: str, **fields: str) -> str | None:
    """Return the station in whose work list the first event of the feature puts its thing."""
    (found,) = [each for each in FEATURES if each.name == feature]
    kind, tasks_of = next(iter(found.tasks.items()))
    thing = {"id": "thing_1", "version": 1, "area": AREA, "next_step": None, **fields}
    message: Any = SimpleNamespace(type=kind.type, data=kind.model_construct(_fields_set=None, **thing))
    (task,) = tasks_of(message)
    return task.station_id
