"""Takes the samples: one need through the real handlers of all three services."""

from dataclasses import dataclass

from pydantic_core import to_json

from shared.contracts.envelope import CloudEvent, read_event
from shared.engine.decide.memory import MemoryEngine
from tests.performance.samples import Document, Samples
from tests.performance.world import Town


def take(town: Town) -> Samples:
    """Run one need through the real handlers of all three services."""
    published = town.event(0)
    charity, linked = _answer(town.engines["charity"], published)
    volunteering, confirmed = _answer(town.engines["volunteering"], published)
    stations = town.engines["stations"]
    for event in (linked, confirmed):
        stations.event(read_event(to_json(event)))
    ready = stations.events[-1]
    (stock,) = charity.changed["accounts"]
    (used,) = charity.inserts.pop("accounts")
    (volunteer,) = volunteering.changed["volunteers"]
    return Samples(
        need=published.subject, area=published.area, station=published.data.station_id, volunteer=volunteer["_id"],
        own_ids=_own_ids(published.subject, charity.inserts, volunteering.inserts),
        charity_inserts=charity.inserts, stock=stock["_id"], used=used,
        volunteering_inserts=volunteering.inserts,
        linked=_plain(linked), confirmed=_plain(confirmed), ready=_plain(ready),
    )  # fmt: skip


@dataclass
class _Changes:
    inserts: dict[str, list[Document]]
    changed: dict[str, list[Document]]


def _answer(engine: MemoryEngine, event: CloudEvent) -> tuple[_Changes, CloudEvent]:
    before, timers, said = dict(engine.entities), dict(engine.timers), len(engine.events)
    engine.event(event)
    changes = _Changes({}, {})
    for key, entity in engine.entities.items():
        if before.get(key) is not entity:
            kind = changes.changed if key in before else changes.inserts
            kind.setdefault(key[0].collection, []).append(entity.to_document())
    for name, (due, timer) in engine.timers.items():
        if name not in timers:
            row = {"_id": name, "due": due, "type": timer.type, "data": timer.model_dump(mode="json"), "attempts": 0}
            changes.inserts.setdefault("timers", []).append(row)
    (answer,) = engine.events[said:]
    return changes, answer


def _own_ids(need: str, *inserts: dict[str, list[Document]]) -> list[str]:
    ids = [row["_id"] for collections in inserts for rows in collections.values() for row in rows]
    return [known for known in ids if need not in known]


def _plain(event: CloudEvent) -> Document:
    return dict(event.model_dump(mode="json"))
