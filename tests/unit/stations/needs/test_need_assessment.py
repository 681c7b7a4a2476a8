"""An urgent need is assessed in time; each assessment stays, its words sealed, its codes for everyone who may read."""

from datetime import timedelta
from typing import Any

import pytest
from opened import opened
from stations_in_memory import COMMUNITY, StationsInMemory

from services.stations.needs.domain.assessed_words import list_assessments, open_assessments
from services.stations.needs.domain.assessment import MOST_ASSESSMENTS, NeedAssessmentDue, key_of_assessment_timer
from services.stations.needs.policy import NeedsPolicy
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.amending import EditNeed
from shared.contracts.stations.assessing import AssessmentOverdue, AssessNeed, NeedAssessed
from shared.contracts.stations.needs import CancelNeed, PublishNeed
from shared.contracts.stations.reopening import ReopenNeed
from shared.engine.decide.memory import START

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def assess(need_id: str, **changes: Any) -> AssessNeed:
    asked = {"need_id": need_id, "domains": ("health", "family"), "risk": "medium", "problem": "Eats too little."}
    return AssessNeed.model_validate({**asked, **changes})


def urgent(stations: StationsInMemory, **changes: Any) -> str:
    return stations.register(urgency="urgent", due=START + 20 * DAY, **changes).id


def levels(stations: StationsInMemory) -> list[tuple[str, str]]:
    """Whose turn it was with an assessment, and where, in the order of the reminders."""
    told = [event.assessment_due for event in stations.engine.emitted(AssessmentOverdue)]
    return [(waits.overdue.level, waits.overdue.area) for waits in told if waits is not None and waits.overdue]


def test_an_assessment_stands_in_codes_and_a_later_one_leaves_it(stations: StationsInMemory):
    need_id = urgent(stations, publish=False)
    first = stations.engine.command(assess(need_id, domains=("health", "family", "health")))
    assert (first.assessment.number, first.assessment.risk, first.assessment.domains) == (
        1, "medium", ("health", "family"),
    )  # fmt: skip
    stations.engine.command(PublishNeed(need_id=need_id))
    stations.engine.now += HOUR
    second = stations.engine.command(assess(need_id, risk="high", wishes="To stay at home."))
    assert (second.assessment.number, second.assessment.risk) == (2, "high")
    assert second.state == "published"
    assert [(one.at, one.risk) for one in stations.need(need_id).assessments] == [
        (START, "medium"), (START + HOUR, "high"),
    ]  # fmt: skip


def test_the_words_of_every_assessment_are_sealed_and_none_of_them_is_announced(stations: StationsInMemory):
    need_id = urgent(stations)
    stations.engine.command(assess(need_id, strengths="A caring niece."))
    stations.engine.command(assess(need_id, problem="Cannot climb stairs."))
    text = stations.text(need_id)
    assert "niece" not in text.assessments
    words = open_assessments(opened(stations.engine, stations.vault, text, "assessments"))
    answered = list_assessments(stations.need(need_id), words)
    assert [(one.problem, one.strengths) for one in answered] == [
        ("Eats too little.", "A caring niece."), ("Cannot climb stairs.", None),
    ]  # fmt: skip
    told = [event.model_dump_json() for event in stations.engine.emitted(NeedAssessed)]
    assert len(told) == 2
    assert not any("niece" in event or "Eats" in event for event in told)


def test_where_the_words_are_deleted_the_codes_of_an_assessment_stay(stations: StationsInMemory):
    need_id = urgent(stations)
    stations.engine.command(assess(need_id))
    (left,) = list_assessments(stations.need(need_id), ())
    assert (left.risk, left.problem) == ("medium", None)


