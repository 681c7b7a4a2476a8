"""The feed's events are described: each type with its data, and the envelope for a type of another release."""

from functools import cache
from typing import Any

from contract_samples import sample
from described_api import describe
from jsonschema import Draft202012Validator

from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts
from tests.each import for_each

load_contracts()


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": describe()["components"]})


def _event(kind: str) -> dict[str, Any]:
    return sample(kind).model_dump(mode="json")


@for_each("kind", sorted(EVENTS))
def test_each_event_is_described_by_its_type_and_by_no_other(kind: str) -> None:
    choice = describe()["components"]["schemas"]["KnownEvent"]["discriminator"]["mapping"]
    assert choice[kind] == f"#/components/schemas/{EVENTS[kind].__name__}Event"
    schemas = describe()["components"]["schemas"]
    # Whole by itself: generators of clients read the envelope alone out of an `allOf` with it.
    assert schemas[f"{EVENTS[kind].__name__}Event"]["properties"].keys() == schemas["CloudEvent"]["properties"].keys()
    event = _event(kind)
    assert not list(_validator(f"{EVENTS[kind].__name__}Event").iter_errors(event))
    others = [other for other in EVENTS if other != kind]
    assert not _validator(f"{EVENTS[others[0]].__name__}Event").is_valid(event)


def test_the_feed_shows_events_of_this_release_and_of_another() -> None:
    event = _event("stations.need.published")
    entry = _validator("FeedEntry")
    assert entry.is_valid({"cursor": 1, "event": event})
    assert entry.is_valid({"cursor": "0k3f-2", "event": event | {"type": "stations.need.praised", "data": {"by": 3}}})
    assert not entry.is_valid({"cursor": 1, "event": {"type": "stations.need.published"}})
