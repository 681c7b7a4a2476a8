"""The consents of a resident that go with the record: to another station, and to another id by a merge."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final

from pymongo.database import Database

from shared.contracts.consents import ConsentShape
from shared.contracts.stations.consents import ResidentConsentMoved
from shared.engine import Document, Query, UnitOfWork
from shared.engine.plain import Plain
from shared.people.consents import Consent, ConsentDue
from shared.people.consents.domain import find_deadline, find_next_step, id_prefix
from shared.people.storage import MAX_MILLIS


class ResidentConsentDue(ConsentDue):
    """The time of a resident's consent is over."""

    type: ClassVar[str] = "stations.resident_consent_due"


_PLAIN: Final = Plain(
    Consent,
    id_prefix("resident"),
    ConsentShape,
    find_next_step,
    deadline=partial(find_deadline, due=ResidentConsentDue),
)


@dataclass(frozen=True)
class GivenConsents(Query[Consent]):
    """The consents of one person that are given and have not ended, to every recipient and purpose."""

    model = Consent
    limit: ClassVar[int] = 100
    person_id: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["GivenConsents"]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        consents = database[Consent.collection]
        return [
            list(
                consents.find({"person_id": query.person_id, "state": "given"})
                .sort("_id", -1)
                .limit(cls.limit)
                .max_time_ms(MAX_MILLIS)
            )
            for query in queries
        ]

    def matches(self, entity: Consent) -> bool:
        """Return whether the consent is that person's, and given."""
        return (entity.person_id, entity.state) == (self.person_id, "given")


def move_consents(work: UnitOfWork, resident_id: str, area: str) -> None:
    """Have the consents that stand go with the resident to another area, so that its station finds and renews them.

    Needs the load `GivenConsents`.
    """
    for consent in work.find(GivenConsents(resident_id)):
        if consent.area != area:
            _PLAIN.store(work, consent, consent.model_copy(update={"area": area}), ResidentConsentMoved)
