"""The query about the row errors of a job. Read-only."""

from typing import Final, Protocol

from pydantic_core import from_json

from shared.contracts.jobs import ListRowErrors, RowError, RowErrorPage
from shared.engine import Document, Store
from shared.engine.store.collections import row_place
from shared.jobs.domain import KeptError

MAX_MILLIS: Final = 5_000
"""The longest time that the store may take over one page."""


class Opener(Protocol):
    """The part of the vault that opens row errors."""

    def open(self, sealed: str, *place: str) -> str:
        """Decrypt a sealed text at its place."""


def error_place(one: str) -> tuple[str, str, str]:
    """Return the place that a row error is sealed for."""
    return row_place(KeptError.collection, one)


def list_row_errors(query: ListRowErrors, store: Store, vault: Opener) -> RowErrorPage:
    """Return a page of the errors of a job, by row; none where their time is over."""
    rule: Document = {"job_id": query.job_id}
    if query.after:
        rule["_id"] = {"$gt": query.after}
    found = store[KeptError.collection].find(rule).sort("_id", 1).limit(query.limit + 1).max_time_ms(MAX_MILLIS)
    rows = [from_json(vault.open(row["sealed"], *error_place(row["_id"]))) for row in found]
    items = tuple(RowError.model_validate(row) for row in rows[: query.limit])
    return RowErrorPage(items=items, next=items[-1].id if len(rows) > query.limit else None)
