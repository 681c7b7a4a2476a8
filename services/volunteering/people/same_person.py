"""The search for registrations of one person (同一人) in all areas: by claims, and by marks.

Claims alone would do for people registered since there are any. Those registered before have marks, once `lianshan
migrate` has given them some. The result is shown to the officers of an area that holds both, and to nobody else.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from pymongo.database import Database

from services.volunteering.checks.domain import find_grounds, opened
from services.volunteering.checks.storage import CHECKS, PersonClaim, claim_free
from services.volunteering.matching.domain.volunteers import Volunteer, is_forgotten
from services.volunteering.people.domain import VolunteerPerson
from services.volunteering.people.storage import MAX_MILLIS
from shared.contracts.volunteering.checks import CheckGround, CheckOpened
from shared.engine import Document, Get, Load, Loading, Query, UnitOfWork
from shared.people import Marker, Particulars
from shared.people.identities import identity_load, identity_of
from shared.people.marks import group_blocks


@dataclass(frozen=True)
class AlikePeople(Query[VolunteerPerson]):
    """The people with one of the `numbers`, or with one of the `phones` and one of the `sounds`; all are marks."""

    model = VolunteerPerson
    limit: ClassVar[int] = 8
    numbers: tuple[str, ...]
    phones: tuple[str, ...]
    sounds: tuple[str, ...]

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["AlikePeople"]) -> list[list[Document]]:
        """Return the documents for each query, by one find for all: registers are imported in batches."""
        numbers, phones, sounds = (
            {"marks": {"$in": sorted({mark for query in queries for mark in getattr(query, name)})}}
            for name in ("numbers", "phones", "sounds")
        )
        rule: Document = {"$or": [numbers, {"$and": [phones, sounds]}]}
        rows = list(
            database[VolunteerPerson.collection].find(rule).limit(cls.limit * len(queries)).max_time_ms(MAX_MILLIS)
        )
        return [[row for row in rows if query.has(row.get("marks") or ())][: cls.limit] for query in queries]

    def matches(self, entity: VolunteerPerson) -> bool:
        """Return whether the person has these marks."""
        return self.has(entity.marks or ())

    def has(self, marks: Collection[str]) -> bool:
        """Return whether these are the marks of one of the people."""
        numbers, phones, sounds = (not set(own).isdisjoint(marks) for own in (self.numbers, self.phones, self.sounds))
        return numbers or (phones and sounds)


class Registration(NamedTuple):
    """The particulars of a registration as marks: all of them, the claims, and the search for people alike."""

    marks: tuple[str, ...]
    claims: dict[CheckGround, str]
    alike: AlikePeople

    @classmethod
    def of(cls, marker: Marker, person: Particulars) -> "Registration":
        """Return those of the person who is registered."""
        marks = marker.of_person(person)
        blocks = group_blocks(marks)
        alike = AlikePeople(*(blocks.get(kind, ()) for kind in ("identity_number", "phone", "sound")))
        return cls(marks, dict(marker.claims_of(person)), alike)

    def loads(self) -> list[Load]:
        """Return the loads of those who may be the same person, for `load_known`."""
        return [*(Get(PersonClaim, mark) for mark in self.claims.values()), self.alike]


class Known(NamedTuple):
    """A volunteer already known who looks like the one registered, and the grounds."""

    volunteer: Volunteer
    grounds: set[CheckGround]


def load_known(work: UnitOfWork, asked: Registration) -> Loading:
    """Load the people who may be the same person, in two rounds at most. Needs `Registration.loads`."""
    ids = _find_alike(work, asked)
    if not ids:
        return
    work = yield [load for one in ids for load in (Get(VolunteerPerson, one), Get(Volunteer, one), identity_load(one))]
    yield [Get(Volunteer, identity_of(work, one).survivor) for one in ids]


def find_known(work: UnitOfWork, asked: Registration) -> list[Known]:
    """Return the volunteers who look like the one registered: admitted ones first, then the oldest.

    A merged id counts as the surviving one, an erased one not at all. Needs `load_known`.
    """
    found: dict[str, Known] = {}
    for one, claimed in _find_alike(work, asked).items():
        person = work.get(VolunteerPerson, one)
        known = work.get(Volunteer, identity_of(work, one).survivor)
        if person is None or known is None or is_forgotten(known):
            continue
        grounds = find_grounds(asked.marks, person.marks or (), claimed)
        if grounds:
            before = found.get(known.id)
            found[known.id] = Known(known, grounds if before is None else grounds | before.grounds)
    return sorted(found.values(), key=lambda one: (one.volunteer.away in {"pending", "rejected"}, one.volunteer.id))


def keep_claims(work: UnitOfWork, volunteer: Volunteer, asked: Registration, known: Sequence[Known]) -> None:
    """Claim the free particulars for the volunteer; where a similar person is known, open a check.

    Needs the loads of `load_known`.
    """
    alive = [one for one in _find_alike(work, asked) if not _is_gone(work, one)]
    claim_free(work, volunteer.id, asked.claims, alive)
    if known:
        first = known[0]
        pair = ((volunteer.id, volunteer.area), (first.volunteer.id, first.volunteer.area))
        check = opened(work.new_id(CHECKS.kind), *pair, first.grounds, work.now)
        CHECKS.store(work, None, check, CheckOpened)


def _is_gone(work: UnitOfWork, volunteer_id: str) -> bool:
    volunteer = work.get(Volunteer, volunteer_id)
    return volunteer is None or is_forgotten(volunteer)


def _find_alike(work: UnitOfWork, asked: Registration) -> dict[str, set[CheckGround]]:
    """Return the ids of those who may be the same person, each with the grounds on which a claim names it."""
    found: dict[str, set[CheckGround]] = {person.id: set() for person in work.find(asked.alike)}
    for ground, mark in asked.claims.items():
        if (claim := work.get(PersonClaim, mark)) is not None:
            found.setdefault(claim.volunteer_id, set()).add(ground)
    return found
