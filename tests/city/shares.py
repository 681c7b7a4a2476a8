"""The laws of shares: nobody waits beside supply that may serve them, and stock leaves as its station shares it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from services.charity.linking.domain.link import Link
from services.charity.stock.domain import Supply, usable

if TYPE_CHECKING:
    from tests.city.world import World

_OPEN: Final = ("waiting", "partial", "committed")
_PATIENCE_MS: Final = 5_000
"""A recheck finds changes that two decisions of one moment have missed of each other."""


def find_left_beside(world: "World") -> Iterator[str]:
    """Yield the needs that wait beside supply that they may draw on and can use."""
    supplies = [Supply.from_document(row) for row in _rows(world, "accounts") if row["kind"] in {"stock", "fund"}]
    now = world.time()
    looks = {key: row for key, row in world.rows("charity", "timers").items() if key.startswith("serve:")}
    for row in _rows(world, "links"):
        link = Link.from_document(row)
        if link.room <= 0 or any(f"serve:{wanted}" in looks and _is_soon(world, looks[f"serve:{wanted}"])
                                 for wanted in row.get("wants", ())):  # fmt: skip
            continue
        for line in link.lines if link.missing else ():
            free = sum(usable(s, link.station_id, link.area) for s in supplies if s.commodity == line.commodity)
            if line.missing and free and (line.is_useful(free) or link.holds_on(now)):
                yield f"need {link.id} waits for {line.missing} {line.commodity} beside {free}"
        if link.idle_lines and not link.ended and f"offer:{link.id}" not in world.rows("charity", "timers"):
            yield f"need {link.id} holds what it cannot use, and has no deadline for it"


def find_unshared(world: "World") -> Iterator[str]:
    """Yield the reservations of stock that its station does not share with the need, made since it decided so."""
    accounts = world.rows("charity", "accounts")
    transfers = world.rows("charity", "transfers")
    for row in _rows(world, "links"):
        if row["state"] not in _OPEN:
            continue
        for source in row["sources"]:
            supply = Supply.from_document(accounts[source["account_id"]])
            made = transfers[source["transfer_id"]]["at"]
            if supply.shared_at is None or made <= supply.shared_at or supply.holder == row["station_id"]:
                continue
            before = any(
                t["cause"] == row["_id"] and t["debit_account"] == supply.id and t["at"] <= supply.shared_at
                for t in transfers.values()
            )
            if not before and (supply.sharing == "own" or not row["area"].startswith(supply.within)):
                yield f"need {row['_id']} in {row['area']} draws on {supply.id}, shared with {supply.sharing}"


def _rows(world: "World", name: str) -> list[Any]:
    return list(world.rows("charity", name).values())


def _is_soon(world: "World", timer: Any) -> bool:
    return bool((timer["due"] - world.time()).total_seconds() * 1000 <= _PATIENCE_MS)
