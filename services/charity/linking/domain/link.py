"""A need's link (资源链接): the reservations for each of its lines, their sources, and the rings searched for them.

Pure: each transition returns the link as it is afterwards. The engine counts its versions.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final

from services.charity.linking.domain.near_to_far import Shortage, merge_trails
from shared.contracts.charity.linking import LinkState, Source
from shared.contracts.need_parts import Tried
from shared.contracts.reasons import reason
from shared.contracts.stations.needs import NeedSnapshot
from shared.engine.decide.entity import Evolving, Value
from shared.engine.decide.sparse import Sparse

ENDED: Final = frozenset({"delivered", "released"})
MAX_SOURCES: Final = 100
"""The most reservations that one need may hold: an event carries them all, and must stay below 64 KiB."""


class LinkLine(Value):
    """One line of the need and its progress, in the line's own unit."""

    line_id: str
    commodity: str
    requested: int
    committed: int = 0
    fulfilled: int = 0
    divisible: bool = True
    min_useful: int = 1

    @property
    def missing(self) -> int:
        """The part of the request that is not committed yet."""
        return self.requested - self.committed

    def is_useful(self, more: int = 0) -> bool:
        """Return whether the line can use its commitment with `more`: all of it, or a part that is large enough."""
        held = self.committed + more
        return held >= self.requested or (self.divisible and held >= self.min_useful)


