"""A newer release adds a value to an enumeration: today's readers and a generated client keep it and do not fail."""

import json
import re

import pytest
from contract_samples import event_schema, sample
from jsonschema_rs import Draft202012Validator
from newer_values import NEWER, client_of, newer_data, open_fields
from pydantic import ValidationError

from services.gateway.app import create_app
from services.gateway.pages.types import show_values
from services.gateway.settings import GatewaySettings
from shared.contracts.envelope import read_event
from shared.contracts.messages import EVENTS, answers_of
from shared.contracts.registry import load_contracts
from shared.contracts.stations.needs import CancelNeed
from shared.contracts.subscriptions import COMMANDED

pytestmark = pytest.mark.contract

load_contracts()
OPEN_EVENTS = sorted(kind for kind in EVENTS if open_fields(kind))


def test_events_have_open_enumerations() -> None:
    assert len(OPEN_EVENTS) > 15


@pytest.mark.parametrize("kind", OPEN_EVENTS)
def test_a_reader_of_today_keeps_a_newer_value(kind: str) -> None:
    sent = json.loads(sample(kind).model_dump_json()) | {"data": newer_data(kind)}
    read = read_event(json.dumps(sent))
    assert str(json.loads(read.model_dump_json())["data"]).count(NEWER) == open_fields(kind)


@pytest.mark.parametrize("kind", OPEN_EVENTS)
def test_the_exported_schema_and_a_client_made_from_it_take_a_newer_value(kind: str) -> None:
    data = newer_data(kind)
    Draft202012Validator(event_schema(kind)).validate(data)
    read = client_of(kind).model_validate(data)
    assert str(read.model_dump()).count(NEWER) == open_fields(kind)


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_no_enumeration_of_an_event_is_closed(kind: str) -> None:
    closed = [part for part in _closed(event_schema(kind)) if len(part) > 1]
    assert closed == [], f"{kind}: mark the enumeration with OPEN, shared/contracts/messages.py"


ANSWERS = {f"{service}.{name}": model for service in COMMANDED for name, model in answers_of(service).items()}


def test_answers_have_open_enumerations() -> None:
    assert len(ANSWERS) > 20
    assert "anyOf" in ANSWERS["stations.NeedAnswer"].model_json_schema()["properties"]["state"]


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_no_enumeration_of_an_owners_answer_is_closed(name: str) -> None:
    schema = ANSWERS[name].model_json_schema(mode="serialization")
    assert [part for part in _closed(schema) if len(part) > 1] == [], f"{name}: mark the enumeration with OPEN"


def test_no_enumeration_of_an_answer_of_the_api_is_closed() -> None:
    app = create_app(GatewaySettings(amqp_uri="amqp://nowhere/", mongo_uri="mongodb://nowhere/"))
    described = show_values(app.openapi())
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
            if "enum" not in parts[name] and (closed := [part for part in _closed(parts[name]) if len(part) > 1]):
                found[name] = closed
    assert len(seen) > 40
    # Health is read by probes of the same release.
    assert {name: closed for name, closed in found.items() if name not in {"Alive", "Readiness"}} == {}


def test_a_request_is_held_to_the_values_of_today() -> None:
    with pytest.raises(ValidationError):
        CancelNeed.model_validate({"need_id": "need_1", "reason_code": NEWER})


def _closed(schema: object, *, within_any: bool = False) -> list[list[object]]:
    found: list[list[object]] = []
    if isinstance(schema, dict):
        if "enum" in schema and not within_any:
            found.append(schema["enum"])
        for name, part in schema.items():
            opened = name == "anyOf" and any(p.get("type") == "string" and "enum" not in p for p in part)
            parts = part if isinstance(part, list) else [part]
            found += [one for p in parts for one in _closed(p, within_any=opened)]
    return found
