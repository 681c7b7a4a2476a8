"""Events of every type with one field changed at a time, and the answers that the API gives after them.

Samples come from the schemas of the contracts, so that a new field or a new type is covered the day it is made.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

from contract_samples import event_schema, sample_data
from gateway_events import ProjectorInMemory
from pydantic import BaseModel, ValidationError

from services.gateway.declaration import FEATURES
from services.gateway.features.catalogue.answer import entry_from_view
from services.gateway.features.catalogue.view import EntryView
from services.gateway.features.consents.answer import consent_from_view
from services.gateway.features.consents.view import KEPT as CONSENTS
from services.gateway.features.dispatch.answer import dispatch_from_view
from services.gateway.features.dispatch.view import DispatchView
from services.gateway.features.donations.answer import donation_from_view
from services.gateway.features.donations.view import DonationView
from services.gateway.features.donors.answer import donor_from_view
from services.gateway.features.donors.view import DonorView
from services.gateway.features.funds.answer import fund_from_view
from services.gateway.features.funds.view import FundView
from services.gateway.features.merges.answer import identity_from_view, merge_from_view
from services.gateway.features.merges.view import IdentityView, MergeView
from services.gateway.features.needs.answer import NeedAnswer, need_from_view
from services.gateway.features.needs.view import NeedView
from services.gateway.features.people.answer import volunteer_from_view
from services.gateway.features.people.view import VolunteerView
from services.gateway.features.shortfalls.answer import shortfall_from_view
from services.gateway.features.shortfalls.view import KEPT as SHORTFALLS
from services.gateway.features.stock.answer import account_from_view
from services.gateway.features.stock.view import StockView
from services.gateway.features.timebank.answer import sum_up
from services.gateway.features.timebank.view import TimebankView
from services.gateway.http.replies import reply
from services.gateway.projection.plain import PlainFeature, PlainView
from shared.contracts import CloudEvent, EventData, to_cloud_event
from shared.contracts.examples import AREA, NOW, TRACE
from shared.contracts.messages import EVENTS
from shared.contracts.plain import Shape
from shared.contracts.registry import load_contracts
from shared.contracts.stations.needs import NeedPublished, NeedSnapshot
from shared.engine import Entity

load_contracts()
Json = dict[str, Any]


def _shape_of(feature: PlainFeature, view: PlainView) -> Shape:
    return feature.shape.model_validate(view.shape)


ANSWERS: Final[Mapping[type[Entity], Callable[[Any], BaseModel]]] = {
    EntryView: entry_from_view,
    CONSENTS.view: consent_from_view,
    SHORTFALLS.view: shortfall_from_view,
    DonorView: donor_from_view,
    FundView: lambda view: fund_from_view(view, []),
    DonationView: donation_from_view,
    StockView: account_from_view,
    NeedView: lambda view: need_from_view(NeedAnswer, view),
    VolunteerView: volunteer_from_view,
    DispatchView: dispatch_from_view,
    TimebankView: lambda view: sum_up([view], {}, {})[0],
    MergeView: merge_from_view,
    IdentityView: identity_from_view,
    **{feature.view: partial(_shape_of, feature) for feature in FEATURES if isinstance(feature, PlainFeature)},
}
"""How each view is answered."""
_OTHERS: Final[Mapping[str, tuple[Any, ...]]] = {
    "integer": (2, 3),
    "number": (2.5, 0.5),
    "boolean": (False, True),
    "date": ("2026-03-03", "2026-06-02"),
    "date-time": ("2026-03-02T08:30:00Z", "2026-03-02T11:30:00Z"),
    "string": (
        "other-2",
        "other_code",
        "531100005000123450",
        "110102009018",
        "010-5550-0102",
        f"actor.stations.{'b' * 43}",
        "b" * 64,
    ),
}
"""Values unlike the samples', by type; the first that the model takes is used."""
_OTHERS_OF_FIELD: Final[Mapping[Any, tuple[Any, ...]]] = {"committed": (0,)}
"""Where only some values make a difference: the timeline counts lines that have anything at all."""


@dataclass(frozen=True)
class Change:
    """A sample of an event, and the same with another value in one field.

    `field` is named by the class that declares it, so that each field of a snapshot has one name however many events
    carry it: `NeedSnapshot.lines[].unit`.
    """

    kind: type[EventData]
    field: str
    before: Json
    after: Json
    """The answers of the API after the one and after the other."""

    @property
    def in_answers(self) -> bool:
        """Whether the field is shown elsewhere than in the words of a timeline."""
        return _without_timeline(self.before) != _without_timeline(self.after)

    @property
    def in_timeline_only(self) -> bool:
        return self.before != self.after and not self.in_answers


