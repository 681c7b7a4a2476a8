"""The questions about needs. Read-only, but for the audit row that a read of words about people leaves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from pymongo.database import Database

from services.stations.needs.domain.answer import to_answer
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText, open_text
from shared.contracts import Refused
from shared.contracts.stations.need_text import NeedTextAnswer
from shared.contracts.stations.needs import NeedAnswer
from shared.engine.decide.schema import Document
from shared.runtime.audit import record_read

MAX_TEXTS: Final = 200
MAX_MILLIS: Final = 5_000
"""The longest time that the store may take over one question."""

Store = Database[Document]


class Opener(Protocol):
    """The part of the vault that opens sealed words."""

    def open(self, sealed: str) -> str:
        """Return the text that was sealed."""


def find_need(store: Store, need_id: str) -> NeedAnswer | None:
    """Return the need with the parts of its triage score, and no words about people; None for an unknown id."""
    found = store[Need.collection].find_one({"_id": need_id}, max_time_ms=MAX_MILLIS)
    return None if found is None else to_answer(Need.from_document(found))


def read_need_texts(
    store: Store, vault: Opener, need_ids: Sequence[str], *, asked_by: str, why: str, now: datetime
) -> dict[str, NeedTextAnswer]:
    """Return the words about people by need id; unknown ids are left out.

    Records the reader, the ids, the reason and `now` (UTC) before anything is opened, see `shared.runtime.audit`.
    Raises Refused("invalid") for more than MAX_TEXTS ids, and where no reader or no reason is named.
    """
    if len(need_ids) > MAX_TEXTS:
        raise Refused("invalid", "too_many_ids", field="need_ids", given=len(need_ids), most=MAX_TEXTS)
    record_read(store, "need_text", need_ids, asked_by=asked_by, why=why, now=now)
    found = store[NeedText.collection].find({"_id": {"$in": list(need_ids)}}).max_time_ms(MAX_MILLIS)
    return {row["_id"]: open_text(NeedText.from_document(row), vault.open) for row in found}
