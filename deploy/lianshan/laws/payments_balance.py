"""L3 of payments: of each money line paid plus owed is the amount used, and the accounts of each area have the same."""

from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter

from deploy.lianshan.laws.streams import MAX_BREACHES, STREAM, find_sorted, walk_side_by_side
from deploy.lianshan.stores import Document, Stores
from shared.contracts.reasons import Reason, reason

_MONEY = "CNY"


def payments_balance(stores: Stores) -> Iterator[Reason]:
    """Yield the payments that differ from the ledger or from the delivery, and the accounts that hold another sum.

    At most MAX_BREACHES of each.
    """
    for find in (_find_unlike_transfers, _find_unlike_deliveries, _find_unlike_accounts):
        yield from islice(find(stores), MAX_BREACHES)


def _find_unlike_transfers(stores: Stores) -> Iterator[Reason]:
    """Yield the payments whose paid amount does not stand in the ledger: posted, less all that was reversed."""
    payments = find_sorted(stores.collection("charity", "payments"), {"paid_fen": 1})
    for payment_id, (payment, moved) in walk_side_by_side(payments, _find_moved(stores)):
        paid = 0 if payment is None else payment["paid_fen"]
        posted = 0 if moved is None else moved["fen"]
        if paid != posted:
            yield reason("payment_unlike_transfers", payment=payment_id, paid=paid, posted=posted)


def _find_moved(stores: Stores) -> Iterator[Document]:
    """Yield for each payment the fen that were posted for it and not reversed, sorted by its id."""
    back = {"$multiply": ["$amount", -1]}
    pipeline: list[Document] = [
        {"$match": {"commodity": _MONEY, "cause": {"$regex": "^pay_"}, "state": "posted"}},
        {"$project": {"cause": 1, "fen": {"$cond": [{"$eq": ["$reason", "payment"]}, "$amount", back]}}},
        {"$group": {"_id": "$cause", "fen": {"$sum": "$fen"}}},
        {"$sort": {"_id": 1}},
    ]
    return stores.collection("charity", "transfers").aggregate(pipeline, allowDiskUse=True, batchSize=STREAM)


def _find_unlike_deliveries(stores: Stores) -> Iterator[Reason]:
    """Yield the payments that are for another amount than charity has delivered of the line.

    A line that was confirmed before there were payments has none.
    """
    by_need = {"need_id": 1, "line_id": 1, "used_fen": 1}
    rows = stores.collection("charity", "payments").find({}, by_need, batch_size=STREAM).sort("need_id", 1)
    payments = ({"_id": need, "payments": list(same)} for need, same in groupby(rows, key=itemgetter("need_id")))
    links = find_sorted(stores.collection("charity", "links"), {"lines": 1}, {"lines.commodity": _MONEY})
    for _, (paying, link) in walk_side_by_side(payments, links):
        got = {} if link is None else {line["line_id"]: line.get("fulfilled", 0) for line in link["lines"]}
        for row in () if paying is None else paying["payments"]:
            if row["used_fen"] != (delivered := got.get(row["line_id"], 0)):
                yield reason("payment_unlike_delivery", payment=row["_id"], used=row["used_fen"], delivered=delivered)


def _find_unlike_accounts(stores: Stores) -> Iterator[Reason]:
    """Yield the accounts of money used, and of money paid, that hold another sum than the needs of their area."""
    fields = {"credits_posted": 1, "debits_posted": 1}
    rule = {"commodity": _MONEY, "kind": {"$in": ["used", "paid"]}}
    accounts = find_sorted(stores.collection("charity", "accounts"), fields, rule)
    streams = (accounts, _sum_delivered(stores), _sum_paid(stores, "used", -1), _sum_paid(stores, "paid", 1))
    for account_id, (account, *sums) in walk_side_by_side(*streams):
        balance = 0 if account is None else account["credits_posted"] - account["debits_posted"]
        expected = sum(row["fen"] for row in sums if row is not None)
        if balance != expected:
            yield reason("account_unlike_payments", account=account_id, balance=balance, expected=expected)


def _sum_delivered(stores: Stores) -> Iterator[Document]:
    """Yield for each account of money used the fen that were delivered to the needs of its area."""
    pipeline: list[Document] = [
        {"$match": {"lines.commodity": _MONEY}},
        {"$unwind": "$lines"},
        {"$match": {"lines.commodity": _MONEY, "lines.fulfilled": {"$gt": 0}}},
        {"$group": {"_id": _account_of("used"), "fen": {"$sum": "$lines.fulfilled"}}},
        {"$sort": {"_id": 1}},
    ]
    return stores.collection("charity", "links").aggregate(pipeline, allowDiskUse=True, batchSize=STREAM)


def _sum_paid(stores: Stores, kind: str, sign: int) -> Iterator[Document]:
    """Yield for each account of that kind the fen that were paid in its area, times `sign`."""
    pipeline: list[Document] = [
        {"$group": {"_id": _account_of(kind), "fen": {"$sum": {"$multiply": ["$paid_fen", sign]}}}},
        {"$sort": {"_id": 1}},
    ]
    return stores.collection("charity", "payments").aggregate(pipeline, allowDiskUse=True, batchSize=STREAM)


def _account_of(kind: str) -> Document:
    return {"$concat": [f"{kind}:", "$area", f":{_MONEY}"]}
