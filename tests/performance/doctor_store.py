"""Fills a MongoDB with a platform of very many needs, in the shape that the services store, without running them.

`python -m tests.performance.doctor_store MONGO_URI PREFIX [NEEDS]`, then `lianshan doctor` with the same servers.
The server builds the documents itself, so that a million needs with all that belongs to them take minutes.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import MongoClient

Document = dict[str, Any]

SIDE = 1000
VOLUNTEERS = 100_000
STOCKS = 5_000
EVENTS = 4
NOW = datetime.now(UTC).replace(microsecond=0)
DUE = NOW + timedelta(days=90)
WORDS = "the nearest who is free at that time and has the skill, 740 m away, on a Tuesday morning"
AREA, GOODS = "110102009017", "goods:quilt"


def text(*parts: Any) -> Document:
    return {"$concat": [part if isinstance(part, str) and part[0] != "$" else {"$toString": part} for part in parts]}


def when(condition: Any, then: Any, otherwise: Any) -> Document:
    return {"$cond": [condition, then, otherwise]}


ENDS_IN = {"$mod": ["$i", 10]}
NEED = text("need_", {"$add": [10**9, "$i"]})
VOLUNTEER = text("vol_", {"$mod": ["$i", VOLUNTEERS]})
STOCK = text("stock_", {"$mod": ["$i", STOCKS]})
DISPATCH = text("dsp_need_", {"$add": [10**9, "$i"]}, ".1")
WAITS, SERVED = {"$eq": [ENDS_IN, 0]}, {"$lt": [ENDS_IN, 4]}
DONE = {"$and": [SERVED, {"$not": [WAITS]}]}
STARTS = {"$add": [DUE, {"$multiply": [{"$floor": {"$divide": ["$i", VOLUNTEERS]}}, 86_400_000]}]}
STATE = when(WAITS, "published", when(SERVED, "evaluated", "ready"))
LINE = {"id": "l1", "kind": "goods", "item": "quilt", "unit": "piece", "requested": 12}
WAITING = [
    {
        "for_what": {"code": "for_volunteers", "args": {}},
        "reason": {"code": "people_missing", "args": {"found": 0, "headcount": 1, "asked": 3}},
        "next_step": {"code": "searched_again", "args": {"minutes": 60}},
    }
]


def need() -> Document:
    told = {"station_id": text("station_", {"$mod": ["$i", 2000]}), "area": AREA, "theme": "health", "urgency": "high"}
    numbers = {"severity": 3, "score": 61, "beneficiaries": 12, "version": 4, "announced": 2, "link_version": 1}
    return {
        "_id": NEED, **told, **{k: {"$literal": v} for k, v in numbers.items()}, "due": DUE, "registered_at": NOW,
        "lines": [{"$literal": LINE}], "volunteers": {"headcount": {"$literal": 1}, "skills": ["delivery"]},
        "state": STATE, "committed": [{"$literal": 12}], "link_waiting": [], "published_at": NOW,
        "staffing_version": {"$literal": 1}, "staffing_waiting": when(WAITS, {"$literal": WAITING}, []),
        "timeline": [["draft", NOW], ["published", NOW], ["ready", NOW]],
        "score_parts": {"severity": {"$literal": 30}, "urgency": {"$literal": 20}, "waiting": {"$literal": 11}},
    }  # fmt: skip


def link() -> Document:
    source = {"line_id": "l1", "account_id": STOCK, "transfer_id": text("t_", "$i"), "ring": "community"}
    line = {"line_id": "l1", "commodity": GOODS, "requested": 12, "committed": 12, "fulfilled": 0}
    return {
        "_id": NEED, "version": {"$literal": 1}, "state": when(DONE, "delivered", "committed"),
        "area": AREA, "priority": {"$literal": 61}, "published_at": NOW, "lines": [{"$literal": line}],
        "sources": [{**source, "amount": {"$literal": 12}}],
        "tried": [{"ring": "station", "gave": {"$literal": 0}, "reason": WORDS}],
    }  # fmt: skip


def staffing() -> Document:
    minutes = when(SERVED, {"$literal": 90}, {"$literal": 0})
    row = {
        "id": DISPATCH, "version": {"$literal": 2}, "volunteer_id": VOLUNTEER, "minutes": minutes, "why": WORDS,
        "state": when(SERVED, "credited", "accepted"), "ring": "community", "wave": {"$literal": 1}, "expires_at": NOW,
    }  # fmt: skip
    return {
        "_id": NEED, "version": {"$literal": 1}, "area": AREA, "headcount": {"$literal": 1}, "starts_at": STARTS,
        "ends_at": {"$add": [STARTS, 7_200_000]}, "score": {"$literal": 61}, "tags": ["delivery"],
        "dispatches": when(WAITS, [], [row]), "state": when(WAITS, "waiting", "staffed"), "watch_at": DUE,
        "tried": [{"ring": "community", "gave": {"$literal": 1}, "reason": WORDS}],
    }  # fmt: skip


def view() -> Document:
    story = {"at": NOW, "happened": "stations.need.published", "reason": WORDS, "by": "stations"}
    return {
        "_id": NEED, "version": {"$literal": 4}, "seen": {"$literal": 2}, "link_seen": {"$literal": 1},
        "staffing_seen": {"$literal": 1}, "state": STATE, "area": AREA, "urgency": "high", "waiting": WAITS,
        "need": {"lines": [{"$literal": LINE}], "theme": "health", "due": DUE}, "timeline": [story] * 4,
        "link": {"sources": [{"account_id": STOCK, "why": WORDS}]}, "staffing": {"dispatches": [{"why": WORDS}]},
    }  # fmt: skip


def event() -> Document:
    nth = {"$mod": ["$i", EVENTS]}
    subject = text("need_", {"$add": [10**9, {"$toLong": {"$floor": {"$divide": ["$i", EVENTS]}}}]})
    kinds = {"$arrayElemAt": [["stations/need", "charity/link", "volunteering/staffing", "stations/need"], nth]}
    version = when({"$eq": [nth, 3]}, "2", "1")
    cursor = {"$add": ["$i", 1]}
    body = text(
        '{"specversion":"1.0","id":"', subject, ".", version, '.0","source":"/', kinds, '","type":"stations.need.x",'
        '"subject":"', subject, f'","time":"{NOW.isoformat()}","sequence":"000000000', version, '","correlationid":"c",'
        f'"causationid":"c","traceparent":"","area":"{AREA}","data":{{"why":"{WORDS * 8}"}}}}',
    )  # fmt: skip
    padded = {"$substrBytes": [text("0000000000000000", cursor), {"$strLenBytes": {"$toString": cursor}}, 16]}
    return {"_id": padded, "version": {"$literal": 0}, "cursor": cursor, "type": "x", "area": AREA, "event": body}


def reservation() -> Document:
    return {
        "_id": text("t_", "$i"), "version": {"$literal": 1}, "debit_account": STOCK, "credit_account": "used",
        "commodity": GOODS, "amount": {"$literal": 12}, "state": when(DONE, "posted", "pending"), "reason": "linked",
        "cause": NEED, "at": NOW, "reverses": None,
    }  # fmt: skip


def minutes() -> Document:
    return {
        "_id": text("m_", "$i"), "version": {"$literal": 1}, "debit_account": "mint", "credit_account": VOLUNTEER,
        "commodity": "minutes", "amount": {"$literal": 90}, "state": "posted", "reason": "service_confirmed",
        "cause": DISPATCH, "at": NOW, "reverses": None,
    }  # fmt: skip


def inbox() -> Document:
    keys = {"$map": {"input": {"$range": [0, 40]}, "as": "n", "in": text("k", "$i", ".", "$$n")}}
    return {"keys": keys, "answers": [], "at": NOW}


def made(count: int, document: Document, *more: Document) -> list[Document]:
    """One document for each number `i` below `count`."""
    rounds = {"$range": [0, -(-count // SIDE)]}
    return [
        {"$documents": [{}]}, {"$project": {"a": rounds}}, {"$unwind": "$a"},
        {"$set": {"b": {"$range": [0, SIDE]}}}, {"$unwind": "$b"},
        {"$set": {"i": {"$add": [{"$multiply": ["$a", SIDE]}, "$b"]}}}, {"$match": {"i": {"$lt": count}}}, *more,
        {"$replaceWith": document},
    ]  # fmt: skip


def parts(needs: int) -> Iterator[tuple[str, str, list[Document]]]:
    """Each collection with the function that makes it."""
    yield "stations", "needs", made(needs, need())
    yield "charity", "links", made(needs, link())
    yield "charity", "transfers", made(needs, reservation())
    yield "volunteering", "staffings", made(needs, staffing())
    yield "volunteering", "transfers", made(needs, minutes(), {"$match": {"$expr": DONE}})
    yield "gateway", "needs", made(needs, view())
    yield "gateway", "feed", made(needs * EVENTS, event())
    yield "stations", "timers", made(needs, {"_id": text("due:", NEED), "due": DUE, "type": "x"})
    for service in ("stations", "charity", "volunteering", "gateway"):
        yield service, "inbox", made(needs // 20, inbox())


def fill(client: "MongoClient[Document]", prefix: str, needs: int) -> None:
    """All of it, with books that balance."""
    for service, collection, pipeline in parts(needs):
        database = client[f"{prefix}{service}"]
        database.aggregate([*pipeline, {"$out": collection}])
        print(f"{service}.{collection}", flush=True)
    for service in ("stations", "charity", "volunteering", "gateway"):
        client[f"{prefix}{service}"]["inbox"].create_index("keys", unique=True, name="keys")
    client[f"{prefix}gateway"]["feed_head"].replace_one({"_id": "feed"}, {"last": needs * EVENTS}, upsert=True)
    for service, forbids in (("charity", "stock_"), ("volunteering", "vol_")):
        _accounts(client[f"{prefix}{service}"], forbids)
    _bookings(client[f"{prefix}volunteering"])


def _accounts(database: Any, forbids: str) -> None:
    """The accounts that follow from the transfers; stocks first get the amount that is drawn from them later."""
    given = [
        {"$match": {"debit_account": {"$regex": f"^{forbids}"}}},
        {"$group": {"_id": "$debit_account", "amount": {"$sum": "$amount"}, "commodity": {"$first": "$commodity"}}},
        {"$project": {"_id": {"$concat": ["g_", "$_id"]}, "debit_account": "given", "credit_account": "$_id",
                      "amount": 1, "commodity": 1, "state": "posted", "reason": "donated", "cause": "x"}},
        {"$merge": "transfers"},
    ]  # fmt: skip
    database["transfers"].aggregate(given, allowDiskUse=True)
    sums = {
        f"{side}_{state}": {"$sum": when({"$eq": ["$side", f"{side}_{state}"]}, "$amount", 0)}
        for side in ("debits", "credits")
        for state in ("pending", "posted")
    }
    each = [
        {"account": f"${account}_account", "side": {"$concat": [f"{account}s_", "$state"]}}
        for account in ("debit", "credit")
    ]
    sides = [
        {"$project": {"sides": each, "amount": 1, "commodity": 1}},
        {"$unwind": "$sides"},
        {"$project": {"account": "$sides.account", "side": "$sides.side", "amount": 1, "commodity": 1}},
        {"$group": {"_id": "$account", "commodity": {"$first": "$commodity"}, **sums}},
        {"$set": {"forbids_overdraft": {"$regexMatch": {"input": "$_id", "regex": f"^{forbids}"}}}},
        {"$out": "accounts"},
    ]
    database["transfers"].aggregate(sides, allowDiskUse=True)


def _bookings(database: Any) -> None:
    kept = [
        {"$unwind": "$dispatches"},
        {
            "$group": {
                "_id": "$dispatches.volunteer_id",
                "bookings": {"$push": {"$concatArrays": [["$dispatches.id", 0, 1]]}},
            }
        },
        {"$out": "volunteers"},
    ]
    database["staffings"].aggregate(kept, allowDiskUse=True)


if __name__ == "__main__":
    with MongoClient[Document](sys.argv[1]) as opened:
        fill(opened, sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000)
