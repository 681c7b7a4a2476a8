"""The money that a link has delivered, stated to payments: line by line, as often as the delivery is stated."""

from collections.abc import Generator, Sequence

from services.charity.linking.domain.link import Link
from services.charity.payments.storing import UsedLine, record_used, used_loads
from services.charity.stock.domain import MONEY
from shared.contracts.charity.payments import FundPart
from shared.engine import Load, UnitOfWork


def record_money_used(
    work: UnitOfWork, before: Link | None, after: Link
) -> Generator[Sequence[Load], UnitOfWork, None]:
    """Record the amount used of each money line that has, or had, a delivered part, for its payment."""
    if lines := [_used(after, nth) for nth in _money_lines(before, after)]:
        yield used_loads(after.id, lines)
        record_used(work, after.id, after.station_id, after.area, lines)


def _money_lines(*links: Link | None) -> list[int]:
    used = {
        nth
        for link in links
        if link is not None
        for nth, line in enumerate(link.lines)
        if line.commodity == MONEY and line.fulfilled
    }
    return sorted(used)


def _used(link: Link, nth: int) -> UsedLine:
    line = link.lines[nth]
    parts: dict[str, int] = {}
    for source in link.sources if line.fulfilled else ():
        if source.line_id == line.line_id:
            parts[source.account_id] = parts.get(source.account_id, 0) + source.amount
    funds = tuple(FundPart(account_id=account, amount_fen=amount) for account, amount in parts.items())
    return UsedLine(nth, line.line_id, funds)
