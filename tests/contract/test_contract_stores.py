"""The stored documents of each service are declared where the engine and `lianshan migrate` look for them."""

from collections.abc import Iterator

import pytest
from release import FOLDER, kept_releases
from store_indexes import FILE, Indexes, StoreIndexes, ViewIndexes, drops_of_today, find_lost, indexes_of_today
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


# ---- indexes of stores that a release has made --------------------------------------------------------------------


@pytest.mark.parametrize("version", kept_releases())
def test_no_index_of_a_release_is_renamed_or_forgotten_without_a_step_that_drops_it(version: str) -> None:
    kept = StoreIndexes.model_validate_json((FOLDER / version / FILE).read_text("utf-8"))
    assert find_lost(kept, indexes_of_today(), drops_of_today()) == []


def store_of(indexes: Indexes, *, edition: int = 1) -> StoreIndexes:
    view = ViewIndexes(edition=edition, indexes=indexes)
    return StoreIndexes(collections={"stations": {"needs": indexes}}, views={"needs": view})


BY_AREA = {"key": [["area", 1]]}


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({}, "by_area is gone from the code and stays in the stores: let a step drop it"),
        ({"area": BY_AREA}, "area has the keys of by_area, which MongoDB refuses: keep the name by_area"),
        ({"by_area": {"key": [["area", -1]]}}, "by_area has other keys or options: they need a new name"),
        ({"by_area": {**BY_AREA, "unique": True}}, "by_area has other keys or options: they need a new name"),
    ],
    ids=["dropped", "renamed", "other keys", "other options"],
)
def test_an_index_that_changes_under_the_stores_is_named_with_the_remedy(now: Indexes, words: str) -> None:
    in_collection, in_view = find_lost(store_of({"by_area": BY_AREA}), store_of(now), {})
    assert in_collection.startswith(f"stations.needs: {words}")
    assert in_view.startswith(f"the view needs: {words}")
    assert in_view.endswith("raise the edition of its feature")


def test_an_index_that_a_step_drops_and_a_view_of_another_edition_are_no_faults() -> None:
    before = store_of({"by_area": BY_AREA})
    assert find_lost(before, store_of({}, edition=2), {"stations.needs": frozenset({"by_area"})}) == []
    assert find_lost(before, store_of({"by_area": BY_AREA, "due": {"key": [["due", 1]]}}), {}) == []
