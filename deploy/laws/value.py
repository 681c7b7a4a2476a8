"""L3: value is conserved. The books balance, and what they reserve or mint is what was promised or served."""

from collections.abc import Iterator
from itertools import islice

from deploy.laws.stores import MOST, Document, Stores
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
    promised: dict[str, str] = {}
    for link in stores.collection("charity", "links").find({"state": {"$in": _OPEN}}, {"sources": 1}):
        promised.update((source["transfer_id"], link["_id"]) for source in link.get("sources", ()))
    for transfer in stores.collection("charity", "transfers").find({"state": "pending"}, {"amount": 1}):
        if promised.pop(transfer["_id"], None) is None:
            yield f"charity: {transfer['amount']} stay reserved by {transfer['_id']}, and no open need holds it"
    for transfer_id, need_id in promised.items():
        yield f"charity: need {need_id} counts on {transfer_id}, which is not reserved"


def wrong_credits(stores: Stores) -> Iterator[str]:
    """Served minutes that were not minted exactly once."""
    minted: dict[str, list[int]] = {}
    rule = {"reason": "service_confirmed", "state": "posted"}
    for transfer in stores.collection("volunteering", "transfers").find(rule, {"cause": 1, "amount": 1}):
        minted.setdefault(transfer["cause"], []).append(transfer["amount"])
    for row in _credited(stores):
        amounts = minted.pop(row["id"], [])
        if amounts != [row["minutes"]] * bool(row["minutes"]):
            yield f"volunteering: dispatch {row['id']} has earned {row['minutes']} minutes and was credited {amounts}"
    for dispatch_id, amounts in minted.items():
        yield f"volunteering: {amounts} minutes were credited for {dispatch_id}, which has earned none"


def _credited(stores: Stores) -> Iterator[Document]:
    pipeline: list[Document] = [
        {"$project": {"dispatches.id": 1, "dispatches.minutes": 1, "dispatches.state": 1}},
        {"$unwind": "$dispatches"},
        {"$match": {"dispatches.state": "credited"}},
        {"$replaceRoot": {"newRoot": "$dispatches"}},
    ]
    yield from stores.collection("volunteering", "staffings").aggregate(pipeline, allowDiskUse=True)
