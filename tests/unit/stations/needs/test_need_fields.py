"""No field of a need is forgotten in silence: it is shown, or a list here gives the reason."""

from datetime import timedelta
from typing import Any, Final

import pytest
from stations_in_memory import COMMUNITY

from services.stations.needs.domain.announcement import EVENTS, build_event
from services.stations.needs.domain.answer import to_answer
from services.stations.needs.domain.need import Assessment, Need
from shared.contracts.need_parts import Line, Overdue, Place, VolunteerRequest, Waiting
from shared.contracts.reasons import reason
from shared.contracts.stations.need_answers import LineAnswer, NeedAnswer
from shared.contracts.stations.need_intake import AssessmentDue, TriageOverride
from shared.contracts.stations.needs import NeedPublished, NeedSnapshot
from shared.engine.decide.memory import START
from tests.each import for_each

HOUR: Final = timedelta(hours=1)


def slot(headcount: int = 1, **changes: Any) -> VolunteerRequest:
    return VolunteerRequest(**{"headcount": headcount, "starts_at": START, "ends_at": START + HOUR, **changes})


def waiting(code: str) -> tuple[Waiting, ...]:
    return (Waiting(for_what=reason("l1"), reason=reason(code), next_step=reason("the_next_gift")),)


LINE: Final = Line(id="l1", kind="goods", item="quilt", unit="piece", quantity=3, base_unit="piece", requested=3)

# ---- the entity ----------------------------------------------------------------------------------------

NEED: Final[dict[str, Any]] = {
    "id": "need_a",
    "version": 4,
    "station_id": "station_a",
    "area": COMMUNITY,
    "theme": "elderly_care",
    "urgency": "normal",
    "severity": 3,
    "due": START + HOUR,
    "place": Place(lon=116.34, lat=39.93),
    "beneficiaries": 1,
    "groups": ("elderly",),
    "lines": (LINE,),
    "volunteers": slot(),
    "score": 42,
    "score_parts": {"severity": 24},
    "registered_at": START,
    "channel": "visit",
    "state": "published",
    "timeline": (("draft", START),),
    "announced": 4,
    "step_due": START + HOUR,
    "overdue": Overdue(
        level="station", area=COMMUNITY, step=reason("confirm_need"), was_due=START, next_at=START + 2 * HOUR
    ),
    "triage_override": TriageOverride(score=1, reason_code="support_found", by="actor.stations." + "a" * 43, at=START),
    "assessments": (Assessment(at=START, by="actor.stations." + "a" * 43, risk="low", domains=("health",)),),
    "assessment_due": AssessmentDue(due=START + HOUR),
    "published_at": START,
    "published_by": "actor.stations." + "a" * 43,
    "confirmed_at": START,
    "confirmed_by": "actor.stations." + "a" * 43,
    "delivered": (1,),
    "undone_for": "wrong_amounts",
    "extended_for": "delivery_delayed",
    "reopened_for": "still_needed",
    "amended_for": "entered_wrongly",
    "amended": ("due",),
    "lines_made": 2,
    "series": "home_1",
    "referred": True,
    "followed_by": "need_2",
    "evaluated_at": START,
    "cancelled_at": START,
    "cancelled_for": "resident_moved",
    "merged_into": "need_b",
    "unmet_at": START,
    "rating": 4,
    "link_version": 2,
    "committed": (1,),
    "fulfilled": (0,),
    "link_waiting": waiting("no_rice"),
    "staffing_version": 2,
    "staffing": "offered",
    "volunteers_confirmed": 0,
    "checked_in": 0,
    "checked_out": 0,
    "staffing_waiting": waiting("nobody_is_free"),
}
"""A value for each field of a need."""

