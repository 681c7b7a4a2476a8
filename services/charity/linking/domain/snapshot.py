"""A link in events and answers, with the reasons for its waiting."""

from collections.abc import Sequence
from typing import TypeVar

from services.charity.linking.domain.link import MAX_SOURCES, Link
from services.charity.stock.domain import MONEY
from shared.contracts.charity.linking import LinkAnswer, LinkLineAnswer, LinkSnapshot
from shared.contracts.charity.stock import StockView
from shared.contracts.need_parts import Amount, Waiting
from shared.contracts.reasons import reason

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
        waiting_since=link.waiting_since,
        need_version=link.need_version,
        lines=tuple(LinkLineAnswer.model_validate(line, from_attributes=True) for line in link.lines),
        sources=link.sources,
        tried=link.tried,
        waiting=explain_waiting(link),
    )


def explain_waiting(link: Link) -> tuple[Waiting, ...]:
    """Return for each commodity that the link waits for the amount, the reason and the next step (L1).

    For a delivered link the amounts are its shortfalls.
    """
    # The release before leaves `short` as it was where it takes a delivery back.
    if link.short and link.state == "delivered":
        return tuple(_explain_short(link.lines[nth].commodity, lacks) for nth, lacks in enumerate(link.short) if lacks)
    return tuple(_explain(link, commodity, missing) for commodity, missing in link.missing.items())


def _explain_short(commodity: str, missing: int) -> Waiting:
    what = reason("for_commodity", missing=missing, commodity=commodity)
    step = reason("make_up_shortfall", missing=missing, commodity=commodity)
    return Waiting(for_what=what, reason=reason("delivered_beyond_supply"), next_step=step)


def _explain(link: Link, commodity: str, missing: int) -> Waiting:
    if not link.room:
        because, step = reason("accounts_used_up", most=MAX_SOURCES), reason("bring_together_or_split")
    elif commodity == MONEY:
        because = reason("part_left_in_funds") if link.sources else reason("nothing_left_in_funds")
        step = reason("next_fund_gift_or_release")
    else:
        because = reason("part_left_in_city") if link.sources else reason("nothing_left_in_city")
        step = reason("next_gift_or_release")
    what = reason("for_commodity", missing=missing, commodity=commodity)
    return Waiting(for_what=what, reason=because, next_step=step)
