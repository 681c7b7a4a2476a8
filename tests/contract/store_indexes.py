"""The indexes of all stores, as a release keeps them, and the rule by which a later release may change them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict
from pymongo import IndexModel

from deploy.lianshan.declarations import DECLARATIONS
from services.gateway.declaration import FEATURES
from shared.engine.store.collections import INDEXES

FILE: Final = "indexes.json"
Definition = Mapping[str, Any]
"""The keys in their order, and the options."""
Indexes = Mapping[str, Definition]
"""By name."""


class ViewIndexes(BaseModel):
    """The indexes of a view: another edition of it is built beside the former one, with its own."""

    model_config = ConfigDict(frozen=True)
    edition: int
    indexes: Indexes


class StoreIndexes(BaseModel):
    """The indexes of a release: by service and collection, and those of the gateway's views."""

    model_config = ConfigDict(frozen=True)
    collections: Mapping[str, Mapping[str, Indexes]]
    views: Mapping[str, ViewIndexes]


def indexes_of_today() -> StoreIndexes:
    """Return the indexes that services create at their start."""
    collections = {
        name: {c: _describe(models) for c, models in sorted({**INDEXES, **declaration.indexes}.items())}
        for name, declaration in DECLARATIONS.items()
    }
    views = {
        collection: ViewIndexes(edition=feature.edition, indexes=_describe(models))
        for feature in FEATURES
        for collection, models in sorted(feature.views.items())
    }
    return StoreIndexes(collections=collections, views=views)


def drops_of_today() -> dict[str, frozenset[str]]:
    """Return the indexes that `lianshan migrate` drops, by collection with its service."""
    return {
        f"{name}.{collection}": schema.drops
        for name, declaration in DECLARATIONS.items()
        for collection, schema in declaration.schemas.items()
    }


def find_lost(before: StoreIndexes, now: StoreIndexes, drops: Mapping[str, frozenset[str]]) -> list[str]:
    """Return the indexes that the stores of the release before keep against the will of this one, in words."""
    found = [
        line
        for service, collections in before.collections.items()
        for collection, indexes in collections.items()
        for line in _compare(
            f"{service}.{collection}",
            indexes,
            now.collections.get(service, {}).get(collection, {}),
            drops.get(f"{service}.{collection}", frozenset()),
        )
    ]
    for collection, view in before.views.items():
        shown = now.views.get(collection)
        if shown is not None and shown.edition == view.edition:
            lines = _compare(f"the view {collection}", view.indexes, shown.indexes, frozenset())
            found += [f"{line}; or raise the edition of its feature" for line in lines]
    return found


def _compare(where: str, before: Indexes, now: Indexes, drops: frozenset[str]) -> Iterator[str]:
    for name, definition in before.items():
        if now.get(name, definition) != definition:
            yield f"{where}: {name} has other keys or options: they need a new name, and a step that drops {name}"
        elif name not in now and (same := [n for n in now if _sign(now[n]) == _sign(definition)]):
            yield f"{where}: {same[0]} has the keys of {name}, which MongoDB refuses: keep the name {name}"
        elif name not in now and name not in drops:
            yield f"{where}: {name} is gone from the code and stays in the stores: let a step drop it"


def _sign(definition: Definition) -> Definition:
    # MongoDB takes two indexes of the same keys where these options differ, but not another time to live.
    return {option: value for option, value in definition.items() if option != "expireAfterSeconds"}


def _describe(models: Iterable[IndexModel]) -> dict[str, dict[str, Any]]:
    return {
        model.document["name"]: {
            "key": [list(pair) for pair in model.document["key"].items()],
            **{option: value for option, value in model.document.items() if option not in {"name", "key"}},
        }
        for model in models
    }
