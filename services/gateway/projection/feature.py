"""Features: capabilities of the gateway, each with its table from event to projection."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.messages import EventData
from shared.engine import Capability, Incoming, Load, UnitOfWork


@dataclass(frozen=True, slots=True)
class Projection:
    """The views that an event needs loaded, and the change that it makes to them. Both are pure."""

    loads: Callable[[Any], Sequence[Load]]
    apply: Callable[[UnitOfWork, Incoming[Any]], None]


ProjectionTable = Mapping[type[EventData], Projection]
Projections = Mapping[str, Sequence[Projection]]
"""All projections of an event, by its type."""


@dataclass(frozen=True)
class Feature(Capability):
    """A capability of the gateway, as its folder's `__init__.py` declares it.

    `projections` names the events that change its views. An event may change the views of several features; each
    projects it into its own views alone.
    """

    projections: ProjectionTable = field(default_factory=dict)


def by_type(features: Sequence[Feature]) -> Projections:
    """Return every projection of the features by the type of its event, in the order of the features."""
    found: dict[str, list[Projection]] = {}
    for feature in features:
        for kind, projection in feature.projections.items():
            found.setdefault(kind.type, []).append(projection)
    return found
