"""The JSON of commands' answers is as it was released: names, and instants in UTC with a Z."""

from datetime import timedelta, timezone
from typing import Any

from pydantic_core import from_json, to_json
from volunteering_in_memory import COMMUNITY, VolunteeringInMemory, registration

from shared.contracts.volunteering.dispatch import AcceptOffer


def as_sent(answer: Any) -> Any:
    """As the engine writes it for the sender."""
    return from_json(to_json({"ok": answer}))["ok"]


def test_a_registration_answers_the_volunteer_without_personal_data(service: VolunteeringInMemory) -> None:
    answer = as_sent(service.engine.command(registration(standing=True, skills=("driving",), languages=("kor",))))
    assert answer.pop("id").startswith("vol_")
    assert answer == {
        "version": 1, "area": COMMUNITY, "skills": ["driving"], "languages": ["kor"], "standing_acceptance": True,
        "state": "active", "paused_until": None,
    }  # fmt: skip


def test_a_command_about_a_dispatch_answers_the_dispatch(service: VolunteeringInMemory) -> None:
    someone = service.volunteer()
    service.publish("need_1")
    answer = as_sent(service.engine.command(AcceptOffer(dispatch_id="dsp_need_1.1")))
    assert answer.pop("why")["code"] == "chosen_by_points"
    assert answer == {
        "id": "dsp_need_1.1", "version": 2, "need_id": "need_1", "volunteer_id": someone, "state": "accepted",
        "ring": "community", "wave": 1, "standing": False, "starts_at": "2026-03-02T02:00:00Z",
        "ends_at": "2026-03-02T04:00:00Z", "expires_at": None, "checked_in_at": None, "checked_out_at": None,
        "minutes": 0, "stated_for": None, "hours_due": None, "reminded": 0, "short_minutes": 0,
    }  # fmt: skip


def test_instants_are_answered_in_utc_whatever_offset_they_came_with(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.publish("need_1")
    staffing = service.staffing("need_1")
    shanghai = timezone(timedelta(hours=8))
    key = (type(staffing), "need_1")
    service.engine.entities[key] = staffing.model_copy(update={"starts_at": staffing.starts_at.astimezone(shanghai)})
    answer = as_sent(service.accept("dsp_need_1.1"))
    assert answer["starts_at"] == "2026-03-02T02:00:00Z"
