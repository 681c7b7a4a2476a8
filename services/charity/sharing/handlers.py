"""The command by which a station shares its stock, and the waiting needs that it then serves."""

from typing import Final

from services.charity.linking.guard import get_guard, guard_loads
from services.charity.linking.storage import place_in
from services.charity.linking.waiting_list import serve_waiting_list, waiting_loads
from services.charity.sharing.domain import shared, to_answer
from services.charity.stock.domain import Supply, check_station_area, describe_supply, new_stock, stock_id
from services.charity.stock.succession import Succession, require_no_successor
from shared.catalogue import Owner, catalogue_with, load_words
from shared.contracts.catalogue.entries import Kind, commodity_of
from shared.contracts.catalogue.resolution import require_item
from shared.contracts.charity.stock import ShareStock, StockShared
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming
from shared.engine.decide.actor_references import Blinder, refer, reference_load


def share_stock(message: Incoming[ShareStock], vault: Blinder, catalogue_owner: Owner) -> Handling:
    """Set the area that a station's stock of an item serves, and the reserve that stays. Answers StockAnswer.

    A station may decide before it has any of the item. Raises Refused: "not_found" for an unknown station, "invalid"
    for a station in a whole province and for an unknown or retired item, "wrong_state" for one that has a successor.
    """
    asked = message.data
    labels: list[tuple[Kind, str]] = [("item", asked.item)]
    yield from load_words(labels, catalogue_owner)
    work = yield [Get(Succession, asked.station_id)]
    area = work.reach_found(asked.station_area, asked.station_area or "", "station", asked.station_id, "station_id")
    check_station_area(area)
    require_no_successor(work, asked.station_id, "station_id")
    item = require_item(catalogue_with(work, labels, catalogue_owner), asked.kind, asked.item, "item")
    commodity = commodity_of(asked.kind, item.code)
    # The guard in a round of its own: stock that reaches more needs than before is supply that arrives (see Guard).
    yield guard_loads([commodity], area)
    yield [
        Get(Supply, stock_id(asked.station_id, commodity)),
        reference_load(message.actor),
        *waiting_loads([place_in(commodity, area)], work.now),
    ]
    work = yield TURN
    before = work.get(Supply, stock_id(asked.station_id, commodity)) or new_stock(asked.station_id, area, commodity)
    supply = work.put(shared(before, asked, work.now))
    work.put(get_guard(work, commodity, area))
    event = StockShared(stock=(describe_supply(supply),), shared_by=refer(work, vault))
    work.emit(event, about=supply, area=area)
    yield from serve_waiting_list(work, [supply])
    return to_answer(supply)


HANDLERS: Final[HandlerTable] = {ShareStock: share_stock}
