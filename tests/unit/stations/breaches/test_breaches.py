"""The register of breaches: the clock of the duty from the finding to the notices (PIPL, art. 57), and nothing about a
person.
"""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.stations.declaration import DECLARATION
from services.stations.needs.policy import NeedsPolicy
from shared.contracts.access import Actor
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.breaches import (
    BreachShape,
    ChangeBreach,
    CloseBreach,
    NotifyAuthority,
    NotifyPeople,
    RecordBreach,
    RequireNotice,
)
from shared.engine.decide.memory import START, MemoryEngine
from shared.runtime.vault import Vault

STREET = "110102009"
HOUR = timedelta(hours=1)
FOUND = START - HOUR
FACTS: dict[str, Any] = {
    "kind": "disclosed", "found_at": FOUND, "categories": ("names", "contacts"), "people_least": 3,
    "people_most": 40, "cause": "misdirected", "harms": ("fraud",),
}  # fmt: skip


@pytest.fixture
def engine() -> MemoryEngine:
    made = MemoryEngine(DECLARATION.handlers(NeedsPolicy(), vault=Vault(bytes(32))))
    made.command(ImportAreas(rows=(AreaRow(code=STREET, name="Elm Street"),)))
    return made


def record(engine: MemoryEngine, **changes: Any) -> BreachShape:
    return shape(engine, RecordBreach.model_validate({"area": STREET, **FACTS, **changes}))


def shape(engine: MemoryEngine, command: Any) -> BreachShape:
    answer = engine.command(command)
    assert isinstance(answer, BreachShape)
    assert dict(engine.events[-1].data) == dict(answer), "the event is the answer"
    return answer


def step(breach: BreachShape) -> NextStep:
    assert breach.next_step is not None
    return breach.next_step


def refusal(engine: MemoryEngine, command: Any, **more: Any) -> str:
    with pytest.raises(Refused) as refused:
        engine.command(command, **more)
    return refused.value.rule


@pytest.mark.parametrize(
    ("people", "severity", "hours"),
    [(40, "general", 24), (999_999, "general", 24), (1_000_000, "considerable", 4), (10_000_000, "serious", 4),
     (100_000_000, "extraordinary", 4)],
)  # fmt: skip
def test_the_authority_is_notified_first_within_hours_that_go_by_the_number_of_people(
    engine: MemoryEngine, people: int, severity: str, hours: int
) -> None:
    breach = record(engine, people_most=people)
    assert (breach.state, breach.severity) == ("open", severity)
    assert (step(breach).code, step(breach).due) == ("notify_authority", FOUND + hours * HOUR)


def test_a_breach_is_notified_to_the_authority_and_the_people_and_then_closed(engine: MemoryEngine) -> None:
    breach = record(engine)
    told = shape(engine, NotifyAuthority(id=breach.id, at=FOUND + HOUR / 2))
    assert (told.state, step(told).code, step(told).due) == ("open", "notify_people", FOUND + 24 * HOUR)
    assert refusal(engine, CloseBreach(id=breach.id)) == "breach_not_in_state"
    both = shape(engine, NotifyPeople(id=breach.id, at=FOUND + HOUR))
    assert (both.state, step(both).code, step(both).due) == ("notified", "close_breach", FOUND + HOUR + 30 * 24 * HOUR)
    closed = shape(engine, CloseBreach(id=breach.id))
    assert (closed.state, closed.next_step) == ("closed", None)


def test_people_need_no_notice_where_measures_avoid_harm_until_the_authority_requires_it(engine: MemoryEngine) -> None:
    breach = record(engine, measures=("deletion_confirmed",))
    shape(engine, NotifyPeople(id=breach.id, reason="measures_avoid_harm"))
    assert shape(engine, NotifyAuthority(id=breach.id, at=FOUND)).state == "notified"
    required = shape(engine, RequireNotice(id=breach.id))
    assert (required.state, required.people_not_notified, step(required).code) == ("open", None, "notify_people")
    reason = NotifyPeople(id=breach.id, reason="measures_avoid_harm")
    assert refusal(engine, reason) == "breach_notice_required"
    assert shape(engine, NotifyPeople(id=breach.id, at=START)).state == "notified"
    assert refusal(engine, RequireNotice(id=breach.id)) == "breach_notified_already"


def test_a_notice_that_the_authority_requires_at_once_cannot_be_left_out(engine: MemoryEngine) -> None:
    breach = record(engine)
    required = shape(engine, RequireNotice(id=breach.id))
    assert (required.state, required.notice_required, step(required).code) == ("open", True, "notify_authority")
    assert refusal(engine, NotifyPeople(id=breach.id, reason="measures_avoid_harm")) == "breach_notice_required"


def test_what_becomes_known_later_moves_the_deadline(engine: MemoryEngine) -> None:
    breach = record(engine)
    worse = shape(engine, ChangeBreach.model_validate({"id": breach.id, **FACTS, "people_most": 2_000_000}))
    assert (worse.severity, step(worse).due) == ("considerable", FOUND + 4 * HOUR)


@pytest.mark.parametrize(
    ("at", "rule"), [(FOUND - HOUR, "breach_notice_before_found"), (START + HOUR, "breach_time_ahead")]
)
def test_a_notice_has_a_time_between_the_finding_and_now(engine: MemoryEngine, at: Any, rule: str) -> None:
    breach = record(engine)
    assert refusal(engine, NotifyAuthority(id=breach.id, at=at)) == rule
    assert refusal(engine, NotifyPeople(id=breach.id, at=at)) == rule


def test_a_caller_whose_clock_is_some_seconds_ahead_is_not_refused(engine: MemoryEngine) -> None:
    ahead = START + timedelta(seconds=20)
    breach = record(engine, found_at=ahead)
    assert shape(engine, NotifyAuthority(id=breach.id, at=ahead)).authority_notified_at == ahead


def test_no_breach_is_found_in_the_future_and_no_notice_is_recorded_twice(engine: MemoryEngine) -> None:
    assert refusal(engine, RecordBreach.model_validate({"area": STREET, **FACTS, "found_at": START + HOUR})) == (
        "breach_time_ahead"
    )
    breach = record(engine)
    shape(engine, NotifyAuthority(id=breach.id, at=START))
    assert refusal(engine, NotifyAuthority(id=breach.id, at=START)) == "breach_notified_already"


@pytest.mark.parametrize(
    "wrong", [{"people_most": 2}, {"categories": ()}, {"harms": ()}, {"cause": "Li Ming of Elm Street did it"}]
)
def test_a_breach_has_a_range_categories_and_codes_and_no_words_about_a_person(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RecordBreach.model_validate({"area": STREET, **FACTS, **wrong})
    with pytest.raises(ValidationError):
        NotifyPeople(id="breach_1")


def test_who_has_no_permission_for_it_records_no_breach(engine: MemoryEngine) -> None:
    worker = Actor(kind="key", id="key_7", roles=("station_worker",), area=STREET)
    asked = RecordBreach.model_validate({"area": STREET, **FACTS})
    assert refusal(engine, asked, actor=worker) == "permission_missing"
    supervisor = Actor(kind="key", id="key_8", roles=("supervisor",), area=STREET)
    assert isinstance(engine.command(asked, actor=supervisor), BreachShape)
