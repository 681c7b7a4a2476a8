"""What each service stores is declared where the engine and `lianshan migrate` look for it."""

from collections.abc import Iterator

import pytest
from test_contract_subscriptions import MODULES, spec

from deploy.lianshan.declarations import DECLARATIONS
from services.gateway.declaration import VIEWS
from shared.engine import Entity, Evolving
from shared.engine.decide.schema import UNCHANGED

pytestmark = pytest.mark.contract


def entities(service: str) -> list[type[Entity]]:
    spec(service)  # imports all of it
    own = f"services.{service}."
    return [model for model in _below(Entity) if model.__module__.startswith(own) and hasattr(model, "collection")]


def _below(model: type[Entity]) -> Iterator[type[Entity]]:
    for child in model.__subclasses__():
        yield child
        yield from _below(child)


@pytest.mark.parametrize("service", MODULES)
def test_every_collection_is_made_at_start_and_not_within_a_transaction(service: str):
    found = {model.collection for model in entities(service)}
    assert found
    # The gateway makes its views by generations.
    assert found - VIEWS.keys() <= spec(service).indexes.keys()


@pytest.mark.parametrize("service", MODULES)
def test_an_entity_and_its_service_agree_on_the_stored_form(service: str):
    for model in entities(service):
        assert model.stored_as is spec(service).schemas.get(model.collection, UNCHANGED), model.__name__
        assert not model.stored_as.steps or issubclass(model, Evolving), f"{model.__name__} must be Evolving"


@pytest.mark.parametrize("service", MODULES)
def test_the_migration_knows_what_the_service_knows(service: str):
    assert spec(service).schemas == DECLARATIONS[service].schemas
    assert spec(service).indexes.items() <= DECLARATIONS[service].indexes.items()
