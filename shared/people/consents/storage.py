"""The searches for the consents of a person for one recipient and purpose: those that stand, and all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from pymongo.database import Database

from shared.contracts.consents import ConsentPurpose
from shared.engine import Document, Query
from shared.people.consents.domain import Consent
from shared.people.storage import MAX_MILLIS

MOST_STANDING: Final = 20
"""More than there are scopes: those whose end is not said yet stand beside."""
MOST_ENDED: Final = 50
"""Consents of one person to one purpose that have ended, the newest first; hardly anybody has more than three."""

MOST_GIVEN: Final = 100
"""Consents of one person that stand at a time, to all recipients and purposes."""


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


@dataclass(frozen=True)
class GivenConsents(Query[Consent]):
    """The consents of one person that are given and have not ended, to every recipient and purpose."""

    model = Consent
    limit: ClassVar[int] = MOST_GIVEN
    person_id: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["GivenConsents"]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        rules = ({"person_id": query.person_id, "state": "given"} for query in queries)
        consents = database[Consent.collection]
        return [list(consents.find(rule).sort("_id", -1).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rule in rules]

    def matches(self, entity: Consent) -> bool:
        """Return whether the consent is that person's, and given."""
        return (entity.person_id, entity.state) == (self.person_id, "given")


@dataclass(frozen=True)
class OwnConsents(Query[Consent]):
    """The consents of one person to one purpose of the platform's own, in every state."""

    model = Consent
    limit: ClassVar[int] = MOST_STANDING + MOST_ENDED
    person_id: str
    purpose: ConsentPurpose

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["OwnConsents"]) -> list[list[Document]]:
        """Return the documents for each query, two finds each: those that stand are found, however many have ended."""
        return [
            [
                *cls._find(database, query, "given", MOST_STANDING),
                *cls._find(database, query, {"$ne": "given"}, MOST_ENDED),
            ]
            for query in queries
        ]

    @classmethod
    def _find(
        cls, database: "Database[Document]", query: "OwnConsents", state: object, most: int
    ) -> Iterable[Document]:
        rule: Document = {
            "person_id": query.person_id, "recipient": None, "purpose": query.purpose, "state": state,
        }  # fmt: skip
        return database[Consent.collection].find(rule).sort("_id", -1).limit(most).max_time_ms(MAX_MILLIS)

    def matches(self, entity: Consent) -> bool:
        """Return whether the consent is that person's, to that purpose of the platform's own."""
        return (entity.person_id, entity.recipient, entity.purpose) == (self.person_id, None, self.purpose)

    def rank(self, entity: Consent) -> bool:
        """Return the sort key: those that stand come first."""
        return entity.state != "given"
