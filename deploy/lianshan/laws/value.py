"""L3: value is conserved. The books balance, and what they reserve or mint is what was promised or served."""

from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter

from deploy.lianshan.laws.stores import MOST, STREAM, Document, Stores, side_by_side, sorted_by_id
from shared.ledger.checks import database_violations

_OPEN = ("waiting", "partial", "committed")
"""States in which a link holds its sources reserved."""


def value_is_conserved(stores: Stores) -> Iterator[str]:
    """Breaches of L3 in words."""
    for service in ("charity", "volunteering"):
        for words in database_violations(stores.of(service), MOST):
            yield f"{service}: {words}"
    yield from islice(stray_reservations(stores), MOST)
    yield from islice(wrong_credits(stores), MOST)


def stray_reservations(stores: Stores) -> Iterator[str]:
    """Reservations that no open link holds, and open links whose reservation is gone."""
    pending = sorted_by_id(stores.collection("charity", "transfers"), {"amount": 1}, {"state": "pending"})
    for transfer_id, (transfer, source) in side_by_side(pending, _promised(stores)):
        if source is None and transfer is not None:
            yield f"charity: {transfer['amount']} stay reserved by {transfer_id}, and no open need holds it"
        elif transfer is None and source is not None:
            yield f"charity: need {source['need']} counts on {transfer_id}, which is not reserved"


def _promised(stores: Stores) -> Iterator[Document]:
    pipeline: list[Document] = [
        {"$match": {"state": {"$in": _OPEN}}},
        {"$unwind": "$sources"},
        {"$project": {"_id": "$sources.transfer_id", "need": "$_id"}},
        {"$sort": {"_id": 1}},
    ]
    return stores.collection("charity", "links").aggregate(pipeline, allowDiskUse=True, batchSize=STREAM)


def wrong_credits(stores: Stores) -> Iterator[str]:
    """Served minutes that were not minted exactly once."""
    for dispatch_id, (minted, served) in side_by_side(_minted(stores), _credited(stores)):
        amounts = [] if minted is None else minted["amounts"]
        if served is None:
            yield f"volunteering: {amounts} minutes were credited for {dispatch_id}, which has earned none"
        elif amounts != [served["minutes"]] * bool(served["minutes"]):
            words = f"has earned {served['minutes']} minutes and was credited {amounts}"
            yield f"volunteering: dispatch {dispatch_id} {words}"


def _minted(stores: Stores) -> Iterator[Document]:
    """For each dispatch the amounts that were minted for it."""
    pipeline: list[Document] = [
        {"$match": {"reason": "service_confirmed", "state": "posted"}},
        {"$project": {"cause": 1, "amount": 1}},
        {"$sort": {"cause": 1}},
    ]
    rows = stores.collection("volunteering", "transfers").aggregate(pipeline, allowDiskUse=True, batchSize=STREAM)
    for dispatch_id, same in groupby(rows, key=itemgetter("cause")):
        yield {"_id": dispatch_id, "amounts": [row["amount"] for row in same]}


def _credited(stores: Stores) -> Iterator[Document]:
    pipeline: list[Document] = [
        {"$project": {"dispatches.id": 1, "dispatches.minutes": 1, "dispatches.state": 1}},
        {"$unwind": "$dispatches"},
        {"$match": {"dispatches.state": "credited"}},
        {"$project": {"_id": "$dispatches.id", "minutes": "$dispatches.minutes"}},
        {"$sort": {"_id": 1}},
    ]
    return stores.collection("volunteering", "staffings").aggregate(pipeline, allowDiskUse=True, batchSize=STREAM)
