"""A need's link (资源链接): what is held ready for each of its lines, from where, and how it got there.

Pure: each step gives the link as it is afterwards. The engine counts its versions.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, ClassVar, Final, TypeVar

from pydantic import BaseModel, ConfigDict

from services.charity.linking.domain.near_to_far import Wanted, merged_trail
from services.charity.stock.domain import city_of, reach
from shared.contracts.charity.linking import LinkSnapshot, LinkState, Source
from shared.contracts.charity.stock import StockView
from shared.contracts.need_parts import Amount, Tried, Waiting
from shared.contracts.stations.needs import NeedSnapshot
from shared.engine import Entity

ENDED: Final = frozenset({"delivered", "released"})
MOST_SOURCES: Final = 100
"""So many reservations one need may hold: an event carries them all, and must stay below 64 KiB."""
NOTHING_MORE: Final = "nothing more"


class LinkLine(BaseModel):
    """How far one line of the need has come, in the line's own unit."""

    model_config = ConfigDict(frozen=True)

    line_id: str
    commodity: str
    requested: int
    committed: int = 0
    fulfilled: int = 0

    @property
    def missing(self) -> int:
        """What nobody has committed yet."""
        return self.requested - self.committed


class Link(Entity):
    """Resources for one need; its id is the need's.

    A link that has ended (`delivered`, `released`) never changes again: a publication that arrives after the
    cancellation finds the tombstone and is ignored.
    """

    collection: ClassVar[str] = "links"

    station_id: str
    area: str
    state: LinkState = "waiting"
    priority: int = 0
    published_at: datetime
    need_version: int
    lines: tuple[LinkLine, ...]
    sources: tuple[Source, ...] = ()
    tried: tuple[Tried, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more can be held ready for it."""
        return self.state in ENDED

    @property
    def missing(self) -> dict[str, int]:
        """By commodity what it still waits for; empty once it has all, or has ended."""
        if self.state == "committed" or self.ended:
            return {}
        missing: dict[str, int] = {}
        for line in self.lines:
            if line.missing:
                missing[line.commodity] = missing.get(line.commodity, 0) + line.missing
        return missing

    @property
    def rank(self) -> tuple[int, datetime, str]:
        """Its place in the waiting list: the highest triage score first, then who has waited longest."""
        return (-self.priority, self.published_at, self.id)

    @property
    def room(self) -> int:
        """How many reservations it may still hold."""
        return MOST_SOURCES - len(self.sources)

    def wanted(self, line: LinkLine) -> Wanted:
        """What the line still misses, as the search for supply wants to know it."""
        return Wanted(line.line_id, line.commodity, line.missing, self.station_id, self.area)

    def to_document(self, only: AbstractSet[str] | None = None) -> dict[str, Any]:
        """With `wants`, the waiting list's key, as long as it waits."""
        document = super().to_document(only)
        if missing := self.missing:
            # One that may draw on nothing more still stands in the list, but in nobody's way.
            document["wants"] = [reach(c, city_of(self.area)) for c in missing] if self.room else [NOTHING_MORE]
        return document


def opened(need: NeedSnapshot, now: datetime) -> Link:
    """A link for a need that was just published, with nothing held ready yet. `now` where it names no instant."""
    return Link(
        id=need.need_id,
        station_id=need.station_id,
        area=need.area,
        priority=need.score,
        published_at=need.published_at or now,
        need_version=need.version,
        lines=tuple(
            LinkLine(line_id=line.id, commodity=line.commodity, requested=line.requested, committed=0, fulfilled=0)
            for line in need.lines
        ),
    )


def committed(link: Link, sources: Sequence[Source], tried: Iterable[Tried]) -> Link:
    """With what was just reserved for it."""
    by_line: dict[str, int] = {}
    for source in sources:
        by_line[source.line_id] = by_line.get(source.line_id, 0) + source.amount
    lines = tuple(
        line.model_copy(update={"committed": line.committed + by_line[line.line_id]})
        if line.line_id in by_line
        else line
        for line in link.lines
    )
    return link.model_copy(
        update={
            "lines": lines,
            "sources": link.sources + tuple(sources),
            "tried": merged_trail(link.tried, list(tried)),
            "state": _state(lines),
        }
    )


def delivered(link: Link, need_version: int) -> Link:
    """What was reserved has arrived."""
    lines = tuple(line.model_copy(update={"fulfilled": line.committed}) for line in link.lines)
    return link.model_copy(update={"lines": lines, "state": "delivered", "need_version": need_version})


def released(link: Link, need_version: int) -> Link:
    """What was reserved is free again; the voided transfers remember it."""
    lines = tuple(line.model_copy(update={"committed": 0}) for line in link.lines)
    return link.model_copy(update={"lines": lines, "sources": (), "state": "released", "need_version": need_version})


def _state(lines: Sequence[LinkLine]) -> LinkState:
    if not any(line.missing for line in lines):
        return "committed"
    return "partial" if any(line.committed for line in lines) else "waiting"


SAYS = TypeVar("SAYS", bound=LinkSnapshot)


def snapshot(kind: type[SAYS], link: Link, stock: Sequence[StockView]) -> SAYS:
    """The event `kind` about the link as it was just put, with the supply accounts that the step changed."""
    return kind(
        need_id=link.id,
        version=link.version,
        state=link.state,
        area=link.area,
        amounts=tuple(
            Amount(line_id=line.line_id, committed=line.committed, fulfilled=line.fulfilled) for line in link.lines
        ),
        sources=link.sources,
        tried=link.tried,
        waiting=waiting_for(link),
        stock=tuple(stock),
    )


def waiting_for(link: Link) -> tuple[Waiting, ...]:
    """What the link waits for, why, and what happens next (L1)."""
    if link.room:
        reason = "only a part was left within the city" if link.sources else "nothing is left of it within the city"
        step = "the next donation or release of it in the city serves the waiting needs by priority"
    else:
        reason = f"it draws on {MOST_SOURCES} accounts already, the most a need may"
        step = "bring the goods together at one station, or split the need"
    return tuple(
        Waiting(for_what=f"{missing} of {commodity}", reason=reason, next_step=step)
        for commodity, missing in link.missing.items()
    )
