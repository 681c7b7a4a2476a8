"""A value that only a newer release knows is shown as it is: it must not hide the thing that bears it."""

import pytest
from pydantic import BaseModel

from services.gateway.features.needs.answer import NeedAnswer, need_from_owner
from shared.contracts.stations import need_answers as contract
from shared.contracts.stations.network import StationShape
from shared.contracts.volunteering import dispatch


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (contract.NeedAnswer, "state"),
        (contract.NeedAnswer, "urgency"),
        (dispatch.DispatchAnswer, "state"),
        (dispatch.DispatchAnswer, "ring"),
        (dispatch.StaffingAnswer, "state"),
        (StationShape, "level"),
    ],
)
def test_an_answer_keeps_a_value_that_it_does_not_know(model: type[BaseModel], field: str) -> None:
    schema = model.model_json_schema()["properties"][field]
    known, other = schema["anyOf"]
    assert known["enum"], "clients still see the values that are known"
    assert other["type"] == "string", "a generated client takes others as well"
    # Only this field is looked at, so the others may be missing.
    made = model.__pydantic_validator__.validate_assignment(model.model_construct(), field, "unheard-of")
    kept = made[0] if isinstance(made, tuple) else made.__dict__
    assert kept[field] == "unheard-of"


def test_a_need_in_a_state_of_a_newer_release_is_answered() -> None:
    answer = contract.NeedAnswer.model_validate(
        {
            "id": "need_1", "version": 3, "state": "suspended", "station_id": "st_1", "area": "110102009017",
            "theme": "health", "urgency": "normal", "score": 10, "due": "2030-01-01T00:00:00Z",
            "place": {"lon": 116.35, "lat": 39.93}, "beneficiaries": {"count": 1, "groups": []},
            "severity": 3, "score_parts": {"severity": 10}, "lines": [], "waiting": [],
        }
    )  # fmt: skip
    shown = need_from_owner(NeedAnswer, answer)
    assert shown.state == "suspended"
    assert '"suspended"' in shown.model_dump_json()
