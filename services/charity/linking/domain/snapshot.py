"""A link as the world sees it: in events and in answers, with the reasons why it waits."""

from collections.abc import Sequence
from typing import TypeVar

from services.charity.linking.domain.link import MAX_SOURCES, Link
from shared.contracts.charity.linking import LinkAnswer, LinkLineAnswer, LinkSnapshot
from shared.contracts.charity.stock import StockView
from shared.contracts.need_parts import Amount, Waiting

SnapshotT = TypeVar("SnapshotT", bound=LinkSnapshot)


def build_snapshot(kind: type[SnapshotT], link: Link, stock: Sequence[StockView]) -> SnapshotT:
    """Return the event `kind` about the link as just put, with the supply accounts that the step changed."""
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
        waiting=explain_waiting(link),
        stock=tuple(stock),
    )


def describe_link(link: Link) -> LinkAnswer:
    """Return the link as queries answer it."""
    return LinkAnswer(
        need_id=link.id,
        version=link.version,
        station_id=link.station_id,
        area=link.area,
        state=link.state,
        priority=link.priority,
        published_at=link.published_at,
        need_version=link.need_version,
        lines=tuple(LinkLineAnswer.model_validate(line, from_attributes=True) for line in link.lines),
        sources=link.sources,
        tried=link.tried,
        waiting=explain_waiting(link),
    )


def explain_waiting(link: Link) -> tuple[Waiting, ...]:
    """Return for each commodity that the link waits for the amount, the reason and the next step (L1)."""
    if link.room:
        reason = "only a part was left within the city" if link.sources else "nothing is left of it within the city"
        step = "the next donation or release of it in the city serves the waiting needs by priority"
    else:
        reason = f"it draws on {MAX_SOURCES} accounts already, the most a need may"
        step = "bring the goods together at one station, or split the need"
    return tuple(
        Waiting(for_what=f"{missing} of {commodity}", reason=reason, next_step=step)
        for commodity, missing in link.missing.items()
    )
