"""A newer release adds a value to an enumeration: the handlers of each service and the gateway take it safely."""

import json

from gateway_samples import ANSWERS, answers_after, envelope_of
from newer_values import NEWER, newer_data, open_fields

from services.charity.declaration import DECLARATION as CHARITY
from services.stations.declaration import DECLARATION as STATIONS
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from shared.catalogue import NoOwner
from shared.contracts.messages import EVENTS
from shared.contracts.registry import load_contracts
from shared.engine.decide.memory import MemoryEngine
from shared.engine.store.replicas import Share
from shared.runtime.vault import Vault
from tests.each import for_each

load_contracts()
SERVICES = {service.name: service for service in (STATIONS, CHARITY, VOLUNTEERING)}


def engine_of(name: str) -> MemoryEngine:
    more = {"share": Share()} if name == "volunteering" else {}
    return MemoryEngine(SERVICES[name].handlers(vault=Vault(bytes(32)), catalogue_owner=NoOwner(), **more))


HANDLED = [
    (name, kind)
    for name, service in SERVICES.items()
    for kind in sorted(EVENTS)
    if any(EVENTS[kind] in capability.handlers for capability in service.capabilities) and open_fields(kind)
]


def test_services_handle_events_with_enumerations() -> None:
    assert len(HANDLED) > 10


@for_each(("name", "kind"), HANDLED)
def test_a_handler_takes_an_event_with_values_of_a_newer_release(name: str, kind: str) -> None:
    engine = engine_of(name)
    data = EVENTS[kind].model_validate(newer_data(kind))
    engine.event(envelope_of(data))
    for entity in engine.entities.values():
        # Stored documents are read again: a value that nobody knows is no broken document.
        assert type(entity).from_document(entity.to_document()) == entity


REPORTED = {"charity.erasure.answered", "volunteering.erasure.answered"}
"""Events that only stations reads: it shows their values in the erasure's own events."""


@for_each("kind", [kind for kind in sorted(EVENTS) if open_fields(kind) and kind not in REPORTED])
def test_the_gateway_shows_a_value_of_a_newer_release_as_it_is(kind: str) -> None:
    shown = json.dumps(answers_after(EVENTS[kind].model_validate(newer_data(kind))))
    assert NEWER in shown, f"no answer of {len(ANSWERS)} shows it"