def test_an_urgent_need_without_an_assessment_is_taken_up_level_by_level_until_it_has_one(stations: StationsInMemory):
    need_id = urgent(stations)
    waits = stations.need(need_id).assessment_due
    assert waits is not None
    assert waits.due == START + DAY
    stations.engine.advance(DAY - HOUR)
    assert levels(stations) == []
    stations.engine.advance(HOUR)
    stations.engine.advance(DAY)
    stations.engine.advance(DAY)
    assert levels(stations) == [("station", COMMUNITY), ("street", COMMUNITY[:9]), ("district", COMMUNITY[:6])]
    stations.engine.timers["again"] = (stations.engine.now, NeedAssessmentDue(need_id=need_id))
    stations.engine.advance(HOUR)
    assert len(levels(stations)) == 3, "a timer that comes again reminds nobody"
    assert stations.engine.command(assess(need_id)).assessment_due is None
    assert key_of_assessment_timer(need_id) not in stations.engine.timers
    stations.engine.advance(10 * DAY)
    assert len(levels(stations)) == 3


def test_the_next_step_of_a_draft_stands_while_its_assessment_is_overdue(stations: StationsInMemory):
    need_id = urgent(stations, publish=False)
    stations.engine.advance(DAY)
    (late,) = stations.engine.emitted(AssessmentOverdue)
    assert (late.state, late.step_due) == ("draft", START + 3 * DAY)
    assert stations.need(need_id).overdue is None


def test_a_need_of_lower_urgency_waits_for_no_assessment_and_the_city_sets_the_bound():
    stations = StationsInMemory(NeedsPolicy(need_assess_urgency="urgent", need_assess_hours=2))
    assert stations.register(urgency="high").assessment_due is None
    waits = stations.register(urgency="urgent").assessment_due
    assert waits is not None
    assert waits.due == START + 2 * HOUR


def test_an_edit_to_another_urgency_begins_or_ends_the_wait(stations: StationsInMemory):
    need_id = stations.register(publish=False, due=START + 9 * DAY).id
    stations.engine.now += HOUR
    raised = stations.engine.command(EditNeed(need_id=need_id, urgency="high"))
    assert raised.assessment_due is not None
    assert raised.assessment_due.due == START + DAY, "it counts from the registration"
    assert stations.engine.command(EditNeed(need_id=need_id, urgency="low")).assessment_due is None
    assert key_of_assessment_timer(need_id) not in stations.engine.timers


def test_nobody_is_reminded_of_a_need_that_has_ended_and_again_once_it_is_reopened(stations: StationsInMemory):
    need_id = urgent(stations)
    stations.engine.command(CancelNeed(need_id=need_id))
    stations.engine.advance(2 * DAY)
    assert levels(stations) == []
    stations.engine.command(
        ReopenNeed.model_validate({
            "need_id": need_id, "due": START + 20 * DAY, "reason_code": "still_needed",
            "slot": {"starts_at": START + 9 * DAY, "ends_at": START + 9 * DAY + HOUR},
        })
    )  # fmt: skip
    stations.engine.advance(HOUR)
    assert levels(stations) == [("station", COMMUNITY)]


def test_a_need_that_has_ended_is_not_assessed_any_more(stations: StationsInMemory):
    need_id = urgent(stations)
    stations.engine.command(CancelNeed(need_id=need_id))
    with pytest.raises(Refused) as refused:
        stations.engine.command(assess(need_id))
    assert (refused.value.code, refused.value.rule) == ("wrong_state", "need_not_in_state")


def test_a_need_has_a_bounded_number_of_assessments(stations: StationsInMemory):
    need_id = urgent(stations)
    for _ in range(MOST_ASSESSMENTS):
        stations.engine.command(assess(need_id))
    with pytest.raises(Refused) as refused:
        stations.engine.command(assess(need_id))
    assert (refused.value.rule, dict(refused.value.values)) == ("assessed_too_often", {"most": MOST_ASSESSMENTS})


def test_nobody_elsewhere_assesses_a_need(stations: StationsInMemory):
    need_id = urgent(stations)
    neighbour = Actor(kind="person", id="wang", roles=("station_worker",), area=f"{COMMUNITY[:9]}999")
    with pytest.raises(Refused) as refused:
        stations.engine.command(assess(need_id), actor=neighbour)
    assert refused.value.code == "not_found"
