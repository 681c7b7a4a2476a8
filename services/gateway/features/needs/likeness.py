"""Likeness (相似) of needs: one may have been registered twice, by place, resident or household, each with the theme.

Groups and items in common make it likelier. Pure.

The place is the point of the grid that events carry, of about 1 km; the exact one stays sealed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from shared.contracts.need_parts import Place
from shared.contracts.reasons import Reason, reason
from shared.contracts.stations.need_residents import Shared
from shared.engine.decide.schema import Document

MOST_FOUND: Final = 5
"""The most needs of which a caller is warned, the most alike first."""


_SURE: Final[Mapping[str, int]] = {"resident": -2, "household": -1}
"""The order of needs about the same people, before all others."""
NOBODY: Final[Mapping[str, Shared]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits of a need by which it is compared."""

    need_id: str
    station_id: str
    likeness: str
    theme: str
    groups: frozenset[str]
    items: frozenset[str]


@dataclass(frozen=True, slots=True)
class Alike:
    """A need that is like another, and the parts in which it is."""

    need_id: str
    parts: tuple[Reason, ...]


def likeness_of(theme: str, place: Place) -> str:
    """Return the key of all needs of one theme at one point of the grid."""
    return f"{theme} {place.lon:.2f} {place.lat:.2f}"


def traits_of_view(need_id: str, station_id: str, likeness: str, need: Document) -> Traits:
    """Return the traits of a need as its view holds it."""
    items = frozenset(line.get("item") or line["kind"] for line in need.get("lines", ()))
    groups = frozenset(need.get("beneficiary_groups", ()))
    return Traits(need_id, station_id, likeness, need["theme"], groups, items)


def find_alike(of: Traits, others: Iterable[Traits], beside: Mapping[str, Shared] = NOBODY) -> Sequence[Alike]:
    """Return at most 5 of the others with the same theme, at the same place or about the same people.

    Those about one resident come first, then those about one household, then those with more parts alike, then the
    newest. `beside` has by id the people in common. Groups and items are alike where both needs have some in common.
    """
    found = [
        other
        for other in others
        if other.need_id != of.need_id
        and (other.likeness == of.likeness or (other.need_id in beside and other.theme == of.theme))
    ]
    # Ids rise with time; the second sort keeps the order of the first among equals.
    found.sort(key=lambda other: other.need_id, reverse=True)
    found.sort(key=lambda other: _rank(of, other, beside.get(other.need_id)))
    return [Alike(other.need_id, _compare(of, other, beside.get(other.need_id))) for other in found[:MOST_FOUND]]


def _rank(of: Traits, other: Traits, people: Shared | None) -> tuple[int, int]:
    """Return the order of the other, the most alike lowest: by people, then by the parts that both may share."""
    parts = (people is not None) + (not of.groups.isdisjoint(other.groups)) + (not of.items.isdisjoint(other.items))
    return _SURE.get(people or "", 0), -(parts + (of.station_id == other.station_id))


def _compare(of: Traits, other: Traits, people: Shared | None) -> tuple[Reason, ...]:
    parts: list[Reason] = []
    if people == "resident":
        parts.append(reason("alike_resident"))
    elif people == "household":
        parts.append(reason("alike_household"))
    if other.likeness == of.likeness:
        parts.append(reason("alike_place_and_theme", theme=of.theme))
    else:
        parts.append(reason("alike_theme", theme=of.theme))
    if groups := of.groups & other.groups:
        parts.append(reason("alike_groups", groups=",".join(sorted(groups))))
    if items := of.items & other.items:
        parts.append(reason("alike_items", items=",".join(sorted(items))))
    if of.station_id == other.station_id:
        parts.append(reason("alike_station"))
    return tuple(parts)