@cache
def sample(kind: type[EventData]) -> EventData:
    return kind.model_validate(sample_data(kind.type))


def fields(kind: type[EventData]) -> set[str]:
    """Return the name of each field of the event and of its parts, as `Change.field` names it."""
    return {_named(kind, path) for path, _ in _paths(kind)}


def changes(kind: type[EventData], named: Collection[str]) -> list[Change]:
    """Return one change for each of the fields of the event and of its parts, as `Change.field` names them."""
    base, before = sample_data(kind.type), answers_after(sample(kind))
    return [
        Change(kind, name, before, answers_after(_with_other(kind, base, path, leaf)))
        for path, leaf in _paths(kind)
        if (name := _named(kind, path)) in named
    ]


def envelope_of(data: EventData, version: int = 3) -> CloudEvent:
    subject = next((str(value) for name, value in data if name == "id" or name.endswith("_id")), "subject_1")
    return to_cloud_event(
        data, subject=subject, version=version, nth=0, time=NOW, area=AREA, correlation="c", causation="c",
        traceparent=TRACE,
    )  # fmt: skip


def published_need() -> CloudEvent:
    """The publication of the need that samples are about."""
    data = NeedPublished.model_validate(sample_data(NeedPublished.type) | {"state": "published"})
    return envelope_of(data, version=1)


def answers_after(data: EventData) -> Json:
    """Every answer about a single thing, by collection, once the event is projected.

    An event of charity or volunteering about a need comes after the need's own.
    """
    after_need = "need_id" in type(data).model_fields and not isinstance(data, NeedSnapshot)
    projector = _projector(after_need=after_need).copied().project(envelope_of(data))
    found: Json = {}
    for (model, thing_id), entity in sorted(projector.followed.entities.items(), key=lambda item: item[0][1]):
        if model in ANSWERS and entity.seen:  # type: ignore[attr-defined]
            stored = model.from_document(entity.to_document())
            found[f"{model.collection}/{thing_id}"] = json.loads(bytes(reply(ANSWERS[model](stored)).body))
    return found


@cache
def _projector(*, after_need: bool) -> ProjectorInMemory:
    return ProjectorInMemory().project(published_need()) if after_need else ProjectorInMemory()


def _without_timeline(answers: Json) -> Json:
    return {name: {k: v for k, v in answer.items() if k != "timeline"} for name, answer in answers.items()}


def _paths(kind: type[EventData]) -> Iterator[tuple[tuple[Any, ...], Json]]:
    schema = event_schema(kind.type)
    return _leaves(schema, schema.get("$defs", {}), sample_data(kind.type), ())


def _leaves(schema: Json, parts: Json, value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Json]]:
    """The path and the schema of each plain value in a sample."""
    while "$ref" in schema or "anyOf" in schema:
        # Of several choices the first, as `filled` chooses it.
        schema = parts[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema["anyOf"][0]
    if isinstance(schema.get("additionalProperties"), dict):
        for name in value:
            yield from _leaves(schema["additionalProperties"], parts, value[name], (*path, name))
    elif schema.get("type") == "object":
        for name, part in schema.get("properties", {}).items():
            yield from _leaves(part, parts, value[name], (*path, name))
    elif schema.get("type") == "array":
        yield from _leaves(schema["items"], parts, value[0], (*path, 0))
    else:
        yield path, schema


def _with_other(kind: type[EventData], base: Json, path: tuple[Any, ...], leaf: Json) -> EventData:
    before = sample(kind)
    others = (
        _OTHERS_OF_FIELD.get(path[0])
        or leaf.get("enum")
        or _OTHERS[leaf["format"] if "format" in leaf else leaf["type"]]
    )
    for other in others:
        changed = deepcopy(base)
        place: Any = changed
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = other
        try:
            after = kind.model_validate(changed)
        except ValidationError:
            continue
        if after != before:
            return after
    raise AssertionError(f"no other value for {kind.__name__} {path}: add one to _OTHERS of {__file__}")


def _named(kind: type[EventData], path: tuple[Any, ...]) -> str:
    owner = next(base for base in reversed(kind.__mro__) if path[0] in getattr(base, "__annotations__", {}))
    steps = "".join("[]" if step == 0 else f".{step}" for step in path)
    return f"{owner.__name__}{steps}"


ALL: Final = [EVENTS[name] for name in sorted(EVENTS)]
