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


def require_reader(asked_by: str, why: str) -> None:
    """Raise Refused("invalid", rule "audited") where the reader or the reason is blank.

    For a query that looks its subject up before it records: the refusal comes first, so that it tells nobody whether
    the subject exists.
    """
    for field, given in (("asked_by", asked_by), ("why", why)):
        # Both come from another process over RPC, which checks no types.
        if not isinstance(given, str) or not given.strip():
            raise Refused("invalid", "audited", field=field)


def record_read(
    store: Database[Row], what: str, about: Sequence[str], *, asked_by: str, why: str, now: datetime
) -> None:
    """Record a read of personal data: `what` was asked `about` these ids, by whom, why, at `now` (UTC).

    Raises Refused("invalid", rule "audited") where `asked_by` or `why` is blank, and then records nothing.
    """
    require_reader(asked_by, why)
    record(store, what, about, who=asked_by, why=why, now=now)


def record(
    store: Database[Row], what: str, about: Sequence[str], *, who: str, why: str, now: datetime,
    stamped: Callable[[Row], Row] = lambda row: row, **more: str,
) -> None:  # fmt: skip
    """Record that `who` did `what` to the things with the ids `about`, at `now` (UTC).

    `stamped` marks the row with the version of the collection's form, see `shared.engine.decide.schema`; `more` are
    further fields without personal data. Raises TypeError where `about` is one string, whose characters would be taken
    for ids, or where `more` would replace a field of the row.
    """
    if isinstance(about, str):
        raise TypeError(f"{about!r} is one id: give a list of ids")
    row = {"_id": ObjectId(), "who": who[:MAX_WHO], "what": what, "about": list(about), "at": now, "why": why[:MAX_WHY]}
    if replaced := row.keys() & more.keys():
        raise TypeError(f"{', '.join(sorted(replaced))} are fields of every row: name the further fields otherwise")
    store[AUDIT].insert_one(stamped({**row, **more}))
