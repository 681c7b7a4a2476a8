"""The guard of a commodity in a city, which makes two replicas conflict that would otherwise miss each other."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from services.charity.stock.storage import search_key
from shared.contracts.areas import city_of
from shared.engine import Entity, Get, Load, UnitOfWork


class Guard(Entity):
    """One for each commodity and city, put by every step that adds supply and by every need that goes waiting.

    Two replicas may decide at the same moment without seeing each other's inserts: one takes a donation and finds
    no need waiting, the other finds no supply and lets its need wait. Both put this entity, so that the version
    check lets only one of them through; the other decides again and then sees everything. For that, a handler
    loads the guard in an earlier round than the supply and the waiting list that it decides on: a guard loaded
    with them or later could already hold the version of a step whose inserts the search did not see.

    The timer at `recheck_at` (UTC) finds the cases that remain: a need that goes waiting while more supply lies beyond
    the bounded search, and supply that another message of the batch had loaded before the guard.
    """

    collection: ClassVar[str] = "guards"

    recheck_at: datetime | None = None


def guard_id(commodity: str, area: str) -> str:
    """Return the id of the guard of the commodity in the area's city."""
    return search_key(commodity, city_of(area))


def guard_loads(commodities: Iterable[str], area: str) -> list[Load]:
    """Return the loads of the guards; yield them in an earlier round than supply and waiting list, see Guard."""
    return [Get(Guard, guard_id(commodity, area)) for commodity in dict.fromkeys(commodities)]


def get_guard(work: UnitOfWork, commodity: str, area: str) -> Guard:
    """Return the guard as it stands, a new one where there is none.

    Put it, also unchanged: its version rises, and a replica that decides on the same at the same moment conflicts.
    """
    key = guard_id(commodity, area)
    return work.get(Guard, key) or Guard(id=key)
