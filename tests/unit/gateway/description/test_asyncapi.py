"""The events are described as AsyncAPI 3.0: where each arrives, in which form, and which of them agencies get."""

import asyncio
import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from described_api import app
from jsonschema_rs import Draft7Validator, Registry

from services.gateway.description.asyncapi import FEED, write_events
from shared.contracts.access.permissions import is_private
from shared.contracts.envelope import routing_key
from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts
from tests.each import for_each

load_contracts()
ASYNCAPI = Path(__file__).with_name("asyncapi_3_0_0.json")


HERE = "lianshan:asyncapi.json"


@cache
def _registry() -> Registry:
    return Registry([(HERE, described())], draft=7)


@cache
def described() -> dict[str, Any]:
    return dict(json.loads(write_events()))


def test_the_document_is_one_by_asyncapis_own_schema() -> None:
    found = [f"{each.instance_path}: {each.message}" for each in Draft7Validator(_asyncapi()).iter_errors(described())]
    assert not found


def test_its_schema_finds_a_misspelt_field() -> None:
    assert not Draft7Validator(_asyncapi()).is_valid(described() | {"chanels": {}})


def test_an_agency_finds_each_event_under_its_routing_key_and_no_private_one() -> None:
    channels = described()["channels"]
    assert set(channels) == {FEED, *(kind for kind in EVENTS if not is_private(kind))}
    for kind in set(channels) - {FEED}:
        segments = channels[kind]["parameters"]["area"]["examples"][0]
        assert channels[kind]["address"].format(area=segments) == routing_key(kind, "110102009017")
        assert channels[kind]["bindings"]["amqp"]["exchange"]["name"] == "lianshan.events"


def test_the_feed_has_every_event_and_names_the_permission_of_a_private_one() -> None:
    assert set(described()["channels"][FEED]["messages"]) == set(EVENTS)
    breach = described()["components"]["messages"]["stations.breach.recorded"]
    assert "`breaches:manage` alone" in breach["summary"]


@for_each("kind", sorted(EVENTS))
def test_the_example_of_an_event_fits_its_schema(kind: str) -> None:
    message = described()["components"]["messages"][kind]
    (example,) = message["examples"]
    validator = Draft7Validator({"$ref": f"{HERE}#/components/messages/{kind}/payload"}, registry=_registry())
    assert not list(validator.iter_errors(example["payload"]))
    assert example["payload"]["type"] == message["name"] == kind


def test_every_reference_leads_somewhere() -> None:
    for reference in _references(described()):
        found: Any = described()
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_it_is_served_without_a_key() -> None:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app()), base_url="http://here") as client:
            return await client.get("/asyncapi.json")

    answer = asyncio.run(ask())
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(json.dumps(described()))


@cache
def _asyncapi() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(ASYNCAPI.read_text())
    return schema


def _references(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [each for value in part.values() for each in _references(value)]
    return [each for value in part for each in _references(value)] if isinstance(part, list) else []
