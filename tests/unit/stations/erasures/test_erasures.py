"""An erasure: requested, answered by each service in any order, done or overdue, and always with its next step."""

from datetime import timedelta
from typing import Any

import pytest
from erasing import counts
from pydantic import ValidationError
from stations_in_memory import COMMUNITY, StationsInMemory

from services.stations.erasures.domain import ERASED_WITHIN, Erasure, find_next_step
from services.stations.erasures.journal import ErasureReplayed, JournalHead, JournalRow
from shared.contracts.charity.erasures import CharityErasureAnswered
from shared.contracts.envelope import to_cloud_event
from shared.contracts.erasure_parts import ErasureOutcome
from shared.contracts.persons import PersonReference
from shared.contracts.reasons import reason
from shared.contracts.refusals import Refused
from shared.contracts.stations.erasures import ErasureCompleted, ErasureOverdue, ErasureRequested, RequestErasure
from shared.contracts.volunteering.erasures import VolunteeringErasureAnswered
from shared.engine.decide.memory import TESTER
from shared.people.journal import JournalEntry, check_chain, head_of

PEOPLE = (PersonReference(kind="volunteer", id="vol_1"), PersonReference(kind="donor", id="donor_1"))
OFFICE = TESTER.model_copy(update={"area": COMMUNITY[:6]})


def request(stations: StationsInMemory, key: str = "first", **more: Any) -> Any:
    asked = {"people": PEOPLE, "ground": "consent_withdrawn", "area": COMMUNITY, **more}
    return stations.engine.command(RequestErasure.model_validate(asked), key, OFFICE)


def answer(stations: StationsInMemory, erasure_id: str, nth: int, version: int, state: str, **more: Any) -> None:
    kind = (VolunteeringErasureAnswered, CharityErasureAnswered)[nth]
    outcome = ErasureOutcome.model_validate({"kind": PEOPLE[nth].kind, "id": PEOPLE[nth].id, "state": state, **more})
    data = kind(erasure_id=erasure_id, nth=nth, version=version, outcome=outcome)
    stations.engine.event(
        to_cloud_event(
            data, subject=f"{erasure_id}.{nth}", version=version, nth=0, time=stations.engine.now, area=COMMUNITY,
            correlation="c", causation="c", traceparent="",
        )
    )  # fmt: skip


def step(stations: StationsInMemory, erasure_id: str) -> tuple[str, dict[str, Any]] | None:
    found = find_next_step(stations.engine.one(Erasure, erasure_id))
    return None if found is None else (found.code, dict(found.args))


def test_a_request_is_announced_to_all_with_opaque_references_and_the_reach_of_its_actor(
    stations: StationsInMemory,
) -> None:
    shape = request(stations)
    (event,) = stations.engine.emitted(ErasureRequested)
    assert (event.reach, [one.id for one in event.people]) == (OFFICE.area, ["vol_1", "donor_1"])
    assert (shape.state, shape.due - shape.requested_at) == ("under_way", ERASED_WITHIN)
    assert step(stations, shape.id) == ("await_erasure", {"services": "charity,volunteering"})


def test_the_last_answer_completes_it_and_the_report_says_what_went_and_what_stays(stations: StationsInMemory) -> None:
    erasure_id = request(stations).id
    kept = [reason("kept_hours_nameless").model_dump()]
    answer(stations, erasure_id, 0, 1, "erased", erased=[{"category": "data_key", "count": 1}], kept=kept)
    assert step(stations, erasure_id) == ("await_erasure", {"services": "charity"})
    answer(stations, erasure_id, 1, 1, "unknown")
    (done,) = stations.engine.emitted(ErasureCompleted)
    assert (done.state, done.done_at, done.next_step) == ("done", stations.engine.now, None)
    assert [(one.state, counts(one), [k.code for k in one.kept]) for one in done.people] == [
        ("erased", {"data_key": 1}, ["kept_hours_nameless"]),
        ("unknown", {}, []),
    ]


def test_a_late_and_a_repeated_answer_change_nothing(stations: StationsInMemory) -> None:
    erasure_id = request(stations).id
    answer(stations, erasure_id, 0, 4, "erased")
    before = stations.engine.one(Erasure, erasure_id)
    answer(stations, erasure_id, 0, 2, "waiting", waiting=reason("service_under_way").model_dump())
    answer(stations, erasure_id, 0, 4, "erased")
    assert stations.engine.one(Erasure, erasure_id) == before


def test_what_is_open_about_a_person_is_the_next_step(stations: StationsInMemory) -> None:
    erasure_id = request(stations).id
    answer(stations, erasure_id, 1, 1, "erased")
    answer(stations, erasure_id, 0, 1, "waiting", waiting=reason("service_under_way").model_dump())
    assert step(stations, erasure_id) == ("end_open_work", {"kind": "volunteer", "id": "vol_1"})


def test_a_silent_service_is_named_also_while_something_is_open_about_another_person(
    stations: StationsInMemory,
) -> None:
    erasure_id = request(stations).id
    answer(stations, erasure_id, 0, 1, "waiting", waiting=reason("service_under_way").model_dump())
    assert step(stations, erasure_id) == ("await_erasure", {"services": "charity"})


def test_it_is_overdue_after_fifteen_days_and_can_still_be_completed(stations: StationsInMemory) -> None:
    erasure_id = request(stations).id
    answer(stations, erasure_id, 0, 1, "erased")
    stations.engine.advance(ERASED_WITHIN)
    assert [event.state for event in stations.engine.emitted(ErasureOverdue)] == ["overdue"]
    assert step(stations, erasure_id) == ("await_erasure", {"services": "charity"})
    answer(stations, erasure_id, 1, 1, "erased")
    assert stations.engine.one(Erasure, erasure_id).state == "done"


def test_one_that_is_done_in_time_is_never_overdue(stations: StationsInMemory) -> None:
    erasure_id = request(stations).id
    answer(stations, erasure_id, 0, 1, "erased")
    answer(stations, erasure_id, 1, 1, "erased")
    stations.engine.advance(ERASED_WITHIN + timedelta(days=1))
    assert stations.engine.emitted(ErasureOverdue) == []


def test_a_person_is_named_once_and_an_area_must_be_known(stations: StationsInMemory) -> None:
    with pytest.raises(ValidationError, match="person_named_twice"):
        request(stations, people=(*PEOPLE, PEOPLE[0]))
    with pytest.raises(Refused) as refusal:
        request(stations, area="110102010001")
    assert (refusal.value.rule, refusal.value.field) == ("unknown_area", "area")


def test_each_request_is_an_entry_of_the_journal_chained_to_the_one_before(stations: StationsInMemory) -> None:
    made = [request(stations, key).id for key in ("first", "second", "third")]
    entries = [JournalEntry.model_validate(row.entry) for row in stations.engine.all(JournalRow)]
    check_chain(entries)
    assert [entry.erasure_id for entry in entries] == made
    head = stations.engine.one(JournalHead, "head")
    assert (head.number, head.hash) == (3, head_of(entries).hash)


def test_a_replay_requests_an_erasure_again_that_the_store_does_not_know(stations: StationsInMemory) -> None:
    request(stations)
    (entry,) = (JournalEntry.model_validate(row.entry) for row in stations.engine.all(JournalRow))
    restored = StationsInMemory()
    for _ in range(2):
        restored.engine.timers["replay"] = (restored.engine.now, ErasureReplayed(entry=entry))
        restored.engine.advance(timedelta(seconds=1))
    (event,) = restored.engine.emitted(ErasureRequested)
    assert (event.id, event.reach, event.people[0].id) == (entry.erasure_id, OFFICE.area, "vol_1")
