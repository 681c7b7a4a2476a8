"""The end of a person's consents with their data: withdrawn by the erasure, and the guardians' details forgotten.

A guardian's details are sealed with the person's key; in a store of release 0.2, which has no such keys, with one that
stays. And the name of an erased donor stays for the receipts: no consent may open it to anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from pymongo.database import Database

from shared.contracts.consents import ConsentShape, ConsentWithdrawn
from shared.engine import Document, Query, UnitOfWork
from shared.engine.plain import Plain
from shared.people.consents.domain import SEALED_FIELD, Consent, ended, find_next_step, id_prefix
from shared.people.erasing import ErasurePart
from shared.people.storage import MAX_MILLIS

MOST_ENDED: Final = 20
"""Consents that one step of an erasure ends; more follow with the next one."""


@dataclass(frozen=True)
class ConsentsToEnd(Query[Consent]):
    """The consents of one person that are not withdrawn, or still have the details of a guardian."""

    model = Consent
    limit: ClassVar[int] = MOST_ENDED
    person_id: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["ConsentsToEnd"]) -> list[list[Document]]:
        """Return the documents for each query, one find each: erasures of one batch are few."""
        left: Document = {"$or": [{"state": {"$ne": "withdrawn"}}, {SEALED_FIELD: {"$ne": ""}}]}
        consents = database[Consent.collection]
        return [
            list(consents.find({"person_id": query.person_id, **left}).limit(cls.limit).max_time_ms(MAX_MILLIS))
            for query in queries
        ]

    def matches(self, entity: Consent) -> bool:
        """Return whether the consent is that person's and has something left to end."""
        return entity.person_id == self.person_id and (entity.state != "withdrawn" or entity.guardian_sealed != "")


def end_consents(work: UnitOfWork, part: ErasurePart, event: type[ConsentWithdrawn]) -> tuple[ErasurePart, bool]:
    """Withdraw the consents of the part's person, at most 20, and forget their guardians, each by the event.

    Return the part with their number, and whether none is left. Needs the load `ConsentsToEnd`.
    """
    query = ConsentsToEnd(part.subject)
    plain = Plain(Consent, id_prefix(part.kind), ConsentShape, find_next_step)
    found = work.find(query)
    for consent in found:
        plain.store(work, consent, ended(consent, work.now), event)
    return part.counted("consents", len(found)), len(work.found_ids(query)) < MOST_ENDED
