"""Each service receives the events that it handles, and none in vain."""

import importlib
import re
import warnings
from functools import cache
from typing import Any

import pytest

from shared.contracts.envelope import routing_key
from shared.contracts.messages import COMMANDS, EVENTS, QUERIES, EventData
from shared.contracts.registry import load_contracts
from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS, binding_covers
from shared.engine.decide.handlers import Handlers
from shared.engine.run.service import ServiceSpec
from tests.each import for_each

pytestmark = pytest.mark.contract
load_contracts()

MODULES = {
    "stations": "services.stations.service",
    "charity": "services.charity.service",
    "volunteering": "services.volunteering.service",
    "gateway": "services.gateway.projector.service",
}


@cache
def spec(service: str) -> ServiceSpec:
    """The service as it is assembled at start, from settings that need no server."""
    with warnings.catch_warnings(action="ignore"):  # eventlet announces its own end with every import
        module: Any = importlib.import_module(MODULES[service])
    class_name = next(n for n in vars(module) if n.endswith("Settings") and n != "ServiceSettings")
    settings = getattr(module, class_name)(
        amqp_uri="amqp://nowhere/", mongo_uri="mongodb://nowhere/", data_key=bytes(32)
    )
    return module.assemble(settings)


def hears(service: str, kind: str) -> bool:
    """As RabbitMQ's topic exchange decides for an event of that type in a community."""
    key = routing_key(kind, "110102009017")
    return any(re.fullmatch(_pattern(binding), key) for binding in SUBSCRIPTIONS[service])


def _pattern(binding: str) -> str:
    words = [{"*": r"[^.]+", "#": ".*"}.get(word, re.escape(word)) for word in binding.split(".")]
    return r"\.".join(words).replace(r"\..*", r"(\..*)?")


@pytest.mark.parametrize("service", sorted(MODULES))
def test_a_service_hears_every_event_that_it_handles(service: str):
    handled = [kind for kind in EVENTS if spec(service).handlers.find("event", kind)]
    assert handled
    assert [kind for kind in handled if not hears(service, kind)] == []


@pytest.mark.parametrize("service", sorted(MODULES))
def test_a_service_handles_every_event_that_it_hears(service: str):
    heard = [kind for kind in EVENTS if hears(service, kind)]
    assert [kind for kind in heard if not spec(service).handlers.find("event", kind)] == []


@for_each(("service", "kind"), sorted(COMMANDS))
def test_every_command_has_a_service_that_obeys_it(service: str, kind: str):
    assert service in COMMANDED
    assert spec(service).handlers.find("command", kind), (
        f"no service obeys {kind}: add its handler to HANDLERS of a capability in services/{service}"
    )


@for_each(("service", "kind"), sorted(QUERIES))
def test_every_query_has_a_service_that_answers_it(service: str, kind: str):
    assert kind in spec(service).queries, (
        f"no service answers {kind}: add its function to QUERIES of a capability in services/{service}"
    )


def test_no_service_hears_itself_except_the_gateway():
    for service in SUBSCRIPTIONS.keys() - {"gateway"}:
        assert not [kind for kind in EVENTS if kind.startswith(f"{service}.") and hears(service, kind)]


def test_a_service_that_handles_what_it_cannot_hear_does_not_start():
    class ThunderHeard(EventData):
        type = "weather.storm.heard"

    handlers = Handlers("stations", {ThunderHeard: lambda _: iter(())})
    with pytest.raises(ValueError, match=r"stations handles weather\.storm\.heard"):
        ServiceSpec("stations", handlers)


@pytest.mark.parametrize(
    ("binding", "kind", "covered"),
    [
        ("#", "stations.need.published", True),
        ("stations.need.published.#", "stations.need.published", True),
        ("charity.link.#", "charity.link.linked", True),
        ("charity.link.#", "charity.linkage.made", False),
        ("stations.need.published.#", "stations.need.publishedagain", False),
    ],
)
def test_a_binding_covers_its_own_words_only(binding: str, kind: str, covered: bool):
    assert binding_covers(binding, kind) is covered
