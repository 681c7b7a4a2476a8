"""An amended need: other quantities, other lines, another station, and the reservations that its link keeps. Pure.

A smaller request gives back the farthest supply first, and within a ring the latest reservation. Every event of a need
has its whole request, so that the link follows the newest that has arrived.
"""

from collections.abc import Sequence
from typing import Final

from services.charity.linking.domain.link import Link, derive_state, sum_by_line
from services.charity.linking.domain.near_to_far import RINGS
from services.charity.linking.domain.opening import open_lines
from shared.contracts.charity.linking import Source
from shared.contracts.need_parts import SupplyRing, Tried
from shared.contracts.reasons import Reason, reason
from shared.contracts.stations.amending import NeedAmended
from shared.contracts.stations.needs import NeedSnapshot

_FAR: Final = {ring.name: nth for nth, ring in enumerate(RINGS)}
_HEEDED: Final = frozenset({"lines", "station", "due", "triage"})
"""The amended parts that charity goes by: lines, station, score, and the time until which parts are held."""


def asks_otherwise(link: Link, need: NeedSnapshot) -> bool:
    """Return whether the need asks for other lines than the link knows, or for another station."""
    if (link.station_id, link.area) != (need.station_id, need.area) or len(link.lines) != len(need.lines):
        return True
    return any(
        (known.line_id, known.requested, known.commodity) != (line.id, line.requested, line.commodity)
        for known, line in zip(link.lines, need.lines, strict=True)
    )


def concerns(need: NeedAmended, link: Link | None) -> bool:
    """Return whether the amendment changes a part that the link depends on.

    An amendment of other parts alone can be ignored: any earlier change has an event of its own.
    """
    return not _HEEDED.isdisjoint(need.amended) or (link is not None and asks_otherwise(link, need))


def is_moved(link: Link, need: NeedSnapshot) -> bool:
    """Return whether the need has moved to another station."""
    return (link.station_id, link.area) != (need.station_id, need.area)


def list_kept(link: Link, need: NeedSnapshot) -> dict[str, int]:
    """Return by transfer how much of each reservation the need still asks for, the nearest and earliest first."""
    wanted = {(line.id, line.commodity): line.requested for line in need.lines}
    commodities = {line.line_id: line.commodity for line in link.lines}
    kept = {}
    for source in sort_near_to_far(link.sources):
        key = (source.line_id, commodities[source.line_id])
        kept[source.transfer_id] = min(source.amount, wanted.get(key, 0))
        wanted[key] = wanted.get(key, 0) - kept[source.transfer_id]
    return kept


def sort_near_to_far(sources: Sequence[Source]) -> list[Source]:
    """Return the reservations from near to far, those of one ring in the order in which they were made."""
    return sorted(sources, key=lambda source: _FAR.get(source.ring, len(_FAR)))


def with_request(link: Link, need: NeedSnapshot, sources: Sequence[Source]) -> Link:
    """Return the link with the need's present lines and place, and `sources` as its reservations.

    Where a line's reservations have changed, its rings show the amount that is kept of each.
    """
    known = {line.id: line.commodity for line in need.lines}
    held = [source for source in sources if source.line_id in known]
    others = {one.line_id for one in {*link.sources} ^ {*held}}
    tried = [one for one in link.tried if one.line_id in known.keys() - others]
    gave: dict[tuple[str, SupplyRing], int] = {}
    for source in sort_near_to_far(held):
        if source.line_id in others:
            gave[source.line_id, source.ring] = gave.get((source.line_id, source.ring), 0) + source.amount
    tried += [
        Tried(ring=ring, gave=amount, line_id=line_id, reasons=(_explain_kept(amount, known[line_id]),))
        for (line_id, ring), amount in gave.items()
    ]
    by_line = sum_by_line(held)
    lines = tuple(line.model_copy(update={"committed": by_line.get(line.line_id, 0)}) for line in open_lines(need))
    changes = {"station_id": need.station_id, "area": need.area, "lines": lines, "sources": tuple(held), "short": ()}
    return link.model_copy(update={**changes, "tried": tuple(tried), "state": derive_state(lines)})


def _explain_kept(amount: int, commodity: str) -> Reason:
    return reason("kept_as_amended", amount=amount, commodity=commodity)
