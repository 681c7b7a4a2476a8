"""Index drift: the indexes that the services declare against those of their collections. Pure but for the listing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pymongo import IndexModel

from deploy.lianshan.declarations import DECLARATIONS
from deploy.lianshan.doctor.finding import Finding, Platform
from deploy.lianshan.stores import SERVICES
from deploy.lianshan.views import report
from services.gateway.declaration import VIEWS, stored_name
from shared.contracts.reasons import reason
from shared.engine.store.collections import INDEXES as ENGINE_INDEXES

_OPTIONS: Final = ("unique", "expireAfterSeconds", "partialFilterExpression", "sparse")
_CHECK: Final = "indexes"


def check_indexes(platform: Platform) -> Iterator[Finding]:
    """Yield each index that is missing, differs, or that no service declares."""
    wrong, count = [], 0
    for service in SERVICES:
        store = platform.store(service)
        present = set(store.list_collection_names())
        for collection, models in _indexes_of(platform, service).items():
            standing = list(store[collection].list_indexes()) if collection in present else []
            wrong += list(find_differences(f"{service}.{collection}", models, standing))
            count += len(models)
    yield from wrong or [Finding(_CHECK, "ok", reason("indexes_as_declared", count=count))]


def declared_indexes(service: str) -> dict[str, list[IndexModel]]:
    """Return by collection the indexes that the service declares, with the engine's own."""
    engine = {name: list(models) for name, models in ENGINE_INDEXES.items()}
    return {**engine, **DECLARATIONS[service].indexes}


def _indexes_of(platform: Platform, service: str) -> dict[str, list[IndexModel]]:
    """Return by collection the indexes that must stand; of the gateway's views those of the generations read now."""
    found = declared_indexes(service)
    if service == "gateway":
        for view in report(platform.stores):
            found |= {stored_name(name, view.live): VIEWS[name] for name in view.collections if view.live}
    return found


def find_differences(
    where: str, models: Sequence[IndexModel], standing: Sequence[Mapping[str, object]]
) -> Iterator[Finding]:
    """Yield the differences of one collection, named `<service>.<collection>`."""
    found = {str(index["name"]): index for index in standing}
    service = where.partition(".")[0]
    for model in models:
        name = model.document["name"]
        index = found.pop(name, None)
        if index is None:
            lacking = reason("index_missing", collection=where, index=name)
            yield Finding(_CHECK, "failed", lacking, reason("restart_for_index", service=service))
        elif _describe_shape(model.document) != _describe_shape(index):
            todo = reason("drop_index_and_restart", index=name, collection=where, service=service)
            yield Finding(_CHECK, "failed", reason("index_differs", collection=where, index=name), todo)
    for name in sorted(found.keys() - {"_id_"}):
        extra = reason("index_not_declared", collection=where, index=name)
        yield Finding(_CHECK, "warning", extra, reason("keep_or_drop_index"))


def _describe_shape(index: Mapping[str, object]) -> tuple[object, ...]:
    """Return an index's keys in their order and its options; an option that is off counts as absent."""
    keys = index["key"]
    assert isinstance(keys, Mapping)  # noqa: S101 - both PyMongo and MongoDB give it so
    return (*keys.items(), *((option, index.get(option) or None) for option in _OPTIONS))
