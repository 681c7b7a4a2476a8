"""L3: value is conserved. The books balance; every reservation has its link and every minted hour its service."""

from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter

from deploy.lianshan.laws.payments_balance import payments_balance
from deploy.lianshan.laws.streams import MAX_BREACHES, STREAM, find_sorted, walk_side_by_side
from deploy.lianshan.stores import Document, Stores
from shared.contracts.reasons import Reason, reason
from shared.ledger.checks import database_violations

MOST_AMOUNTS = 20
_OPEN = ("waiting", "partial", "committed")
"""States in which a link holds its sources reserved."""
_CREDITS = ["service_confirmed", "hours_adjusted"]
"""The reasons of transfers that credit a service."""


def value_is_conserved(stores: Stores) -> Iterator[Reason]:
    """Yield the breaches of L3, at most MAX_BREACHES of each rule."""
    for service in ("charity", "volunteering"):
        yield from database_violations(stores.of(service), MAX_BREACHES, service)
    yield from islice(find_stray_reservations(stores), MAX_BREACHES)
    yield from islice(find_wrong_credits(stores), MAX_BREACHES)
    yield from payments_balance(stores)


def find_stray_reservations(stores: Stores) -> Iterator[Reason]:
    """Yield the reservations that no open link holds, and the open links whose reservation is gone."""
    pending = find_sorted(stores.collection("charity", "transfers"), {"amount": 1}, {"state": "pending"})
    for transfer_id, (transfer, source) in walk_side_by_side(pending, _find_promised(stores)):
        if source is None and transfer is not None:
            yield reason("reservation_without_need", transfer=transfer_id, amount=transfer["amount"])
        elif transfer is None and source is not None:
            yield reason("need_without_reservation", need=source["need"], transfer=transfer_id)


def _find_promised(stores: Stores) -> Iterator[Document]:
    """Yield the reservations that open links count on, sorted by the id of the transfer."""
    pipeline: list[Document] = [
        {"$match": {"state": {"$in": _OPEN}}},
        {"$unwind": "$sources"},
        {"$project": {"_id": "$sources.transfer_id", "need": "$_id"}},
        {"$sort": {"_id": 1}},
    ]
    return stores.collection("charity", "links").aggregate(pipeline, allowDiskUse=True, batchSize=STREAM)


def find_wrong_credits(stores: Stores) -> Iterator[Reason]:
    """Yield the dispatches whose minutes, with their shortfall, are not credited exactly once."""
    for dispatch_id, (minted, served) in walk_side_by_side(_find_minted(stores), _find_credited(stores)):
        amounts = [] if minted is None else minted["amounts"]
        credited = "+".join(map(str, amounts[:MOST_AMOUNTS])) or "0"
        earned = 0 if served is None else _sum_up(served)
        if served is None:
            yield reason("minutes_without_service", dispatch=dispatch_id, credited=credited)
        # A service of no minutes mints nothing: an empty transfer would be no transfer.
        elif amounts != [earned] * bool(earned):
            yield reason("minutes_wrongly_credited", dispatch=dispatch_id, earned=earned, credited=credited)


def _find_minted(stores: Stores) -> Iterator[Document]:
    """Yield for each dispatch the amounts that were minted for it and not reversed, sorted by dispatch."""
    credited = {"reason": {"$in": _CREDITS}, "state": "posted"}
    pipeline: list[Document] = [
        {"$match": {"$or": [credited, {"reverses": {"$type": "string"}}]}},
        {"$project": {"cause": 1, "amount": 1, "reverses": 1}},
        {"$sort": {"cause": 1}},
    ]
    rows = stores.collection("volunteering", "transfers").aggregate(pipeline, allowDiskUse=True, batchSize=STREAM)
    for dispatch_id, same in groupby(rows, key=itemgetter("cause")):
        entries = list(same)
        gone = {row.get("reverses") for row in entries}
        standing = [row["amount"] for row in entries if row.get("reverses") is None and row["_id"] not in gone]
        yield {"_id": dispatch_id, "amounts": standing}


def _find_credited(stores: Stores) -> Iterator[Document]:
    """Yield the minutes that each credited dispatch has earned, sorted by dispatch."""
    pipeline: list[Document] = [
        {"$project": {"dispatches.id": 1, "dispatches.minutes": 1, "dispatches.state": 1, "short": 1}},
        {"$unwind": "$dispatches"},
        {"$match": {"dispatches.state": "credited"}},
        {"$project": {"_id": "$dispatches.id", "minutes": "$dispatches.minutes", "short": 1}},
        {"$sort": {"_id": 1}},
    ]
    return stores.collection("volunteering", "staffings").aggregate(pipeline, allowDiskUse=True, batchSize=STREAM)


def _sum_up(served: Document) -> int:
    """Return the minutes of a dispatch and its shortfall, which was spent before an adjustment."""
    short = sum(minutes for dispatch_id, minutes in served.get("short", ()) if dispatch_id == served["_id"])
    minutes: int = served["minutes"] + short
    return minutes
