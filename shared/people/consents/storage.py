"""The search for the consents of a person that stand for one recipient and purpose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from pymongo.database import Database

from shared.contracts.consents import ConsentPurpose
from shared.engine import Document, Query
from shared.people.consents.domain import Consent
from shared.people.storage import MAX_MILLIS

MOST_STANDING: Final = 20
"""More than there are scopes: those whose end is not said yet stand beside."""


@dataclass(frozen=True)
class StandingConsents(Query[Consent]):
    """The consents of one person, given and not ended, to one recipient and purpose."""

    model = Consent
    limit: ClassVar[int] = MOST_STANDING
    person_id: str
    recipient: str | None
    purpose: ConsentPurpose

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["StandingConsents"]) -> list[list[Document]]:
        """Return the documents for each query, one find each: a person has few consents, and a batch few people."""
        return [
            list(
                database[Consent.collection]
                .find(
                    {
                        "person_id": query.person_id, "recipient": query.recipient, "purpose": query.purpose,
                        "state": "given",
                    }
                )
                .sort("_id", -1)
                .limit(cls.limit)
                .max_time_ms(MAX_MILLIS)
            )
            for query in queries
        ]  # fmt: skip

    def matches(self, entity: Consent) -> bool:
        """Return whether the consent is given by that person, to that recipient and for that purpose."""
        terms = (entity.person_id, entity.recipient, entity.purpose, entity.state)
        return terms == (self.person_id, self.recipient, self.purpose, "given")
