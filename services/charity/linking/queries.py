"""What others may ask of charity. Read-only, but for the audit row that reading a person's data leaves."""

from datetime import datetime
from typing import Any, Final, Protocol

from bson import ObjectId
from pymongo.database import Database

from services.charity.donations.domain import Donation, Donor, Fund, as_read, fund_as_read
from services.charity.linking.domain.link import NOTHING_MORE, Link, waiting_for
from services.charity.stock.domain import Supply, fund_account_id
from services.charity.stock.storage import AUDIT, SCHEMAS
from shared.contracts import Refused, is_area_code
from shared.engine.observe.census import Census
from shared.ledger import Account, Transfer

MAX_PAGE: Final = 500
MAX_MILLIS: Final = 5_000
"""How long the store may take over one question."""
MOST_COUNTED: Final = 100_000

Store = Database[dict[str, Any]]


class Opening(Protocol):
    """What opens sealed words."""

    def open(self, sealed: str) -> str:
        """The text that was sealed."""


def donor(
    store: Store, vault: Opening, donor_id: str, *, asked_by: str, why: str, now: datetime
) -> dict[str, Any] | None:
    """Name and phone of a donor; None where there is none.

    Writes who asked for whom, when and why before anything is opened. Raises Refused without `asked_by` or `why`.
    """
    for field, value in (("asked_by", asked_by), ("why", why)):
        if not value.strip():
            raise Refused("invalid", f"Say {field}: reading a donor's data is recorded.", field=field, rule="audited")
    document = store[Donor.collection].find_one({"_id": donor_id}, max_time_ms=MAX_MILLIS)
    if document is None:
        return None
    row = {"_id": ObjectId(), "who": asked_by, "what": "donor", "about": [donor_id], "at": now, "why": why}
    store[AUDIT].insert_one(SCHEMAS[AUDIT].stamped(row))
    found = Donor.from_document(document)
    return {
        "id": found.id,
        "version": found.version,
        "name": vault.open(found.name_sealed),
        "phone": None if found.phone_sealed is None else vault.open(found.phone_sealed),
        "registered_at": found.registered_at.isoformat(),
    }


def donation(store: Store, donation_id: str) -> dict[str, Any] | None:
    """The donation as the API gives it back; None where there is none."""
    found = store[Donation.collection].find_one({"_id": donation_id}, max_time_ms=MAX_MILLIS)
    return None if found is None else as_read(Donation.from_document(found))


def fund(store: Store, fund_id: str) -> dict[str, Any] | None:
    """The fund with its money in fen, posted and reserved; None where there is none."""
    found = store[Fund.collection].find_one({"_id": fund_id}, max_time_ms=MAX_MILLIS)
    account = store[Account.collection].find_one({"_id": fund_account_id(fund_id)}, max_time_ms=MAX_MILLIS)
    if found is None or account is None:
        return None
    money = Supply.from_document(account)
    return fund_as_read(Fund.from_document(found), money.balance, money.debits_pending)


def link(store: Store, need_id: str) -> dict[str, Any] | None:
    """What is held ready for a need, with the trail of the rings tried (L6); None where charity knows no such need."""
    found = store[Link.collection].find_one({"_id": need_id}, max_time_ms=MAX_MILLIS)
    return None if found is None else _link_as_read(Link.from_document(found))


def statement(store: Store, account_id: str, after: str | None, limit: int) -> dict[str, Any] | None:
    """An account and its transfers in order of time: {account, items, next}; None where there is no such account.

    `after` is the `next` of the page before. Raises Refused for any other.
    """
    account = store[Account.collection].find_one({"_id": account_id}, max_time_ms=MAX_MILLIS)
    if account is None:
        return None
    limit = max(1, min(limit, MAX_PAGE))
    later = _later(after) if after else {}
    rule = {"$or": [{"debit_account": account_id, **later}, {"credit_account": account_id, **later}]}
    order = [("at", 1), ("_id", 1)]
    found = store[Transfer.collection].find(rule).sort(order).limit(limit + 1).max_time_ms(MAX_MILLIS)
    rows = [_transfer_as_read(Transfer.from_document(row), account_id) for row in found]
    return {
        "account": _account_as_read(Account.from_document(account)),
        "items": rows[:limit],
        "next": f"{rows[limit - 1]['at']}/{rows[limit - 1]['id']}" if len(rows) > limit else None,
    }


def _later(after: str) -> dict[str, Any]:
    instant, _, last = after.partition("/")
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        raise Refused(
            "invalid", f"{after!r} is no cursor: give the `next` of a page.", field="after", rule="a cursor"
        ) from None
    # The first part keeps the scan within the index; the second tells apart what happened at the same instant.
    return {"at": {"$gte": at}, "$nor": [{"at": at, "_id": {"$lte": last}}]}


def waiting(store: Store, area: str, limit: int) -> dict[str, Any]:
    """The needs in `area` that wait for resources, by priority: {items}, each with what it waits for and why."""
    if not is_area_code(area):
        raise Refused(
            "invalid", f"{area!r} is no area code: give 2, 4, 6, 9 or 12 digits.", field="area", rule="area code"
        )
    # The prefix is digits only, so it is a safe and index-bound expression.
    rule = {"area": {"$regex": f"^{area}"}, "wants": {"$exists": True}}
    order = [("priority", -1), ("published_at", 1), ("_id", 1)]
    found = store[Link.collection].find(rule).sort(order).limit(max(1, min(limit, MAX_PAGE))).max_time_ms(MAX_MILLIS)
    return {"items": [_link_as_read(Link.from_document(row)) for row in found]}


def waiting_by_reason(store: Store, _: datetime) -> dict[str, float]:
    """How many needs wait for resources, by why: nothing was left, only a part was, or it draws on too many already."""
    waiting: list[dict[str, Any]] = [
        {"$match": {"wants": {"$exists": True}}},
        {"$limit": MOST_COUNTED},
        {"$group": {"_id": {"state": "$state", "full": {"$eq": ["$wants", [NOTHING_MORE]]}}, "links": {"$sum": 1}}},
    ]
    found = dict.fromkeys(("nothing_left", "part_left", "sources_used_up"), 0.0)
    for row in store[Link.collection].aggregate(waiting, hint="waiting_in", maxTimeMS=MAX_MILLIS):
        part = "part_left" if row["_id"]["state"] == "partial" else "nothing_left"
        found["sources_used_up" if row["_id"]["full"] else part] += row["links"]
    return found


CENSUSES: Final = (Census("lianshan_links_waiting", "Needs that wait for resources.", waiting_by_reason, "reason"),)


def _link_as_read(found: Link) -> dict[str, Any]:
    read = found.model_dump(mode="json")
    read["need_id"] = read.pop("id")
    read["waiting"] = [part.model_dump() for part in waiting_for(found)]
    return read


def _account_as_read(account: Account) -> dict[str, Any]:
    read = account.model_dump(mode="json")
    read.update(balance=account.balance, available=account.available)
    return read


def _transfer_as_read(moved: Transfer, account_id: str) -> dict[str, Any]:
    leaves = moved.debit_account == account_id
    return {
        "id": moved.id,
        "at": moved.at.isoformat(),
        "state": moved.state,
        "amount": -moved.amount if leaves else moved.amount,
        "other_account": moved.credit_account if leaves else moved.debit_account,
        "reason": moved.reason,
        "cause": moved.cause,
        "reverses": moved.reverses,
    }