class Link(Sparse, Evolving):
    """Resources for one need; its id is the need's.

    `need_version` is that of the need's event that decided its state: an older one that arrives later changes nothing.
    A link that has ended (`delivered`, `released`) stays so unless its station undoes the confirmation or reopens the
    need: a publication that arrives after the cancellation finds the tombstone and is ignored.

    `short` is by line the amount that the station states as delivered and the books lacked; empty for none.
    `restored_until` is the instant (UTC) until which it keeps the parts of a delivery that was taken back.
    """

    collection: ClassVar[str] = "links"
    always_stored: ClassVar[frozenset[str]] = frozenset({"state", "priority", "sources"})

    station_id: str
    area: str
    state: LinkState = "waiting"
    priority: int = 0
    published_at: datetime
    registered_at: datetime | None = None
    holds_until: datetime | None = None
    restored_until: datetime | None = None
    need_version: int
    lines: tuple[LinkLine, ...]
    sources: tuple[Source, ...] = ()
    tried: tuple[Tried, ...] = ()
    short: tuple[int, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether no more can be reserved for it."""
        return self.state in ENDED

    @property
    def waiting_since(self) -> datetime:
        """The instant (UTC) from which its waiting counts: the registration of the need.

        Its publication where that is not known, as of a link of release 0.2.0.
        """
        return self.published_at if self.registered_at is None else self.registered_at

    def holds_on(self, now: datetime) -> bool:
        """Return whether it may hold parts that are of no use alone: until `holds_until` (UTC), if that is set.

        From then on they cannot be completed in time, and are of more use to others.
        """
        return self.holds_until is None or now < self.holds_until

    def restates(self, now: datetime) -> bool:
        """Return whether its station may still state a delivery again; until then no other need gets the supply."""
        return self.restored_until is not None and now < self.restored_until

    @property
    def offers_on_at(self) -> datetime | None:
        """The instant (UTC) at which it gives back the parts that it cannot use; None for a link of release 0.2.0."""
        until = self.holds_until
        return until and max(until, self.restored_until or until)

    @property
    def idle_lines(self) -> tuple[LinkLine, ...]:
        """The lines that hold a part which is of no use by itself."""
        return tuple(line for line in self.lines if line.committed and not line.is_useful())

    @property
    def missing(self) -> dict[str, int]:
        """The amount that it still waits for, by commodity; empty once it has all, or has ended."""
        if self.state == "committed" or self.ended:
            return {}
        missing: dict[str, int] = {}
        for line in self.lines:
            if line.missing:
                missing[line.commodity] = missing.get(line.commodity, 0) + line.missing
        return missing

    @property
    def room(self) -> int:
        """The number of reservations that it may still take."""
        return MAX_SOURCES - len(self.sources)

    def shortage(self, line: LinkLine, missing: int | None = None) -> Shortage:
        """Return the missing part of the line, or the given amount of it, for the search from near to far."""
        wanted = line.missing if missing is None else missing
        return Shortage(line.line_id, line.commodity, wanted, self.station_id, self.area)


def committed(link: Link, sources: Sequence[Source], tried: Iterable[Tried]) -> Link:
    """Return the link with further reservations, and with the rings that were searched for them."""
    by_line = sum_by_line(sources)
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
            "tried": merge_trails(link.tried, list(tried)),
            "state": derive_state(lines),
        }
    )


def given_on(link: Link, gone: Mapping[str, int], rest: Sequence[Source] = ()) -> Link:
    """Return the link after amounts of its reservations, in `gone` by the id of the transfer, went to other needs.

    `rest` are the reservations of the amounts that are left. The rings show the amounts that they still give.
    """
    given = [source for source in link.sources if source.transfer_id in gone]
    lines = tuple(
        line.model_copy(update={"committed": line.committed - _sum_gone(given, gone, line.line_id)})
        for line in link.lines
    )
    sources = (*(source for source in link.sources if source.transfer_id not in gone), *rest)
    tried = tuple(_after_giving(ring, link.lines, given, gone) for ring in link.tried)
    return link.model_copy(update={"lines": lines, "sources": sources, "tried": tried, "state": derive_state(lines)})


def _sum_gone(given: Iterable[Source], gone: Mapping[str, int], line_id: str) -> int:
    return sum(gone[source.transfer_id] for source in given if source.line_id == line_id)


def _after_giving(tried: Tried, lines: Iterable[LinkLine], given: Iterable[Source], gone: Mapping[str, int]) -> Tried:
    from_ring = [source for source in given if (source.line_id, source.ring) == (tried.line_id, tried.ring)]
    if not from_ring:
        return tried
    amount = sum(gone[source.transfer_id] for source in from_ring)
    left = tried.gave - amount
    commodity = next(line.commodity for line in lines if line.line_id == tried.line_id)
    because = reason("given_on", amount=amount, left=left, commodity=commodity)
    return tried.model_copy(update={"gave": left, "reasons": (because,)})


Delivered = tuple[Source, int]
"""A reservation, and how much of it was delivered."""


def divide_delivery(link: Link, stated: Sequence[int] | None) -> list[Delivered]:
    """Return the delivered amount of each reservation: the earliest reservations give first.

    `stated` is the amount of each line as the confirmation states it; None: all that is held. No more than is held
    counts as delivered.
    """
    if stated is None:
        return [(source, source.amount) for source in link.sources]
    left = {line.line_id: amount for line, amount in zip(link.lines, stated, strict=False)}
    divided = []
    for source in link.sources:
        amount = min(source.amount, left.get(source.line_id, 0))
        left[source.line_id] = left.get(source.line_id, 0) - amount
        divided.append((source, amount))
    return divided


def delivered(link: Link, sources: Sequence[Source], need_version: int, unheld: Mapping[str, int] = {}) -> Link:
    """Return the ended link with the delivered amounts of `sources` and no other reservation.

    `unheld` is by line the amount that the station states beyond that: the shortfall.
    """
    short = tuple(unheld.get(line.line_id, 0) for line in link.lines) if unheld else ()
    by_line = sum_by_line(sources)
    lines = tuple(
        line.model_copy(update=dict.fromkeys(("committed", "fulfilled"), by_line.get(line.line_id, 0)))
        for line in link.lines
    )
    return link.model_copy(
        update={
            "lines": lines,
            "sources": tuple(sources),
            "state": "delivered",
            "need_version": need_version,
            "short": short,
        }
    )


def restored(link: Link, sources: Sequence[Source], need_version: int) -> Link:
    """Return the link with its delivery taken back: `sources` hold the delivered amounts, the rest is missing."""
    lines = tuple(line.model_copy(update={"fulfilled": 0}) for line in link.lines)
    return link.model_copy(
        update={
            "lines": lines,
            "sources": tuple(sources),
            "state": derive_state(lines),
            "need_version": need_version,
            "short": (),
        }
    )


def is_older(need: NeedSnapshot, link: Link) -> bool:
    """Return whether the event is not newer than the one that decided the state of the link."""
    return need.version <= link.need_version


def is_as_stated(link: Link, stated: Sequence[int] | None) -> bool:
    """Return whether the link's deliveries and shortfalls together are the amounts that a confirmation states.

    A `stated` of None stands for all committed amounts.
    """
    short = link.short or (0,) * len(link.lines)
    got = [line.fulfilled + lacks for line, lacks in zip(link.lines, short, strict=True)]
    return link.state == "delivered" and (stated is None or got == [*stated])


def released(link: Link, need_version: int) -> Link:
    """Return the link without reservations; it has ended. The voided transfers keep the record of them."""
    lines = tuple(line.model_copy(update={"committed": 0}) for line in link.lines)
    return link.model_copy(update={"lines": lines, "sources": (), "state": "released", "need_version": need_version})


def sum_by_line(sources: Iterable[Source]) -> dict[str, int]:
    """Return the amount that the reservations hold for each line."""
    by_line: dict[str, int] = {}
    for source in sources:
        by_line[source.line_id] = by_line.get(source.line_id, 0) + source.amount
    return by_line


def derive_state(lines: Sequence[LinkLine]) -> LinkState:
    """Return the state of a link that is open, with these lines."""
    if not any(line.missing for line in lines):
        return "committed"
    return "partial" if any(line.committed for line in lines) else "waiting"
