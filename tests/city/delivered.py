"""The law of deliveries: the amount that a station states as delivered is posted or named as a shortfall, exactly."""

from collections import Counter
from collections.abc import Iterator, Mapping

from tests.city.store import Document
from tests.city.world import World


def find_wrong_deliveries(world: World) -> Iterator[str]:
    """Return the links that hold or gave more than they may, or other amounts than their stations state."""
    needs, moved = world.rows("stations", "needs"), _posted(world)
    shortfalls = world.rows("charity", "shortfalls")
    for link in world.rows("charity", "links").values():
        yield from _within_bounds(link)
        given: Counter[tuple[str, str]] = Counter()
        for line in link["lines"]:
            given[link["_id"], line["commodity"]] += line.get("fulfilled", 0)
        for key, amount in given.items():
            if moved.pop(key, 0) != amount:
                yield f"need {key[0]} got {amount} of {key[1]}, and other amounts are posted for it"
        need = needs.get(link["_id"], {})
        # Of a need that asks for no goods any more charity has nothing to deliver.
        stated = need.get("delivered") if need.get("confirmed_at") and need.get("lines") else None
        short = link.get("short") or [0] * len(link["lines"])
        got = [line.get("fulfilled", 0) + lacks for line, lacks in zip(link["lines"], short, strict=True)]
        if stated is not None and (link["state"] != "delivered" or got != [*stated]):
            yield f"need {link['_id']} got {[*stated]} as its station states, and {got} as charity has it or owes it"
        yield from _unnamed(link["_id"], short, shortfalls)
    yield from (f"{amount} of {what} are posted for {need}, which got none" for (need, what), amount in moved.items())


def _within_bounds(link: Document) -> Iterator[str]:
    held: Counter[str] = Counter()
    for source in link["sources"]:
        held[source["line_id"]] += source["amount"]
    for line in link["lines"]:
        requested, committed, fulfilled = line["requested"], line.get("committed", 0), line.get("fulfilled", 0)
        if not requested >= committed >= fulfilled >= 0:
            yield f"need {link['_id']} asked for {requested}, holds {committed} and got {fulfilled}"
        if held[line["line_id"]] != committed:
            yield f"need {link['_id']} holds {committed}, and its sources have {held[line['line_id']]}"


def _unnamed(need: str, short: list[int], shortfalls: Mapping[str, Document]) -> Iterator[str]:
    for nth, lacks in enumerate(short):
        named = shortfalls.get(f"short.{need}.{nth}", {}).get("missing", 0)
        if named != lacks:
            yield f"need {need} is short of {lacks}, and its shortfall names {named}"


def _posted(world: World) -> Counter[tuple[str, str]]:
    """Return the amounts moved for each need and not reversed, by need and commodity."""
    found: Counter[tuple[str, str]] = Counter()
    for row in world.rows("charity", "transfers").values():
        if row["state"] == "posted" and row["credit_account"].startswith("used:"):
            found[row["cause"], row["commodity"]] += row["amount"]
        elif row["state"] == "posted" and row["debit_account"].startswith("used:"):
            found[row["cause"], row["commodity"]] -= row["amount"]
    return +found
