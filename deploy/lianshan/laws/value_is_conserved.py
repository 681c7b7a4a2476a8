"""L3: value is conserved. The books balance; every reservation has its link and every minted hour its service."""

from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter

from deploy.lianshan.laws.streams import MAX_BREACHES, STREAM, find_sorted, walk_side_by_side
from deploy.lianshan.stores import Document, Stores
from shared.contracts.reasons import Reason, reason
from shared.ledger.checks import database_violations

MOST_AMOUNTS = 20
_OPEN = ("waiting", "partial", "committed")
"""States in which a link holds its sources reserved."""


def value_is_conserved(stores: Stores) -> Iterator[Reason]:
    """Yield the breaches of L3, at most MAX_BREACHES of each rule."""
    for service in ("charity", "volunteering"):
        yield from database_violations(stores.of(service), MAX_BREACHES, service)
    yield from islice(find_stray_reservations(stores), MAX_BREACHES)
    yield from islice(find_wrong_credits(stores), MAX_BREACHES)


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
    """Yield the dispatches whose served minutes were not minted exactly once."""
    for dispatch_id, (minted, served) in walk_side_by_side(_find_minted(stores), _find_credited(stores)):
        amounts = [] if minted is None else minted["amounts"]
        credited = "+".join(map(str, amounts[:MOST_AMOUNTS])) or "0"
        if served is None:
            yield reason("minutes_without_service", dispatch=dispatch_id, credited=credited)
        # A service of no minutes mints nothing: an empty transfer would be no transfer.
        elif amounts != [served["minutes"]] * bool(served["minutes"]):
            earned = served["minutes"]
            yield reason("minutes_wrongly_credited", dispatch=dispatch_id, earned=earned, credited=credited)


def _find_minted(stores: Stores) -> Iterator[Document]:
    """Yield for each dispatch the amounts that were minted for it, sorted by dispatch."""
    pipeline: list[Document] = [
        {"$match": {"reason": "service_confirmed", "state": "posted"}},
        {"$project": {"cause": 1, "amount": 1}},
        {"$sort": {"cause": 1}},
    ]
    rows = stores.collection("volunteering", "transfers").aggregate(pipeline, allowDiskUse=True, batchSize=STREAM)
    for dispatch_id, same in groupby(rows, key=itemgetter("cause")):
        yield {"_id": dispatch_id, "amounts": [row["amount"] for row in same]}


def _find_credited(stores: Stores) -> Iterator[Document]:
    """Yield the minutes that each credited dispatch has earned, sorted by dispatch."""
    pipeline: list[Document] = [
        {"$project": {"dispatches.id": 1, "dispatches.minutes": 1, "dispatches.state": 1}},
        {"$unwind": "$dispatches"},
        {"$match": {"dispatches.state": "credited"}},
        {"$project": {"_id": "$dispatches.id", "minutes": "$dispatches.minutes"}},
        {"$sort": {"_id": 1}},
    ]
    return stores.collection("volunteering", "staffings").aggregate(pipeline, allowDiskUse=True, batchSize=STREAM)
