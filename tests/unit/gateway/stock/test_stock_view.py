"""Supply accounts, from each event that brings them."""

from gateway_events import ProjectorInMemory, donated, linked

from services.gateway.features.stock.answer import Commodity
from services.gateway.features.stock.view import StockView


def test_stock_shows_the_newest_balance_whichever_event_brought_it() -> None:
    projector = ProjectorInMemory().project(linked(1, 10), donated())
    stock = projector.view(StockView, "acc")
    assert (stock.seen, stock.balance, stock.reserved) == (2, 40, 10)


def test_a_commodity_is_shown_in_its_parts() -> None:
    assert Commodity.parse("CNY") == ("money", None)
    assert Commodity.parse("goods:quilt") == ("goods", "quilt")
    assert Commodity.parse("service:legal_aid") == ("service", "legal_aid")
