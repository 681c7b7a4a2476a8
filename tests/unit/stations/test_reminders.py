"""A breach, an erasure and a suspension left alone: station, street centre and district are reminded in turn."""

from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from stations_in_memory import COMMUNITY, StationsInMemory

from services.stations.organisations.domain import Organisation, SuspensionDue
from services.stations.organisations.handlers import ORGANISATIONS
from shared.contracts.messages import EventData
from shared.contracts.plain import Creation, Shape
from shared.contracts.stations.breaches import BreachOverdue, CloseBreach, NotifyAuthority, NotifyPeople, RecordBreach
from shared.contracts.stations.erasures import ErasureOverdue, RequestErasure
from shared.contracts.stations.organisations import (
    EndOrganisation,
    RegisterOrganisation,
    ResumeOrganisation,
    SuspendOrganisation,
    SuspensionOverdue,
)
from shared.engine.decide.memory import START
from shared.engine.store.collections import TIMERS
from tests.city.mongo import Database
from tests.city.store import Memory

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
BREACH: Final[dict[str, Any]] = {
    "area": COMMUNITY, "kind": "disclosed", "found_at": START, "categories": ("names",), "people_least": 3,
    "people_most": 40, "cause": "misdirected", "harms": ("fraud",),
}  # fmt: skip
ORGANISATION: Final[dict[str, Any]] = {
    "name": "Elm Street Association", "credit_code": "52110102MJ0123456B", "kind": "social_group", "area": COMMUNITY,
}  # fmt: skip
ERASURE: Final[dict[str, Any]] = {
    "people": [{"kind": "volunteer", "id": "vol_1"}], "ground": "consent_withdrawn", "area": COMMUNITY,
}  # fmt: skip


def made(stations: StationsInMemory, kind: type[Creation], facts: dict[str, Any]) -> Shape:
    answer = stations.engine.command(kind.model_validate(facts))
    assert isinstance(answer, Shape)
    return answer


def suspended(stations: StationsInMemory) -> str:
    found = made(stations, RegisterOrganisation, ORGANISATION).id
    stations.engine.command(SuspendOrganisation(id=found, reason="inspection_failed"))
    return found


def reminders(stations: StationsInMemory, kind: type[EventData]) -> list[tuple[str, str, datetime]]:
    """The level, the area and the time of each reminder."""
    found: list[Any] = [event for event in stations.engine.events if isinstance(event.data, kind)]
    return [(event.data.reminder.level, event.data.reminder.area, event.time) for event in found]


STEPS: Final[dict[str, tuple[Any, type[EventData], timedelta, timedelta, timedelta]]] = {
    "a breach": (lambda city: made(city, RecordBreach, BREACH), BreachOverdue, DAY, 4 * HOUR, DAY),
    "an erasure": (lambda city: made(city, RequestErasure, ERASURE), ErasureOverdue, 15 * DAY, DAY, WEEK),
    "a suspension": (suspended, SuspensionOverdue, 30 * DAY, DAY, WEEK),
}


@pytest.mark.parametrize("name", STEPS)
def test_each_level_is_reminded_at_its_time_and_the_district_again_and_again(
    stations: StationsInMemory, name: str
) -> None:
    make, event, due, escalate, repeat = STEPS[name]
    make(stations)
    stations.engine.advance(due - HOUR)
    assert reminders(stations, event) == []
    stations.engine.advance(HOUR + 2 * escalate + 2 * repeat)
    first = START + due
    assert reminders(stations, event) == [
        ("station", COMMUNITY, first),
        ("street", COMMUNITY[:9], first + escalate),
        ("district", COMMUNITY[:6], first + 2 * escalate),
        ("district", COMMUNITY[:6], first + 2 * escalate + repeat),
        ("district", COMMUNITY[:6], first + 2 * escalate + 2 * repeat),
    ]
    last: Any = stations.engine.emitted(event)[-1]
    assert last.next_step.due == first == last.reminder.was_due, "the step stays overdue since then"


def test_the_next_step_of_a_breach_is_nobodys_delay_until_its_own_deadline(stations: StationsInMemory) -> None:
    breach = made(stations, RecordBreach, {**BREACH, "people_most": 2_000_000}).id
    stations.engine.advance(5 * HOUR)
    assert [level for level, _, _ in reminders(stations, BreachOverdue)] == ["station"]
    answer = stations.engine.command(NotifyAuthority(id=breach, at=stations.engine.now))
    assert answer.reminder is None
    stations.engine.advance(18 * HOUR)
    assert len(reminders(stations, BreachOverdue)) == 1, "the people are to be notified within a day"
    stations.engine.advance(HOUR)
    assert [level for level, _, _ in reminders(stations, BreachOverdue)] == ["station", "station"]


def test_nobody_is_reminded_of_what_is_done(stations: StationsInMemory) -> None:
    breach, organisation = made(stations, RecordBreach, BREACH).id, suspended(stations)
    for command in (
        NotifyAuthority(id=breach, at=START), NotifyPeople(id=breach, at=START), CloseBreach(id=breach),
        ResumeOrganisation(id=organisation), EndOrganisation(id=organisation, reason="left"),
    ):  # fmt: skip
        stations.engine.command(command)
    stations.engine.advance(60 * DAY)
    assert reminders(stations, BreachOverdue) == reminders(stations, SuspensionOverdue) == []


def test_a_suspension_of_release_0_2_gets_its_timer(stations: StationsInMemory) -> None:
    organisation = suspended(stations)
    stations.engine.timers.clear()
    database: Any = Database(Memory("stations"))
    database[Organisation.collection].insert_one(stations.engine.one(Organisation, organisation).to_document())
    assert ORGANISATIONS.find_untimed(lambda state: state == "suspended").delete_batch(database, START) == ()
    (timer,) = database[TIMERS].find({})
    assert (timer["_id"], timer["type"]) == (ORGANISATIONS.step_timer(organisation), SuspensionDue.type)
    stations.engine.timers[timer["_id"]] = (START, SuspensionDue.model_validate(timer["data"]))
    stations.engine.advance(30 * DAY - HOUR)
    assert reminders(stations, SuspensionOverdue) == []
    stations.engine.advance(HOUR)
    assert [level for level, _, _ in reminders(stations, SuspensionOverdue)] == ["station"]


def test_a_breach_that_was_found_long_ago_is_reminded_of_at_once(stations: StationsInMemory) -> None:
    made(stations, RecordBreach, {**BREACH, "found_at": START - 3 * DAY})
    stations.engine.advance(timedelta(minutes=1))
    assert [level for level, _, _ in reminders(stations, BreachOverdue)] == ["station"]
