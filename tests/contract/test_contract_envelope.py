"""Our events are CloudEvents: the official SDK, as a stranger would use it, reads every one of them."""

import pytest
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_rabbitmq_event
from contract_samples import sample

from shared.contracts.envelope import CONTENT_TYPE, MAX_EVENT_BYTES, routing_key
from shared.contracts.examples import AREA, NOW, TRACE
from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts
from shared.engine.store.outbox import to_outgoing, to_rows
from tests.each import for_each

pytestmark = pytest.mark.contract
load_contracts()


@for_each("kind", sorted(EVENTS))
def test_the_official_sdk_reads_every_event_as_it_is_published(kind: str):
    event = sample(kind)
    outgoing = to_outgoing(to_rows([event])[0])
    message = RabbitMQMessage({}, outgoing.properties["content_type"], outgoing.body)
    read = from_rabbitmq_event(message)
    assert (read.get_type(), read.get_source(), read.get_id()) == (kind, event.source, event.id)
    assert (read.get_time(), read.get_subject()) == (NOW, "subject_1")
    assert read.get_dataschema() == f"lianshan:/schemas/{kind.split('.', maxsplit=1)[0]}/events/{kind}.json"
    assert read.get_extension("sequence") == "0000000003"
    assert read.get_extension("correlationid") == "correlation-1"
    assert read.get_extension("causationid") == "cause-1"
    assert read.get_extension("traceparent") == TRACE
    assert isinstance(read.get_data(), dict)


@for_each("kind", sorted(EVENTS))
def test_an_event_travels_persistent_and_tells_its_key_to_the_broker(kind: str):
    outgoing = to_outgoing(to_rows([sample(kind)])[0])
    assert outgoing.properties["content_type"] == CONTENT_TYPE
    assert outgoing.properties["delivery_mode"] == 2
    assert outgoing.properties["message_id"] == sample(kind).key
    assert len(outgoing.body) < MAX_EVENT_BYTES


@for_each("kind", sorted(EVENTS))
def test_an_event_is_named_after_service_subject_and_what_happened(kind: str):
    parts = kind.split(".")
    assert len(parts) == 3
    assert all(part.isascii() and part.replace("_", "").isalpha() and part.islower() for part in parts)
    assert sample(kind).source == f"/{parts[0]}/{parts[1]}"


@pytest.mark.parametrize(
    ("area", "tail"),
    [
        ("11", ".11"),
        ("1101", ".11.01"),
        ("110102", ".11.01.02"),
        ("110102009", ".11.01.02.009"),
        ("110102009017", ".11.01.02.009.017"),
        ("", ""),
    ],
)
def test_the_routing_key_ends_with_the_areas_segments(area: str, tail: str):
    assert routing_key("stations.need.published", area) == f"stations.need.published{tail}"


def test_needs_of_a_street_can_be_bound_to():
    key = routing_key("stations.need.published", AREA)
    assert key.startswith("stations.need.published.11.01.02.009.")
