"""The decision of a station about its stock of an item, and the answer that shows it. Pure."""

from datetime import datetime

from services.charity.stock.domain import Supply
from shared.contracts.charity.stock import ShareStock, StockAnswer


def shared(supply: Supply, asked: ShareStock, now: datetime) -> Supply:
    """Return the stock as the station shares it from `now` (UTC) on. Existing reservations stay."""
    return supply.model_copy(update={"sharing": asked.sharing, "reserve": asked.reserve, "shared_at": now})


def to_answer(supply: Supply) -> StockAnswer:
    """Return the stock as the command answers it."""
    return StockAnswer(
        id=supply.id,
        version=supply.version,
        station_id=supply.holder,
        area=supply.area,
        commodity=supply.commodity,
        balance=supply.balance,
        reserved=supply.debits_pending,
        sharing=supply.sharing,
        reserve=supply.reserve,
    )