OTHERWISE: Final[dict[str, Any]] = {
    "id": "need_b",
    "version": 5,
    "station_id": "station_b",
    "area": "110102009018",
    "theme": "children",
    "urgency": "high",
    "severity": 4,
    "due": START + 2 * HOUR,
    "place": Place(lon=116.35, lat=39.93),
    "beneficiaries": 2,
    "groups": ("children",),
    "lines": (LINE.model_copy(update={"item": "washing_powder"}),),
    "volunteers": slot(headcount=2),
    "score": 43,
    "score_parts": {"severity": 32},
    "registered_at": START + HOUR,
    "channel": "grid",
    "state": "in_service",
    "timeline": (("draft", START + HOUR),),
    "announced": 5,
    "step_due": START + 2 * HOUR,
    "overdue": Overdue(
        level="street", area=COMMUNITY[:9], step=reason("confirm_need"), was_due=START, next_at=START + 3 * HOUR
    ),
    "triage_override": TriageOverride(score=2, reason_code="support_found", by="actor.stations." + "a" * 43, at=START),
    "assessments": (Assessment(at=START, by="actor.stations." + "a" * 43, risk="high", domains=("health",)),),
    "assessment_due": AssessmentDue(due=START + 2 * HOUR),
    "published_at": START + HOUR,
    "published_by": "actor.stations." + "b" * 43,
    "confirmed_at": START + HOUR,
    "confirmed_by": "actor.stations." + "b" * 43,
    "delivered": (2,),
    "undone_for": "another_need",
    "extended_for": "agreed_with_resident",
    "reopened_for": "help_found",
    "amended_for": "agreed_with_resident",
    "amended": ("due", "lines"),
    "lines_made": 3,
    "series": "home_2",
    "referred": False,
    "followed_by": "need_3",
    "evaluated_at": START + HOUR,
    "cancelled_at": START + HOUR,
    "cancelled_for": "entered_wrongly",
    "merged_into": "need_c",
    "unmet_at": START + HOUR,
    "rating": 5,
    "link_version": 3,
    "committed": (2,),
    "fulfilled": (1,),
    "link_waiting": waiting("no_flour"),
    "staffing_version": 3,
    "staffing": "staffed",
    "volunteers_confirmed": 1,
    "checked_in": 1,
    "checked_out": 1,
    "staffing_waiting": waiting("nobody_lives_near"),
}
"""Another value for each."""

NOT_ANNOUNCED: Final = {
    "step_due": "the events of registration and service alone have it",
    "published_by": "the events of publication and confirmation alone have it",
    "confirmed_at": "the timeline has it",
    "confirmed_by": "the event of the confirmation alone has it",
    "delivered": "the event of the confirmation alone has it",
    "undone_for": "the event of the undoing alone has it",
    "extended_for": "the event of the extension alone has it",
    "reopened_for": "the event of the reopening alone has it",
    "amended_for": "the event of the amendment alone has it",
    "amended": "likewise",
    "series": "the publication alone has it: volunteering keeps the carer by it",
    "referred": "has the end of the need revoke its referrals, whose own events show them",
    "followed_by": "refuses to open the need again, and the refusal names the other one",
    "lines_made": "keeps the ids of dropped lines from being used again",
    "evaluated_at": "the timeline has it",
    "cancelled_at": "the timeline has it",
    "cancelled_for": "the event of the cancellation alone has it",
    "unmet_at": "the timeline has it",
    "link_version": "orders the answers of charity",
    "staffing_version": "orders the answers of volunteering",
    "staffing": "the state is derived from it",
    "checked_in": "the state is derived from it",
    "checked_out": "the state is derived from it",
}
"""The fields that neither an event nor an answer shows, each with its reason."""


def shown(need: Need) -> tuple[Any, Any]:
    return build_event(need, need), to_answer(need)


def test_each_field_of_a_need_has_two_values_here():
    assert NEED.keys() == OTHERWISE.keys() == Need.model_fields.keys()
    assert [name for name in NEED if NEED[name] == OTHERWISE[name]] == []


@for_each("field", sorted(Need.model_fields))
def test_a_field_of_a_need_is_announced_or_answered_or_has_a_reason_not_to_be(field: str):
    need = Need(**NEED)
    changed = need.model_copy(update={field: OTHERWISE[field]})

    assert (shown(changed) != shown(need)) is (field not in NOT_ANNOUNCED), field


@pytest.mark.parametrize("event", list(dict.fromkeys([*EVENTS.values(), NeedPublished])), ids=lambda event: event.type)
def test_every_field_of_an_event_is_filled(event: type[NeedSnapshot]):
    states = {kind: state for state, kind in EVENTS.items()}
    need = Need(**{**NEED, "state": states.get(event, "published")})
    built = build_event(need, None if event is NeedPublished else need)
    assert type(built) is event
    forgotten = event.model_fields.keys() - built.model_fields_set
    assert not forgotten, f"fill {forgotten} in build_event, services/stations/needs/domain/announcement.py"


def test_every_field_of_an_answer_is_filled():
    answer = to_answer(Need(**NEED))

    assert answer.volunteers is not None
    for part in (answer, answer.volunteers, answer.beneficiaries, answer.timeline[0]):
        assert type(part).model_fields.keys() == part.model_fields_set
    assert LineAnswer.model_fields.keys() == answer.lines[0].model_fields_set
    forgotten = NeedAnswer.model_fields.keys() - answer.model_fields_set
    assert not forgotten, f"fill {forgotten} in to_answer, services/stations/needs/domain/answer.py"
