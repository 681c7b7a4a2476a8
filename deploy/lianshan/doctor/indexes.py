"""Index drift: what the services declare against what their collections have. Pure but for the listing."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from pymongo import IndexModel

from deploy.lianshan.doctor.finding import Finding, Patient
from deploy.lianshan.laws.stores import SERVICES
from shared.engine.store.collections import INDEXES as ENGINE

_OPTIONS: Final = ("unique", "expireAfterSeconds", "partialFilterExpression", "sparse")
_CHECK: Final = "indexes"


def check(patient: Patient) -> Iterator[Finding]:
    """Each index that is missing, different or nobody's."""
    wrong, count = [], 0
    for service in SERVICES:
        present = set(patient.store(service).list_collection_names())
        for collection, models in wanted(service).items():
            stands = list(patient.store(service)[collection].list_indexes()) if collection in present else []
            wrong += list(differences(f"{service}.{collection}", models, stands))
            count += len(models)
    yield from wrong or [Finding(_CHECK, "ok", f"all {count} stand as the services declare them")]


def wanted(service: str) -> dict[str, list[IndexModel]]:
    """What the service declares, with the engine's own."""
    storage = import_module(f"services.{service}.storage")
    own = {name: list(models) for name, models in storage.INDEXES.items()}
    if service == "gateway":
        own["keys"] = list(storage.KEY_INDEXES)
    return {**{name: list(models) for name, models in ENGINE.items()}, **own}


def differences(where: str, models: Sequence[IndexModel], stands: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """What differs in one collection."""
    found = {index["name"]: index for index in stands}
    service = where.partition(".")[0]
    for model in models:
        name = model.document["name"]
        index = found.pop(name, None)
        if index is None:
            todo = f"restart {service}: it creates its indexes when it starts"
            yield Finding(_CHECK, "failed", f"{where} lacks the index {name}", todo)
        elif _shape(model.document) != _shape(index):
            todo = f"in a quiet hour drop the index {name} of {where}, then restart {service}"
            yield Finding(_CHECK, "failed", f"{where}: the index {name} is not as declared", todo)
    for name in sorted(found.keys() - {"_id_"}):
        todo = "keep it if it is yours; it costs every write: else drop it"
        yield Finding(_CHECK, "warning", f"{where} has the index {name}, which no service declares", todo)


def _shape(index: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*((name, way) for name, way in index["key"].items()), *((o, index.get(o) or None) for o in _OPTIONS))
