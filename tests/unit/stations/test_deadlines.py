"""The deadlines of breaches and erasures are counted before they pass, for alerts and the doctor."""

from datetime import timedelta
from typing import Any

import pytest

from deploy.lianshan.doctor.people import judge_deadlines
from services.stations.breaches.domain import Breach, recorded
from services.stations.declaration import DECLARATION
from services.stations.erasures.domain import Erasure, overdue, requested
from shared.contracts.stations.breaches import RecordBreach
from shared.contracts.stations.erasures import RequestErasure
from shared.engine import Entity
from shared.engine.decide.memory import START
from tests.city.mongo import Database
from tests.city.store import Memory

STREET = "110102009"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CENSUSES = {census.name: census for part in DECLARATION.capabilities for census in part.censuses}
STEPS = {"notify_authority", "notify_people", "close_breach", "await_erasure", "end_open_work"}


def breach(nth: int = 1, **changes: Any) -> Breach:
    asked = {
        "area": STREET, "kind": "disclosed", "found_at": START, "categories": ("names",), "people_least": 3,
        "people_most": 40, "cause": "misdirected", "harms": ("fraud",),
    }  # fmt: skip
    made = recorded(RecordBreach.model_validate(asked), f"breach_{nth}", START)
    return made.model_copy(update={"version": 1, **changes})


def erasure(nth: int = 1) -> Erasure:
    asked = {"people": [{"kind": "volunteer", "id": "vol_1"}], "ground": "consent_withdrawn", "area": STREET}
    return requested(RequestErasure.model_validate(asked), f"erasure_{nth}", "", START).model_copy(
        update={"version": 1}
    )


def counted(things: list[Entity], after: timedelta) -> dict[str, dict[str, float]]:
    """The values of the gauges at this time after the start, without the steps that nothing waits for."""
    store: Any = Database(Memory("stations"))
    for thing in things:
        store[thing.collection].insert_one(thing.to_document())
    found = {name: census.count(store, START + after) for name, census in CENSUSES.items()}
    return {name.removeprefix("lianshan_"): {s: n for s, n in steps.items() if n} for name, steps in found.items()}


def test_a_breach_is_counted_from_its_record_on_and_overdue_after_a_day() -> None:
    assert counted([breach()], HOUR)["breaches_due"] == {"notify_authority": 1}
    assert counted([breach()], HOUR)["breaches_overdue"] == {}
    late = counted([breach(), breach(2)], 25 * HOUR)
    assert (late["breaches_due"], late["breaches_overdue"]) == ({"notify_authority": 2}, {"notify_authority": 2})


def test_the_notice_to_the_people_follows_and_a_report_is_due_in_its_last_week() -> None:
    told = breach(authority_notified_at=START)
    assert counted([told], HOUR)["breaches_due"] == {"notify_people": 1}
    both = told.model_copy(update={"people_notified_at": START, "state": "notified"})
    assert counted([both], 22 * DAY)["breaches_due"] == {}
    assert counted([both], 24 * DAY)["breaches_due"] == {"close_breach": 1}
    closed = both.model_copy(update={"state": "closed"})
    assert counted([closed], 99 * DAY)["breaches_due"] == {}


def test_an_erasure_is_due_three_days_before_its_deadline_and_until_it_is_done() -> None:
    assert counted([erasure()], 11 * DAY)["erasures_due"] == {}
    assert counted([erasure()], 13 * DAY)["erasures_due"] == {"await_erasure": 1}
    assert counted([erasure()], 13 * DAY)["erasures_overdue"] == {}
    late = overdue(erasure(), START + 16 * DAY)
    assert late.state == "overdue"
    assert counted([late], 16 * DAY)["erasures_overdue"] == {"await_erasure": 1}
    done = late.model_copy(update={"state": "done"})
    assert counted([done], 16 * DAY) == {name: {} for name in counted([], DAY)}


def test_every_step_is_a_gauge_from_the_start_so_that_its_alert_sees_it_rise() -> None:
    store: Any = Database(Memory("stations"))
    assert {step for census in CENSUSES.values() for step in census.count(store, START)} == STEPS


@pytest.mark.parametrize(
    ("due", "late", "levels"), [(2, 0, ["warning"]), (2, 2, ["failed"]), (3, 1, ["failed", "warning"]), (0, 0, [])]
)
def test_the_doctor_names_what_is_overdue_and_what_soon_will_be(due: int, late: int, levels: list[str]) -> None:
    found = list(judge_deadlines("breaches", {"notify_people": due}, {"notify_people": late}, "docs/a.md"))
    assert [finding.level for finding in found] == levels
    assert all(finding.next is not None and finding.next.args["step"] == "notify_people" for finding in found)
