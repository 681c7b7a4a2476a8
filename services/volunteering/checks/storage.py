"""The stored claims and checks: their queries, and the plain form of the checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from pymongo.database import Database

from services.volunteering.checks.domain import IdentityCheck, find_deadline, find_next_step, reminded
from shared.contracts.volunteering.checks import MOST_SECOND, CheckGround, CheckReminded, CheckShape
from shared.engine import Document, Entity, Query, UnitOfWork
from shared.engine.plain import Plain
from shared.people.storage import MAX_MILLIS

MOST_CLAIMS: Final = 20
"""Claims of one volunteer that one step deletes; a registration makes two at most."""

CHECKS: Final = Plain(IdentityCheck, "check", CheckShape, find_next_step, deadline=find_deadline)
remind_of_check: Final = CHECKS.expire(reminded, CheckReminded)


class PersonClaim(Entity):
    """The claim of one volunteer to particulars; its id is their mark, a keyed hash.

    It is a document of its own, so that of two replicas that register one person at once the later one conflicts and
    decides again. The first registration keeps it until its data is erased.
    """

    collection: ClassVar[str] = "person_claims"

    volunteer_id: str
    ground: CheckGround


@dataclass(frozen=True)
class ClaimsOf(Query[PersonClaim]):
    """The claims of one volunteer."""

    model = PersonClaim
    limit: ClassVar[int] = MOST_CLAIMS
    volunteer_id: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["ClaimsOf"]) -> list[list[Document]]:
        """Return the documents for each query, by one find."""
        rule: Document = {"volunteer_id": {"$in": [query.volunteer_id for query in queries]}}
        claims = database[PersonClaim.collection].find(rule).limit(cls.limit * len(queries)).max_time_ms(MAX_MILLIS)
        rows = list(claims)
        return [[row for row in rows if row["volunteer_id"] == query.volunteer_id][: cls.limit] for query in queries]

    def matches(self, entity: PersonClaim) -> bool:
        """Return whether the claim is that volunteer's."""
        return entity.volunteer_id == self.volunteer_id


@dataclass(frozen=True)
class ChecksOf(Query[IdentityCheck]):
    """The checks of one registration, the newest first; hardly any has two."""

    model = IdentityCheck
    limit: ClassVar[int] = MOST_SECOND
    volunteer_id: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["ChecksOf"]) -> list[list[Document]]:
        """Return the documents for each query, one find each: merges and erasures are rare."""
        checks = database[IdentityCheck.collection]
        found = (checks.find({"volunteer_id": query.volunteer_id}).sort("_id", -1) for query in queries)
        return [list(rows.limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: IdentityCheck) -> bool:
        """Return whether the check is of that registration."""
        return entity.volunteer_id == self.volunteer_id


def open_checks(work: UnitOfWork, volunteer_id: str) -> list[IdentityCheck]:
    """Return the undecided checks of the registration. Needs `ChecksOf`."""
    return [check for check in work.find(ChecksOf(volunteer_id)) if check.state == "open"]


def claim_free(work: UnitOfWork, volunteer_id: str, wanted: Mapping[CheckGround, str], held: Sequence[str]) -> None:
    """Claim the particulars that nobody of the `held` ids claims. Needs a `Get` of each claim."""
    for ground, mark in wanted.items():
        claim = work.get(PersonClaim, mark)
        if claim is None:
            work.put(PersonClaim(id=mark, volunteer_id=volunteer_id, ground=ground))
        elif claim.volunteer_id not in held:
            work.put(claim.model_copy(update={"volunteer_id": volunteer_id}))


def delete_claims(work: UnitOfWork, volunteer_id: str) -> int:
    """Delete the claims of a volunteer whose data is erased; return their number. Needs `ClaimsOf`."""
    claims = work.find(ClaimsOf(volunteer_id))
    for claim in claims:
        work.remove(claim)
    return len(claims)
