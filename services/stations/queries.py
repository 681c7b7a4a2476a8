"""What others may ask of stations. Read-only, but for the audit row that reading people's words leaves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from bson import ObjectId
from pymongo.database import Database

from services.stations.domain.areas import Area
from services.stations.domain.needs import Need
from services.stations.domain.speaking import as_read
from services.stations.domain.texts import NeedText, opened_text
from services.stations.storage import AUDIT
from shared.contracts import Refused
from shared.contracts.areas import ancestors, is_area_code, level_of

MAX_PAGE: Final = 500
MAX_CODES: Final = 2000
MAX_TEXTS: Final = 200
MAX_MILLIS: Final = 5_000
"""How long the store may take over one question."""

Store = Database[dict[str, Any]]


class Opening(Protocol):
    """What opens sealed words."""

    def open(self, sealed: str) -> str:
        """The text that was sealed."""


def areas(store: Store, parent: str | None, after: str | None, limit: int) -> dict[str, Any]:
    """The areas directly in `parent` (None: the provinces), by code: {items, next}; `after` is a `next`."""
    if parent and not is_area_code(parent):
        return {"items": [], "next": None}
    rule: dict[str, Any] = {"parent": parent or ""}
    if after:
        rule["_id"] = {"$gt": after}
    limit = max(1, min(limit, MAX_PAGE))
    found = store[Area.collection].find(rule, {"name": 1}).sort("_id", 1).limit(limit + 1).max_time_ms(MAX_MILLIS)
    rows = [{"code": row["_id"], "name": row["name"], "level": level_of(row["_id"])} for row in found]
    return {"items": rows[:limit], "next": rows[limit - 1]["code"] if len(rows) > limit else None}


def area(store: Store, code: str) -> dict[str, Any] | None:
    """One area with the names of those around it, nearest first; None where it is not in the register."""
    if not is_area_code(code):
        return None
    found = store[Area.collection].find({"_id": {"$in": ancestors(code)}}, {"name": 1}).max_time_ms(MAX_MILLIS)
    names = {row["_id"]: row["name"] for row in found}
    if code not in names:
        return None
    within = [{"code": c, "name": names.get(c, ""), "level": level_of(c)} for c in ancestors(code)[1:]]
    return {"code": code, "name": names[code], "level": level_of(code), "within": within}


def known_areas(store: Store, codes: Sequence[str]) -> list[str]:
    """Those of `codes` that are in the register, in the order given. At most MAX_CODES at once."""
    _at_most(MAX_CODES, codes, "codes")
    found = store[Area.collection].find({"_id": {"$in": list(codes)}}, {"_id": 1}).max_time_ms(MAX_MILLIS)
    known = {row["_id"] for row in found}
    return [code for code in codes if code in known]


def need(store: Store, need_id: str) -> dict[str, Any] | None:
    """The need as the API gives it back, with the parts of its score; no words about people."""
    found = store[Need.collection].find_one({"_id": need_id}, max_time_ms=MAX_MILLIS)
    return None if found is None else as_read(Need.from_document(found))


def need_text(
    store: Store, vault: Opening, need_ids: Sequence[str], *, asked_by: str, why: str, now: datetime
) -> dict[str, dict[str, Any]]:
    """Title, exact location, purposes and later notes by need id; unknown ids are left out.

    Writes who asked for what, when and why before anything is opened. At most MAX_TEXTS at once.
    Raises Refused where nobody or no reason is named.
    """
    _at_most(MAX_TEXTS, need_ids, "need_ids")
    for field, given in (("asked_by", asked_by), ("why", why)):
        if not given.strip():
            raise Refused("invalid", f"Say {field}: reading words about people is recorded.", field=field)
    store[AUDIT].insert_one(
        {
            "_id": ObjectId(),
            "who": asked_by[:200],
            "what": "need_text",
            "about": list(need_ids),
            "at": now,
            "why": why[:500],
        }
    )
    found = store[NeedText.collection].find({"_id": {"$in": list(need_ids)}}).max_time_ms(MAX_MILLIS)
    return {row["_id"]: opened_text(NeedText.from_document(row), vault.open) for row in found}


def _at_most(limit: int, given: Sequence[str], field: str) -> None:
    if len(given) > limit:
        raise Refused(
            "invalid",
            f"{len(given)} {field} at once; ask for at most {limit}.",
            field=field,
            rule=f"at most {limit}",
        )
