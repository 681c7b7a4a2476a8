"""A value that only a newer release knows is shown as it is: it must not hide the thing that bears it."""

import json
import re

import pytest
from described_api import describe
from newer_values import find_closed
from pydantic import BaseModel

from services.gateway.features.needs.answer import NeedAnswer, need_from_owner
from services.gateway.pages.types import show_values
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


def test_no_enumeration_of_an_answer_of_the_api_is_closed() -> None:
    described = show_values(describe())
    parts, waiting, seen = described["components"]["schemas"], [], set()
    for path in described["paths"].values():
        for operation in path.values():
            waiting += [operation["responses"]] if isinstance(operation, dict) and "responses" in operation else []
    found: dict[str, list[object]] = {}
    while waiting:
        text = json.dumps(waiting.pop())
        for name in set(re.findall(r"#/components/schemas/([\w.\-]+)", text)) - seen:
            seen.add(name)
            waiting.append(parts[name])
            # An enumeration by itself is open or closed where a field refers to it.
            if "enum" not in parts[name] and (closed := [part for part in find_closed(parts[name]) if len(part) > 1]):
                found[name] = closed
    assert len(seen) > 40
    # Health is read by probes of the same release.
    assert {name: closed for name, closed in found.items() if name not in {"Alive", "Readiness"}} == {}
