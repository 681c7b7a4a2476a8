"""Amounts that a station states as delivered beyond the reservations of its need, and their making up. Pure."""

from collections.abc import Sequence

from services.charity.linking.domain.link import Link
from shared.contracts.charity.linking import Source


def list_unheld(link: Link, stated: Sequence[int] | None) -> dict[str, int]:
    """Return by line the amount stated as delivered beyond the line's reservations, up to the line's request.

    The station may not have heard yet that a part was passed on to another need.
    """
    lines = zip(link.lines, stated or (), strict=False)
    unheld = {line.line_id: min(amount, line.requested) - line.committed for line, amount in lines}
    return {line_id: amount for line_id, amount in unheld.items() if amount > 0}


def made_up(link: Link, nth: int, sources: Sequence[Source]) -> Link:
    """Return the delivered link after these sources have made up a part of the shortfall of its `nth` line."""
    amount = sum(source.amount for source in sources)
    lines, short = list(link.lines), list(link.short)
    got = lines[nth].fulfilled + amount
    lines[nth] = lines[nth].model_copy(update={"committed": got, "fulfilled": got})
    short[nth] -= amount
    left = tuple(short) if any(short) else ()
    return link.model_copy(update={"lines": tuple(lines), "sources": (*link.sources, *sources), "short": left})
