"""A newer release adds a value to an enumeration: today's readers and a generated client keep it and do not fail."""

import json

import pytest
from contract_samples import event_schema, sample
from jsonschema_rs import Draft202012Validator
from newer_values import NEWER, client_of, find_closed, newer_data, open_fields
from pydantic import ValidationError

from shared.contracts.envelope import read_event
from shared.contracts.messages import EVENTS, answers_of
from shared.contracts.registry import load_contracts
from shared.contracts.stations.needs import CancelNeed
from shared.contracts.subscriptions import COMMANDED
from tests.each import for_each

pytestmark = pytest.mark.contract

load_contracts()
OPEN_EVENTS = sorted(kind for kind in EVENTS if open_fields(kind))


def test_events_have_open_enumerations() -> None:
    assert len(OPEN_EVENTS) > 15


@for_each("kind", OPEN_EVENTS)
def test_a_reader_of_today_keeps_a_newer_value(kind: str) -> None:
    sent = json.loads(sample(kind).model_dump_json()) | {"data": newer_data(kind)}
    read = read_event(json.dumps(sent))
    assert str(json.loads(read.model_dump_json())["data"]).count(NEWER) == open_fields(kind)


@for_each("kind", OPEN_EVENTS)
def test_the_exported_schema_and_a_client_made_from_it_take_a_newer_value(kind: str) -> None:
    data = newer_data(kind)
    Draft202012Validator(event_schema(kind)).validate(data)
    read = client_of(kind).model_validate(data)
    assert str(read.model_dump()).count(NEWER) == open_fields(kind)


@for_each("kind", sorted(EVENTS))
def test_no_enumeration_of_an_event_is_closed(kind: str) -> None:
    closed = [part for part in find_closed(event_schema(kind)) if len(part) > 1]
    assert closed == [], f"{kind}: mark the enumeration with OPEN, shared/contracts/messages.py"


ANSWERS = {f"{service}.{name}": model for service in COMMANDED for name, model in answers_of(service).items()}


def test_answers_have_open_enumerations() -> None:
    assert len(ANSWERS) > 20
    assert "anyOf" in ANSWERS["stations.NeedAnswer"].model_json_schema()["properties"]["state"]


@for_each("name", sorted(ANSWERS))
def test_no_enumeration_of_an_owners_answer_is_closed(name: str) -> None:
    schema = ANSWERS[name].model_json_schema(mode="serialization")
    assert [part for part in find_closed(schema) if len(part) > 1] == [], f"{name}: mark the enumeration with OPEN"


def test_a_request_is_held_to_the_values_of_today() -> None:
    with pytest.raises(ValidationError):
        CancelNeed.model_validate({"need_id": "need_1", "reason_code": NEWER})
