"""The audit of a service: each read of personal data, and each change that an operator makes by hand.

One row is written before anything is shown or changed. Personal Information Protection Law, art. 54 and 55: handling of
personal information is audited and its records are kept.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bson import ObjectId
from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from shared.contracts.refusals import Refused

AUDIT: Final = "audit"
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    AUDIT: [IndexModel([("about", ASCENDING), ("at", ASCENDING)], name="about")],
}
MAX_WHO: Final = 200
"""Characters kept of a principal's name."""
MAX_WHY: Final = 500
"""Characters kept of a reason."""

Row = dict[str, Any]


def record_read(
    store: Database[Row], what: str, about: Sequence[str], *, asked_by: str, why: str, now: datetime,
    stamped: Callable[[Row], Row] = lambda row: row,
) -> None:  # fmt: skip
    """Record a read of personal data: `what` was asked `about` these ids, by whom, why, at `now` (UTC).

    Raises Refused("invalid", rule "audited") where `asked_by` or `why` is blank, and then records nothing. `stamped`
    marks the row with the version of the collection's form, see `shared.engine.decide.schema`.
    """
    for field, given in (("asked_by", asked_by), ("why", why)):
        if not given.strip():
            raise Refused("invalid", f"Give {field}: a read of personal data is recorded.", field=field, rule="audited")
    record(store, what, about, who=asked_by, why=why, now=now, stamped=stamped)


def record(
    store: Database[Row], what: str, about: Sequence[str], *, who: str, why: str, now: datetime,
    stamped: Callable[[Row], Row] = lambda row: row, **more: str,
) -> None:  # fmt: skip
    """Record that `who` did `what` to the things `about`, with further fields that hold no personal data."""
    row = {"_id": ObjectId(), "who": who[:MAX_WHO], "what": what, "about": list(about), "at": now, "why": why[:MAX_WHY]}
    store[AUDIT].insert_one(stamped({**row, **more}))
