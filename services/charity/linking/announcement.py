"""The event about each step of a link."""

from collections.abc import Mapping

from services.charity.linking.domain.link import Link
from services.charity.linking.domain.snapshot import SnapshotT, build_snapshot
from services.charity.stock.domain import Supply, describe_supply
from shared.engine import UnitOfWork

ChangedSupply = dict[str, Supply]
"""The supply accounts that a step changed, as they stand after it, by id."""


def announce_link(work: UnitOfWork, kind: type[SnapshotT], link: Link, changed: Mapping[str, Supply]) -> None:
    """Store the link and emit the event `kind` about it, with the supply accounts that the step changed."""
    put = work.put(link)
    stock = tuple(describe_supply(supply) for supply in changed.values())
    work.emit(build_snapshot(kind, put, stock), about=put, area=put.area)
