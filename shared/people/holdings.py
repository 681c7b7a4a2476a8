"""The holdings (个人信息留存处) that every service has alike: audit, external ids, the engine's own collections.

A capability declares its own beside its collections. A copy of all that is held on a person reads them
(Personal Information Protection Law, art. 45); an erasure leaves those with a reason and names it (art. 47).
"""

from typing import Final

from shared.contracts.reasons import reason
from shared.engine import Document, Holding
from shared.engine.decide.external_ids import ExternalId
from shared.engine.store.collections import INBOX, LETTERS, LOG_POSITIONS, OUTBOX, STARTED, TIMERS
from shared.people.erasing import ErasurePart
from shared.people.keys import COLLECTION as DATA_KEYS
from shared.people.keys import key_id
from shared.runtime.audit import AUDIT

KEPT_FOR_ACCOUNTS: Final = reason("kept_for_accounts")
"""Accounting Law (会计法), art. 23, and Charity Law, art. 38: accounts and receipts of gifts."""
KEPT_FOR_HOURS: Final = reason("kept_for_hours")
"""Volunteer Regulations (志愿服务条例), art. 19: the record of voluntary service."""
KEPT_FOR_AUDIT: Final = reason("kept_for_audit")
"""Personal Information Protection Law, art. 54 and 55: the record of every handling."""
KEPT_NAMELESS: Final = reason("kept_nameless")
"""Facts of a service, which lead to nobody once the sealed words and the data key are gone (art. 4)."""
NAMED_ALONE: Final = reason("named_alone")
"""Records of accounts and of other persons, in which an id stands and nothing else about the person."""


def _told_of(row: Document, person_id: str) -> Document:
    """Return one audit row without its other subjects and their areas."""
    plain = {name: value for name, value in row.items() if name != "places"}
    return {**plain, "about": [person_id], "areas": row["areas"] if len(row["about"]) == 1 else []}


COMMON: Final[tuple[Holding, ...]] = (
    Holding(AUDIT, fields=("about",), part=_told_of, kept=KEPT_FOR_AUDIT),
    Holding(ExternalId.collection, fields=("about",)),
    Holding(DATA_KEYS, key=key_id, left_out=reason("opens_the_rest")),
    Holding(ErasurePart.collection, fields=("subject",), kept=KEPT_NAMELESS),
    Holding(LETTERS, left_out=reason("counted_alone")),
    *(Holding(name, left_out=reason("repeats_the_rest")) for name in (INBOX, OUTBOX, TIMERS, STARTED, LOG_POSITIONS)),
)
"""Of a failed message a copy gives the number: it is a whole request, perhaps about others, and kept to be repaired."""
